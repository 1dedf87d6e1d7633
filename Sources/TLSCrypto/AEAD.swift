// Record protection (RFC 8446 §5.2): AEADs of RFC 5116, RFC 6655 and RFC 8439 in place, without any allocation.
import Bytes
import CMbedTLS

/// An AEAD. The raw values are CMbedTLS's.
public enum AEADAlgorithm: UInt8, Sendable {
    case aes128GCM = 0
    case aes256GCM = 1
    case chaCha20Poly1305 = 2
    case aes128CCM = 3

    /// The length of a key.
    public var keyBytes: Int {
        switch self {
        case .aes128GCM, .aes128CCM: 16
        case .aes256GCM, .chaCha20Poly1305: 32
        }
    }
    /// The length of a nonce.
    public static var nonceBytes: Int { 12 }
    /// The length of a tag.
    public static var tagBytes: Int { 16 }
}

/// A key for records, in memory that does not move. Setting a key allocates (AES's schedule, in mbedTLS); a record
/// never does. The end of the handle wipes both.
public struct AEADKey: ~Copyable {
    /// How many bytes of memory it needs.
    public static var contextBytes: Int { Int(SWL_AEAD_CONTEXT_BYTES) }

    private let memory: Region
    /// The AEAD of the last key that was set.
    public private(set) var algorithm: AEADAlgorithm

    /// Memory for a key, without one: until `setKey` every other call throws `invalidKey`.
    /// - Parameter memory: `contextBytes`; less is reported by `setKey`.
    public init(in memory: consuming Region) {
        algorithm = .aes128GCM
        self.memory = memory
    }

    /// A key.
    /// - Parameter memory: at least `contextBytes`.
    /// - Throws: as `setKey`.
    public init(_ algorithm: AEADAlgorithm, key: Span<UInt8>, in memory: consuming Region) throws(CryptoError) {
        self.init(in: memory)
        try setKey(algorithm, key)
    }

    /// Replaces the key; the old one is wiped.
    /// - Throws: `outOfMemory` where the memory is too small, or mbedTLS finds none: then there is no key; `invalidKey`
    ///   where `key` does not have `keyBytes`: the old key then stays.
    public mutating func setKey(_ algorithm: AEADAlgorithm, _ key: Span<UInt8>) throws(CryptoError) {
        guard memory.count >= Self.contextBytes else { throw .outOfMemory }
        // The region is aligned, large enough, zero at first, and stays where it is.
        let context = unsafe memory.unsafeAddress
        let code = Int32(algorithm.rawValue)
        try check(unsafe key.passedNonNull { unsafe swl_aead_set_key(context, code, $0, $1) })
        self.algorithm = algorithm
    }

    deinit {
        // mbedTLS frees and zeroes what it allocated before the region is wiped; too little memory never held a key.
        if memory.count >= Self.contextBytes { unsafe swl_aead_end(memory.unsafeAddress) }
    }

    /// Encrypts in place.
    /// - Parameters:
    ///   - nonce: 12 bytes, never used before with this key.
    ///   - buffer: the plaintext and behind it 16 bytes of room for the tag.
    /// - Throws: `unsupported` for a nonce of another length; `outputTooSmall` for a buffer without room for a tag.
    public mutating func seal(
        nonce: Span<UInt8>, additionalData: Span<UInt8>, _ buffer: inout MutableSpan<UInt8>
    ) throws(CryptoError) {
        guard nonce.count == AEADAlgorithm.nonceBytes else { throw .unsupported }
        guard memory.count >= Self.contextBytes else { throw .invalidKey }
        guard buffer.count >= AEADAlgorithm.tagBytes else { throw .outputTooSmall }
        let context = unsafe memory.unsafeAddress
        // The nonce has 12 bytes and the buffer ends with room for the tag.
        let code = unsafe buffer.filled { bytes, count in
            unsafe additionalData.passed { aad, aadCount in
                unsafe nonce.passedNonNull { nonce, _ in
                    unsafe swl_aead_seal(context, nonce, aad, aadCount, bytes, count - AEADAlgorithm.tagBytes)
                }
            }
        }
        try check(code)
    }

    /// Decrypts in place; the plaintext is all but the last 16 bytes.
    /// - Parameter buffer: the ciphertext and behind it the tag. On failure the ciphertext is zeroed.
    /// - Throws: `authenticationFailed` where the tag does not match or there is none; `unsupported` for a nonce that
    ///   does not have 12 bytes.
    public mutating func open(
        nonce: Span<UInt8>, additionalData: Span<UInt8>, _ buffer: inout MutableSpan<UInt8>
    ) throws(CryptoError) {
        guard nonce.count == AEADAlgorithm.nonceBytes else { throw .unsupported }
        guard memory.count >= Self.contextBytes else { throw .invalidKey }
        guard buffer.count >= AEADAlgorithm.tagBytes else { throw .authenticationFailed }
        let context = unsafe memory.unsafeAddress
        // The nonce has 12 bytes and the buffer ends with a tag.
        let code = unsafe buffer.filled { bytes, count in
            unsafe additionalData.passed { aad, aadCount in
                unsafe nonce.passedNonNull { nonce, _ in
                    unsafe swl_aead_open(context, nonce, aad, aadCount, bytes, count - AEADAlgorithm.tagBytes)
                }
            }
        }
        try check(code)
    }

    /// Replaces the key by one for the same AEAD (KeyUpdate, RFC 8446 §7.2).
    /// - Throws: as `setKey`.
    public mutating func rekey(_ key: Span<UInt8>) throws(CryptoError) { try setKey(algorithm, key) }
}

#if !hasFeature(Embedded)
    // For tests and tools alone: `allCases` is an array, which the core may not allocate.
    extension AEADAlgorithm: CaseIterable {}
#endif
