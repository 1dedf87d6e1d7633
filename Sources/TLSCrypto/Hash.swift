// Hashes (FIPS 180-4), once and running. The running hash is the transcript hash of RFC 8446 §4.4.1: it can be read at
// any point and goes on.
import Bytes
import CMbedTLS

/// A hash function. The raw values are CMbedTLS's.
public enum HashAlgorithm: UInt8, BitwiseCopyable, Sendable {
    case sha256 = 0
    case sha384 = 1
    /// In signatures alone: no suite uses it.
    case sha512 = 2

    /// The length of a hash.
    public var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    var code: Int32 { Int32(rawValue) }
}

/// A hash, by value.
public typealias Digest = BoundedBytes<64>

/// The hash of `bytes`.
/// - Throws: `backend` where mbedTLS fails.
public func digest(_ algorithm: HashAlgorithm, _ bytes: Span<UInt8>) throws(CryptoError) -> Digest {
    try unsafe Digest(hash: algorithm) { out in
        // Both addresses are those of live memory; `out` has room for the longest hash.
        unsafe bytes.passed { unsafe swl_hash_once(algorithm.code, $0, $1, out) }
    }
}

extension BoundedBytes where capacity == 64 {
    /// A hash that `call` writes.
    init(hash algorithm: HashAlgorithm, _ call: (UnsafeMutablePointer<UInt8>) -> Int32) throws(CryptoError) {
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        try check(unsafe span.filled { out, _ in unsafe call(out) })
        // A hash is never longer than 64 bytes.
        self = Self(bytes.span.extracting(0..<algorithm.byteCount)) ?? Self()
    }
}

/// A hash that is fed piece by piece, in memory that does not move. Allocates nothing.
public struct RunningHash: ~Copyable {
    /// How many bytes of memory it needs.
    public static var contextBytes: Int { Int(SWL_HASH_CONTEXT_BYTES) }

    private let memory: Region
    /// The hash function.
    public private(set) var algorithm: HashAlgorithm

    /// A hash of nothing yet.
    /// - Parameter memory: at least `contextBytes`.
    /// - Throws: `outOfMemory` where `memory` is too small.
    public init(_ algorithm: HashAlgorithm, in memory: consuming Region) throws(CryptoError) {
        guard memory.count >= Self.contextBytes else { throw .outOfMemory }
        // The region is aligned, large enough and stays where it is.
        try check(unsafe swl_hash_start(memory.unsafeAddress, algorithm.code))
        self.algorithm = algorithm
        self.memory = memory
    }

    deinit {
        // The context was started by `init`.
        unsafe swl_hash_end(memory.unsafeAddress)
    }

    /// Appends `bytes` to what is hashed.
    public mutating func update(_ bytes: Span<UInt8>) throws(CryptoError) {
        let context = unsafe memory.unsafeAddress
        try check(unsafe bytes.passed { unsafe swl_hash_update(context, $0, $1) })
    }

    /// The hash of everything so far. It can be continued.
    public func current() throws(CryptoError) -> Digest {
        let context = unsafe memory.unsafeAddress
        return try unsafe Digest(hash: algorithm) { unsafe swl_hash_current(context, $0) }
    }

    /// Forgets everything so far and starts again, also with another hash function.
    public mutating func restart(_ algorithm: HashAlgorithm) throws(CryptoError) {
        unsafe swl_hash_end(memory.unsafeAddress)
        self.algorithm = algorithm
        try check(unsafe swl_hash_start(memory.unsafeAddress, algorithm.code))
    }
}

#if !hasFeature(Embedded)
    // For tests and tools alone: `allCases` is an array, which the core may not allocate.
    extension HashAlgorithm: CaseIterable {}
#endif
