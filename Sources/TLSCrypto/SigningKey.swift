// Our own private keys: read from a file (PKCS#8, SEC1, PKCS#1), checked, used to sign, wiped. There is no way to read
// a private key out of the handle.
import Bytes
import CMbedTLS

/// A private key that signs, or decrypts (see `decrypt`). mbedTLS holds it, in memory of its own that is zeroed when the handle ends.
///
/// Not for two threads at once: signing with RSA renews what blinds it.
@safe public struct SigningKey: ~Copyable {
    private let key: OpaquePointer
    /// What kind of key it is.
    public let kind: PublicKeyKind

    /// How many bytes a signature has at most.
    public static var maximumSignatureBytes: Int { Int(SWL_RSA_BYTES_MAX) }

    /// Reads an unencrypted PKCS#8, SEC1 or PKCS#1 private key on P-256, on P-384, or RSA with 2048 to 4096 bits, and
    /// checks that its parts agree. Text may have other PEM blocks and comments around the key.
    /// - Throws: `encryptedKey`; `unsupported` for other curves, sizes and algorithms; `invalidKey`; `outOfMemory`.
    public init(pemOrDER: Span<UInt8>) throws(CryptoError) {
        var error: Int32 = 0
        let parsed = unsafe pemOrDER.passed { unsafe swl_key_parse($0, $1, &error) }
        guard let parsed = unsafe parsed else { throw CryptoError(code: error) }
        unsafe key = parsed
        switch Int(unsafe swl_key_type(parsed)) {
        case SWL_KEY_P256: kind = .ec(.secp256r1)
        case SWL_KEY_P384: kind = .ec(.secp384r1)
        default: kind = unsafe .rsa(bits: swl_key_bits(parsed))
        }
    }

    deinit {
        // The key came from `swl_key_parse` and this handle alone has it.
        unsafe swl_key_free(key)
    }

    /// Writes the SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7).
    /// - Returns: its length: 91 for P-256, 120 for P-384, 294 for RSA-2048, 550 for RSA-4096.
    /// - Throws: `outputTooSmall`.
    public func publicKeyInfo(into: inout MutableSpan<UInt8>) throws(CryptoError) -> Int {
        let key = unsafe self.key
        var count = 0
        // `filled` gives address and size of live memory; the key is alive for as long as this handle.
        try check(unsafe into.filled { unsafe swl_key_public_info(key, $0, $1, &count) })
        return count
    }

    /// Writes the uncompressed point of an EC key, or the modulus of an RSA key.
    /// - Returns: its length.
    /// - Throws: `outputTooSmall`.
    public func publicValue(into: inout MutableSpan<UInt8>) throws(CryptoError) -> Int {
        let key = unsafe self.key
        var count = 0
        // As in `publicKeyInfo`.
        try check(unsafe into.filled { unsafe swl_key_public_value(key, $0, $1, &count) })
        return count
    }

    /// Whether `publicKeyInfo` is this key's SubjectPublicKeyInfo, byte for byte.
    public func matches(publicKeyInfo: Span<UInt8>) throws(CryptoError) -> Bool {
        var memory = InlineArray<600, UInt8>(repeating: 0)
        var span = memory.mutableSpan
        let count = try self.publicKeyInfo(into: &span)
        return memory.span.extracting(0..<count).hasSameBytes(as: publicKeyInfo)
    }

    /// Whether a certificate's key is the public half of this one.
    public func matches(_ other: PublicKey) throws(CryptoError) -> Bool {
        guard kind == other.kind else { return false }
        var valueMemory = InlineArray<512, UInt8>(repeating: 0)
        var valueSpan = valueMemory.mutableSpan
        let valueCount = try publicValue(into: &valueSpan)
        let value = valueMemory.span.extracting(0..<valueCount)
        if case .ec(let curve) = kind { return PublicKey(curve: curve, point: value).isSameKey(as: other) }
        var exponentMemory = InlineArray<4, UInt8>(repeating: 0)
        var exponentSpan = exponentMemory.mutableSpan
        let key = unsafe self.key
        var count = 0
        // As in `publicKeyInfo`.
        try check(unsafe exponentSpan.filled { unsafe swl_key_public_exponent(key, $0, $1, &count) })
        let exponent = exponentMemory.span.extracting(0..<count)
        return PublicKey(rsaModulus: value, exponent: exponent).isSameKey(as: other)
    }

    /// Signs `message`.
    /// - Returns: the length of the signature: as long as the modulus, or for ECDSA at most 72 (P-256) or 104 (P-384)
    ///   bytes of DER. ECDSA is deterministic (RFC 6979).
    /// - Throws: `unsupported` where the algorithm is not one for this key; `outputTooSmall`; `outOfMemory`;
    ///   `randomUnavailable` (salt and blinding).
    public func sign(
        _ algorithm: SignatureAlgorithm, message: Span<UInt8>, into: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        try sign(algorithm, hash: try digest(algorithm.hash, message), into: &into)
    }

    /// Signs what has this hash by the algorithm's hash function. As `sign` of a message otherwise.
    /// - Throws: `unsupported` also for a hash of another length.
    public func sign(
        _ algorithm: SignatureAlgorithm, hash: Digest, into: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        guard hash.count == algorithm.hash.byteCount else { throw .unsupported }
        switch (algorithm, kind) {
        case (.ecdsa(let algorithm), .ec(let curve)): return try signECDSA(curve, algorithm, hash, &into)
        case (.rsaPKCS1(let algorithm), .rsa(let bits)): return try signRSA(pss: 0, bits, algorithm, hash, &into)
        case (.rsaPSS(let algorithm), .rsa(let bits)): return try signRSA(pss: 1, bits, algorithm, hash, &into)
        default: throw .unsupported
        }
    }

    private func signECDSA(
        _ curve: EllipticCurve, _ algorithm: HashAlgorithm, _ hash: Digest, _ out: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        let key = unsafe self.key
        let hashed = hash.bytes
        let count = 2 * curve.scalarBytes
        var memory = InlineArray<96, UInt8>(repeating: 0)
        var all = memory.mutableSpan
        var halves = all._mutatingExtracting(0..<count)
        // The hash has the algorithm's length.
        let code = unsafe halves.filled { out, outCount in
            unsafe hashed.passedNonNull { hash, _ in
                unsafe swl_key_sign_ecdsa(key, algorithm.code, hash, out, outCount)
            }
        }
        try check(code)
        return try ECDSASignature.write(halves: memory.span.extracting(0..<count), into: &out)
    }

    private func signRSA(
        pss: Int32, _ bits: Int, _ algorithm: HashAlgorithm, _ hash: Digest, _ out: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        let key = unsafe self.key
        let hashed = hash.bytes
        let count = (bits + 7) / 8
        guard out.count >= count else { throw .outputTooSmall }
        var signature = out._mutatingExtracting(0..<count)
        // As in `signECDSA`; the signature has the modulus's length.
        let code = unsafe signature.filled { out, outCount in
            unsafe hashed.passedNonNull { hash, _ in
                unsafe swl_key_sign_rsa(key, pss, algorithm.code, hash, out, outCount)
            }
        }
        try check(code)
        return count
    }

    /// The RSA decryption primitive: see `decrypt`.
    /// - Returns: CMbedTLS's number.
    func decryptBlock(_ ciphertext: Span<UInt8>, _ block: inout MutableSpan<UInt8>) -> Int32 {
        let key = unsafe self.key
        // As in `publicKeyInfo`.
        return unsafe block.filled { out, outCount in
            unsafe ciphertext.passedNonNull { unsafe swl_key_decrypt_rsa(key, $0, $1, out, outCount) }
        }
    }
}
