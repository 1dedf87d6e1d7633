// RSA key transport (RFC 5246 §7.4.7.1) as far as it computes: encrypting a premaster secret with a public key, the raw
// private operation, and taking off the padding in constant time.
//
// What is covered against an attacker who sends many ciphertexts and watches (Bleichenbacher, ROBOT, Marvin): the padding is
// looked at without any branch, address or time that depends on it, whatever the mbedTLS; mbedTLS's own function for that is
// not called. What is not: mbedTLS's private operation itself, whose unblinding takes a time that depends on the result
// before 2.28.7 and 3.5.2 (CVE-2024-23170): see `rsaDecryptionIsKnownToLeak`. And AES, RSA and numbers as bytes are as
// constant in time as mbedTLS makes them.
import Bytes
import CMbedTLS

/// Whether the mbedTLS that is linked predates the fix of CVE-2024-23170: by the time that decrypting with an RSA key takes
/// somebody who sends very many ciphertexts can decrypt another.
public var rsaDecryptionIsKnownToLeak: Bool {
    let version = backendVersion
    return version < 0x021C_0700 || (0x0300_0000..<0x0305_0200).contains(version)
}

/// The length of a premaster secret that RSA transports (RFC 5246 §7.4.7.1).
public var transportedSecretBytes: Int { Int(SWL_PREMASTER_BYTES) }

/// Takes the premaster secret out of a block that an RSA key has decrypted.
///
/// Where the padding is not that of RSAES-PKCS1-v1_5 around exactly 48 bytes, `premaster` stays as it is; nothing shows which
/// of the two has happened.
/// - Parameters:
///   - block: as `SigningKey.decrypt` gives it.
///   - premaster: 48 bytes: the version, which stays, and random bytes drawn before.
public func unpadPremaster(_ block: Span<UInt8>, into premaster: inout MutableSpan<UInt8>) {
    precondition(premaster.count == transportedSecretBytes)
    // The size has just been checked.
    unsafe premaster.filled { out, _ in
        unsafe block.passedNonNull { unsafe swl_premaster_unpad($0, $1, out) }
    }
}

extension SigningKey {
    /// The RSA decryption primitive (RFC 8017 §5.1.2). The padding is still there and must be taken off by
    /// `unpadPremaster` alone: by looking at it, and letting that be seen, one decrypts for everybody.
    /// - Returns: the length of the block at the beginning of `block`: that of the modulus. What is no ciphertext (its length
    ///   is another, or it is not less than the modulus) gives a block of zeros.
    /// - Throws: `unsupported` for a key that is not RSA; `outputTooSmall`; `outOfMemory`; `randomUnavailable` (blinding).
    public func decrypt(_ ciphertext: Span<UInt8>, into block: inout MutableSpan<UInt8>) throws(CryptoError) -> Int {
        guard case .rsa(let bits) = kind else { throw .unsupported }
        let count = (bits + 7) / 8
        guard block.count >= count else { throw .outputTooSmall }
        var whole = block._mutatingExtracting(0..<count)
        try check(decryptBlock(ciphertext, &whole))
        return count
    }
}

extension PublicKey {
    /// Encrypts by RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1).
    /// - Parameter random: where the padding comes from.
    /// - Returns: the length of the ciphertext at the beginning of `ciphertext`: that of the modulus.
    /// - Throws: `unsupported` for a key that is not RSA of 2048 to 4096 bits, or a message that is too long; `invalidKey`;
    ///   `outputTooSmall`; `outOfMemory`; `randomUnavailable`.
    public func encrypt(
        _ message: Span<UInt8>, random: RandomSource, into ciphertext: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        guard case .rsa(let bits) = kind else { throw .unsupported }
        let count = (bits + 7) / 8
        guard ciphertext.count >= count else { throw .outputTooSmall }
        var whole = ciphertext._mutatingExtracting(0..<count)
        try check(encryptBlock(message, random, &whole))
        return count
    }
}
