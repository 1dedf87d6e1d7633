// The transcript hash (RFC 8446 §4.4.1). Which hash it is, is known only when a cipher suite has been chosen; until then
// both are run, which costs less memory than keeping the ClientHello.
import Bytes
import TLSCrypto

/// The hash over the handshake messages so far.
struct Transcript: ~Copyable {
    private var sha256: RunningHash
    private var sha384: RunningHash
    /// The hash of the suite, once there is one.
    private(set) var algorithm: HashAlgorithm?
    /// Whether both hashes go on although the suite's is known: a CertificateVerify of TLS 1.2 is signed over the hash of
    /// its own scheme (RFC 5246 §7.4.8).
    var keepsBoth = false

    /// An empty transcript in two regions of `RunningHash.contextBytes`.
    init(_ first: consuming Region, _ second: consuming Region) throws(TLSError) {
        let sha256 = try Self.start(.sha256, first)
        self.sha384 = try Self.start(.sha384, second)
        self.sha256 = sha256
    }

    private static func start(_ algorithm: HashAlgorithm, _ memory: consuming Region) throws(TLSError) -> RunningHash {
        do throws(CryptoError) { return try RunningHash(algorithm, in: memory) } catch { throw .cryptoFailed(error) }
    }

    /// Settles the hash. It may be settled again to the same value.
    mutating func select(_ algorithm: HashAlgorithm) { self.algorithm = algorithm }

    /// Appends the bytes of a message, header included, or a part of them in order.
    mutating func update(_ bytes: Span<UInt8>) throws(TLSError) {
        try crypto { () throws(CryptoError) in
            if keepsBoth || algorithm != .sha384 { try sha256.update(bytes) }
            if keepsBoth || algorithm != .sha256 { try sha384.update(bytes) }
        }
    }

    /// Transcript-Hash of everything so far.
    func current() throws(TLSError) -> Digest {
        try crypto { () throws(CryptoError) in
            algorithm == .sha384 ? try sha384.current() : try sha256.current()
        }
    }

    /// One of the two hashes, of everything so far: before a suite is chosen, and where both are kept, the one or the
    /// other; otherwise only the suite's.
    func current(_ hash: HashAlgorithm) throws(TLSError) -> Digest {
        try crypto { () throws(CryptoError) in hash == .sha384 ? try sha384.current() : try sha256.current() }
    }

    /// Replaces the first ClientHello by its hash, before a HelloRetryRequest is appended: a message of the special type
    /// message_hash (§4.4.1).
    mutating func replaceByMessageHash() throws(TLSError) {
        let hash = try current()
        try crypto { () throws(CryptoError) in
            try sha256.restart(.sha256)
            try sha384.restart(.sha384)
        }
        var memory = InlineArray<4, UInt8>(repeating: 0)
        memory[0] = HandshakeType.message_hash.rawValue
        memory[3] = UInt8(truncatingIfNeeded: hash.count)
        try update(memory.span)
        try update(hash.bytes)
    }
}
