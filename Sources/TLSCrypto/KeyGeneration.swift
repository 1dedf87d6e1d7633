// New private keys, as the text of the file that will hold them.
import CMbedTLS

/// A kind of key that can be made.
public enum KeyType: UInt8, Sendable {
    case p256, p384, rsa2048, rsa3072, rsa4096

    fileprivate var code: Int32 {
        switch self {
        case .p256: Int32(SWL_KEY_P256)
        case .p384: Int32(SWL_KEY_P384)
        case .rsa2048, .rsa3072, .rsa4096: Int32(SWL_KEY_RSA)
        }
    }

    fileprivate var bits: Int {
        switch self {
        case .p256: 256
        case .p384: 384
        case .rsa2048: 2048
        case .rsa3072: 3072
        case .rsa4096: 4096
        }
    }
}

extension SigningKey {
    /// Enough bytes for the PEM text of any key.
    public static var maximumPEMBytes: Int { 4096 }

    /// Makes a private key and writes it as PKCS#8 PEM (RFC 5958, RFC 7468) with a final newline. RSA takes seconds,
    /// on a small board minutes.
    /// - Parameter into: at least `maximumPEMBytes` fit any key; wipe it when the file is written.
    /// - Returns: the length of the text.
    /// - Throws: `outputTooSmall`, `randomUnavailable`, `outOfMemory`.
    public static func generatePEM(
        _ type: KeyType, random: RandomSource, into: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        var count = 0
        // The memory has the size next to it; the source outlives the call.
        let code = unsafe into.filled {
            unsafe swl_key_generate_pem(type.code, type.bits, random.fillBytes, random.context, $0, $1, &count)
        }
        try check(code)
        return count
    }
}

#if !hasFeature(Embedded)
    // For tests and tools alone: `allCases` is an array, which the core may not allocate.
    extension KeyType: CaseIterable {}
#endif
