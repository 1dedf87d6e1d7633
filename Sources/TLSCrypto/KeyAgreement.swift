// Ephemeral key agreement (RFC 8446 §7.4.2): X25519 (RFC 7748) and ECDH on P-256 and P-384.
import Bytes
import CMbedTLS

/// Loads the curves and builds their tables at start, so that no handshake pays for it: a curve is otherwise loaded when
/// it is first used.
/// - Throws: `outOfMemory`.
public func prepareCurves() throws(CryptoError) { try check(swl_curves_warm()) }

/// A group for key agreement. The raw values are CMbedTLS's.
public enum KeyAgreementGroup: UInt8, Sendable {
    case x25519 = 0
    case secp256r1 = 1
    case secp384r1 = 2

    /// The length of a public value (RFC 8446 §4.2.8.2).
    public var publicValueBytes: Int {
        switch self {
        case .x25519: 32
        case .secp256r1: 65
        case .secp384r1: 97
        }
    }

    /// The length of a shared secret.
    public var sharedSecretBytes: Int {
        switch self {
        case .x25519, .secp256r1: 32
        case .secp384r1: 48
        }
    }
}

/// A key for one handshake. The private scalar is in memory that does not move and is wiped when the handle ends.
public struct EphemeralKey: ~Copyable {
    /// How many bytes of memory it needs.
    public static var memoryBytes: Int { Int(SWL_SCALAR_BYTES_MAX + SWL_POINT_BYTES_MAX) }

    /// The scalar, and behind the place of the longest the public value.
    private var memory: Region
    private var publicCount = 0
    /// The group of the last key that was generated.
    public private(set) var group: KeyAgreementGroup = .x25519
    /// What is sent to the peer; empty where there is no key.
    public var publicValue: BoundedBytes<97> {
        guard publicCount > 0 else { return BoundedBytes() }
        // No public value is longer than 97 bytes.
        let start = Int(SWL_SCALAR_BYTES_MAX)
        return BoundedBytes(memory.bytes.extracting(start..<(start + publicCount))) ?? BoundedBytes()
    }

    /// Memory for a key, without one.
    /// - Parameter memory: `memoryBytes`; less is reported by `generate`.
    public init(in memory: consuming Region) { self.memory = memory }

    /// A new key.
    /// - Throws: as `generate`.
    public init(_ group: KeyAgreementGroup, random: RandomSource, in memory: consuming Region) throws(CryptoError) {
        self.init(in: memory)
        try generate(group, random: random)
    }

    /// Replaces the key by a new one. Draws 32 bytes for x25519, 32 for secp256r1 and 48 for secp384r1; for the latter
    /// two again (with a probability of 2^-32 and 2^-190) where the number drawn is no scalar of the curve.
    /// - Throws: `randomUnavailable`; `outOfMemory`, also where the memory is too small.
    public mutating func generate(_ group: KeyAgreementGroup, random: RandomSource) throws(CryptoError) {
        // Should anything fail below, there is no key.
        publicCount = 0
        guard memory.count >= Self.memoryBytes else { throw .outOfMemory }
        let curve = Int32(group.rawValue)
        // The region has room for the longest scalar.
        let scalar = unsafe memory.unsafeAddress.assumingMemoryBound(to: UInt8.self)
        try check(unsafe swl_ecdh_scalar(curve, random.fillBytes, random.context, scalar))
        let start = Int(SWL_SCALAR_BYTES_MAX)
        var value = memory.mutableBytes(in: start..<(start + group.publicValueBytes))
        try check(unsafe value.filled { unsafe swl_ecdh_public(curve, scalar, $0, $1) })
        publicCount = group.publicValueBytes
        self.group = group
    }

    /// Forgets the key: the scalar is overwritten.
    public mutating func wipe() {
        memory.wipe()
        publicCount = 0
    }

    /// The secret shared with a peer.
    /// - Parameter into: exactly `sharedSecretBytes` bytes; zeroed on failure.
    /// - Throws: `invalidPublicValue` for a value of the wrong length, not on the curve, not in uncompressed form, or
    ///   (x25519) of small order, RFC 7748 §6.1; `outputTooSmall` where `into` has another size; `outOfMemory`.
    public func sharedSecret(peer: Span<UInt8>, into: inout MutableSpan<UInt8>) throws(CryptoError) {
        guard publicCount > 0 else { throw .invalidKey }
        let curve = Int32(group.rawValue)
        // The region holds the scalar that `generate` put there.
        let scalar = unsafe memory.unsafeAddress.assumingMemoryBound(to: UInt8.self)
        let code = unsafe into.filled { out, outCount in
            unsafe peer.passedNonNull { unsafe swl_ecdh_shared(curve, scalar, $0, $1, out, outCount) }
        }
        try check(code)
    }
}

#if !hasFeature(Embedded)
    // For tests and tools alone: `allCases` is an array, which the core may not allocate.
    extension KeyAgreementGroup: CaseIterable {}
#endif
