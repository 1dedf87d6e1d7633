// The transcript hash (RFC 8446 §4.4.1). Which hash it is, is known only when a cipher suite has been chosen; until then
// both are run, which costs less memory than keeping the ClientHello. Where a client may come to sign in TLS 1.2, SHA-512 is
// run besides.
import Bytes
import TLSCrypto

/// The hash over the handshake messages so far.
struct Transcript: ~Copyable {
    private var sha256: RunningHash
    private var sha384: RunningHash
    private var sha512: RunningHash
    /// The hash of the suite, once there is one.
    private(set) var algorithm: HashAlgorithm?
    /// Whether all hashes are run, SHA-512 among them, although the suite's may be known: a CertificateVerify of TLS 1.2 is
    /// signed over the hash of its own scheme (RFC 5246 §7.4.8). To be set before the first message.
    var keepsAll = false

    /// An empty transcript in three regions of `RunningHash.contextBytes`.
    init(
        _ first: consuming Region, _ second: consuming Region, _ third: consuming Region
    ) throws(TLSError) {
        let sha256 = try Self.start(.sha256, first)
        let sha384 = try Self.start(.sha384, second)
        sha512 = try Self.start(.sha512, third)
        self.sha384 = sha384
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
            if keepsAll || algorithm != .sha384 { try sha256.update(bytes) }
            if keepsAll || algorithm != .sha256 { try sha384.update(bytes) }
            if keepsAll { try sha512.update(bytes) }
        }
    }

    /// Transcript-Hash of everything so far.
    func current() throws(TLSError) -> Digest {
        try crypto { () throws(CryptoError) in
            algorithm == .sha384 ? try sha384.current() : try sha256.current()
        }
    }

    /// One of the hashes, of everything so far: where all are kept, any; before a suite is chosen, SHA-256 or SHA-384;
    /// otherwise only the suite's.
    func current(_ hash: HashAlgorithm) throws(TLSError) -> Digest {
        try crypto { () throws(CryptoError) in
            switch hash {
            case .sha256: try sha256.current()
            case .sha384: try sha384.current()
            case .sha512: try sha512.current()
            }
        }
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
