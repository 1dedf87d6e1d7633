// The secrets of a TLS 1.2 handshake: the premaster secret, the master secret (RFC 5246 §8.1, RFC 7627 §4) and what is
// computed from it: the key block (§6.3) and the verify_data of a Finished (§7.4.9).
//
// Invariant: the premaster secret is wiped as soon as the master secret has been computed (§8.1).
import Bytes
import TLSCrypto

/// The master secret, in the workspace.
struct MasterSecret: ~Copyable {
    /// The premaster secret; the master secret; ClientHello.random, then ServerHello.random.
    private var memory: Region
    private var premasterCount = 0
    /// The hash of the PRF: the suite's.
    private var hash: HashAlgorithm = .sha256

    private static let premaster = 0..<Limits.masterSecret
    private static let master = Limits.masterSecret..<(2 * Limits.masterSecret)
    private static let randoms = (2 * Limits.masterSecret)..<memoryBytes
    private static let clientRandom = randoms.lowerBound..<(randoms.lowerBound + Hello.randomBytes)
    private static let serverRandom = clientRandom.upperBound..<memoryBytes
    /// Bytes of memory that it needs.
    static let memoryBytes = 2 * Limits.masterSecret + Limits.randoms

    /// - Parameter memory: `memoryBytes`.
    init(memory: consuming Region) { self.memory = memory }

    /// The master secret.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(Self.master) }
    }

    /// The random of the client, then that of the server: what a ServerKeyExchange signs in front of its parameters.
    var bothRandoms: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(Self.randoms) }
    }

    /// The random of the client, by which a key log tells connections apart.
    var clientRandom: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(Self.clientRandom) }
    }

    /// The random of the server.
    var serverRandom: BoundedBytes<32> {
        BoundedBytes(memory.bytes.extracting(Self.serverRandom)) ?? BoundedBytes()
    }

    /// Server: marks its random with the sentinel of one that knows TLS 1.3 (RFC 8446 §4.1.3).
    mutating func markDowngrade() {
        let sentinel = DowngradeSentinel.tls12
        var target = memory.mutableBytes
        target.copy(sentinel.span, at: Self.serverRandom.upperBound - DowngradeSentinel.byteCount)
    }

    /// Draws the random of a hello of ours.
    mutating func drawRandom(of sender: Role, _ source: RandomSource) throws(TLSError) {
        var target = memory.mutableBytes(in: sender == .client ? Self.clientRandom : Self.serverRandom)
        try source.draw(into: &target)
    }

    /// Keeps the random of a hello.
    mutating func keepRandom(of sender: Role, _ random: Span<UInt8>) {
        guard random.count == Hello.randomBytes else { return }
        var target = memory.mutableBytes(in: sender == .client ? Self.clientRandom : Self.serverRandom)
        target.copy(random, at: 0)
    }

    /// The premaster secret of a key agreement (RFC 8422 §5.10), all of it. The key has no further use.
    mutating func agree(_ key: borrowing EphemeralKey, peer publicValue: Span<UInt8>) throws(TLSError) {
        let count = key.group.sharedSecretBytes
        var target = memory.mutableBytes(in: 0..<count)
        try key.agree(with: publicValue, into: &target)
        premasterCount = count
    }

    /// Draws a premaster secret of RSA key transport (RFC 5246 §7.4.7.1): the version of the ClientHello and 46 random
    /// bytes. A client sends it; a server has it, drawn before it decrypts anything, for what it cannot use.
    mutating func drawPremaster(_ version: ProtocolVersion, _ source: RandomSource) throws(TLSError) {
        var target = memory.mutableBytes(in: Self.premaster)
        try source.draw(into: &target)
        target[0] = UInt8(truncatingIfNeeded: version.rawValue >> 8)
        target[1] = UInt8(truncatingIfNeeded: version.rawValue)
        premasterCount = Self.premaster.count
    }

    /// The premaster secret; one that was drawn is for a client to encrypt.
    var premasterSecret: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(0..<premasterCount) }
    }

    /// Server: takes the client's premaster secret out of the block that was decrypted, or keeps the one that was drawn,
    /// and does not know which. Its first two bytes stay those of the ClientHello, as §7.4.7.1 recommends: with another
    /// version the client has another secret.
    mutating func takePremaster(from block: Span<UInt8>) {
        var target = memory.mutableBytes(in: Self.premaster)
        unpadPremaster(block, into: &target)
    }

    /// The master secret from the premaster secret.
    /// - Parameter sessionHash: over all messages up to ClientKeyExchange, for the extended master secret (RFC 7627 §4);
    ///   nil for the master secret of RFC 5246, which is not bound to them.
    mutating func derive(_ hash: HashAlgorithm, sessionHash: Digest?) throws(TLSError) {
        self.hash = hash
        try withSecret(Limits.masterSecret) { (secret: inout MutableSpan<UInt8>) throws(TLSError) in
            if let sessionHash {
                try prf(
                    hash, secret: premasterSecret, label: "extended master secret", seed: sessionHash.bytes,
                    into: &secret)
            } else {
                try prf(hash, secret: premasterSecret, label: "master secret", seed: bothRandoms, into: &secret)
            }
            var target = memory.mutableBytes(in: Self.master)
            target.copy(secret.span, at: 0)
        }
        var spent = memory.mutableBytes(in: Self.premaster)
        spent.wipe()
        premasterCount = 0
    }

    /// Takes the master secret of a session that is resumed.
    mutating func resume(_ hash: HashAlgorithm, master secret: Span<UInt8>) throws(TLSError) {
        guard secret.count == Limits.masterSecret else { throw .misuse(.badConfiguration) }
        self.hash = hash
        var target = memory.mutableBytes
        target.copy(secret, at: Self.master.lowerBound)
    }

    /// verify_data of the Finished that `sender` sends (§7.4.9), over the messages before it: 12 bytes.
    func finished(_ sender: Role, transcript: Digest) throws(TLSError) -> BoundedBytes<12> {
        var verifyData = InlineArray<12, UInt8>(repeating: 0)
        var target = verifyData.mutableSpan
        let label: StaticString = sender == .client ? "client finished" : "server finished"
        try prf(hash, secret: bytes, label: label, seed: transcript.bytes, into: &target)
        return BoundedBytes(target.span) ?? BoundedBytes()
    }

    /// Gives the write key of `sender` to one direction of the record layer (§6.3). There are no MAC keys with an AEAD.
    func install(_ sender: Role, _ suite: CipherSuite, in protection: inout RecordProtection) throws(TLSError) {
        guard let aead = suite.parameters?.aead else { throw .misuse(.badConfiguration) }
        let keyBytes = aead.keyBytes
        let ivBytes = RecordFormat(of12: aead).implicitNonceBytes
        var seed = InlineArray<64, UInt8>(repeating: 0)
        for index in 0..<64 { seed[index] = bothRandoms[(index + Hello.randomBytes) % 64] }
        // Two keys of 32 bytes and two vectors of 12 are the longest.
        try withSecret(2 * (keyBytes + ivBytes)) { (block: inout MutableSpan<UInt8>) throws(TLSError) in
            try prf(hash, secret: bytes, label: "key expansion", seed: seed.span, into: &block)
            // client_write_key, server_write_key, client_write_IV, server_write_IV
            let place = sender == .client ? 0 : 1
            let key = (place * keyBytes)..<((place + 1) * keyBytes)
            let iv = (2 * keyBytes + place * ivBytes)..<(2 * keyBytes + (place + 1) * ivBytes)
            try protection.install(suite, key: block.span.extracting(key), iv: block.span.extracting(iv))
        }
    }
}
