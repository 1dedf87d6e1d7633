// What a connection remembers so that its session can be resumed later (RFC 8446 §2.2, §4.6.1, §7.1): the
// resumption_master_secret, and what the full handshake found out about the peer, since a resumed session is worth no more
// than that.
//
// Invariant: `peer` is what a full handshake verified, never later than that handshake, however often a session is renewed.
import Bytes
import TLSCrypto
import X509

/// What sessions of this connection are resumed from.
struct Resumption: ~Copyable {
    /// resumption_master_secret, or TLS 1.2's master secret; then a client's binding.
    private var memory: Region
    /// The hash of the suite, once the secret is there.
    private(set) var hash: HashAlgorithm?
    private var secretCount = 0
    /// What is known of the peer.
    var peer = PeerRecord()

    /// - Parameter memory: `Limits.resumption`.
    init(memory: consuming Region) { self.memory = memory }

    /// resumption_master_secret (§7.1); empty before the handshake is over.
    var secret: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(0..<secretCount) }
    }

    /// Takes the secret from a key schedule that has come to its end.
    mutating func takeSecret(from schedule: borrowing KeySchedule, transcript: Digest) throws(TLSError) {
        var target = memory.mutableBytes(in: 0..<schedule.hash.byteCount)
        try schedule.deriveResumption(transcript: transcript, into: &target)
        hash = schedule.hash
        secretCount = schedule.hash.byteCount
    }

    /// Takes the master secret of TLS 1.2, which is what its sessions are resumed from.
    mutating func takeMasterSecret(_ secret: Span<UInt8>, _ hash: HashAlgorithm) {
        guard secret.count == Limits.masterSecret else { return }
        var target = memory.mutableBytes
        target.copy(secret, at: 0)
        self.hash = hash
        secretCount = secret.count
    }

    /// Keeps what is to be known of the peer's leaf, once it has been verified.
    /// - Parameter end: the last second for which that it was not revoked is known.
    mutating func remember(_ leaf: Certificate, until end: Int64) throws(TLSError) {
        peer.leafHash = try fingerprint(leaf.der)
        peer.leafNotAfter = Swift.min(leaf.notAfter, end)
        peer.authentication = .certificate
    }

    /// Keeps what is to be known of the peer's raw public key, once it has been verified. It has no end of its own.
    mutating func remember(rawPublicKey info: Span<UInt8>) throws(TLSError) {
        peer.leafHash = try fingerprint(info)
        peer.leafNotAfter = .max
        peer.authentication = .rawPublicKey
    }

    /// Keeps under which identity the peer had an external key.
    mutating func remember(identity: Span<UInt8>) throws(TLSError) {
        peer.leafHash = try fingerprint(identity)
        peer.authentication = .externalKey
    }

    /// Client: what the session of the last ticket is bound to.
    var binding: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(Limits.secret..<(Limits.secret + Limits.sessionBinding)) }
    }

    /// Keeps what a session is bound to.
    mutating func keepBinding(_ binding: Digest) {
        guard binding.count == Limits.sessionBinding else { return }
        var target = memory.mutableBytes(in: Limits.secret..<(Limits.secret + Limits.sessionBinding))
        target.copy(binding.bytes, at: 0)
    }

    /// Forgets the secret: no further session can be had.
    mutating func wipe() {
        memory.wipe()
        hash = nil
        secretCount = 0
    }
}

/// What a full handshake found out about the peer.
struct PeerRecord: Sendable {
    /// When that was, in seconds since 1970-01-01T00:00:00Z.
    var authenticated: Int64 = 0
    /// The last second at which the peer's leaf is valid, and the revocation lists that it was held against are current; no
    /// limit where it showed none.
    var leafNotAfter: Int64 = .max
    /// SHA-256 of the peer's leaf, of its raw public key or of the identity of its external key; empty where it showed none.
    var leafHash = BoundedBytes<32>()
    /// How the peer proved who it is.
    var authentication = PeerAuthentication.none

    /// The first second at which nothing may be resumed any more.
    /// - Parameter lifetime: seconds from the full handshake.
    func end(lifetime: Int64) -> Int64 {
        Swift.min(authenticated.plus(lifetime), leafNotAfter.plus(1))
    }
}

extension Int64 {
    /// The sum, or the greatest number where it would be more.
    func plus(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension ConnectionCore {
    /// Takes over what the session's full handshake found out about the peer, which has to finish now; unless the
    /// application wants to be asked about it again.
    mutating func resume(
        _ session: consuming SessionAccepted, _ configuration: borrowing Configuration
    ) -> HandshakeState {
        let peer = adopt(session, configuration)
        if readsEarlyData {
            earlyData.mayAnswer = true
            return .expectEndOfEarlyData(ExpectEndOfEarlyData(peer: peer))
        }
        return HandshakeState.expectFinished(ExpectFinished(peer: peer, ownCertificate: .notRequested))
            .behindVerdict(asksAboutSession(configuration))
    }

    /// Whether the application wants to be asked about the peer of the session that has been taken over.
    func asksAboutSession(_ configuration: borrowing Configuration) -> Bool {
        configuration.trust.asksForVerdict && configuration.trust.verdictOnResumption == .askedAgain
            && resumption.peer.authentication.isByPublicKey
    }

    /// Takes over what the session's full handshake found out about the peer.
    mutating func adopt(
        _ session: consuming SessionAccepted, _ configuration: borrowing Configuration
    ) -> PeerVerified {
        negotiated.resumed = true
        negotiated.peerIsUnverified =
            session.peer.authentication.isByPublicKey && configuration.trust.unsafeAcceptsAnyCertificate
        resumption.peer = session.peer
        return PeerVerified(resumed: session)
    }

    /// Takes an external key for proof of who the peer is.
    mutating func accept(
        _ key: consuming ExternalKeyAccepted, _ configuration: borrowing Configuration
    ) throws(TLSError) -> PeerVerified {
        negotiated.externalKey = key.index
        try resumption.remember(identity: configuration.externalKeys.identity(at: key.index))
        return PeerVerified(externalKey: key)
    }

    /// Whether tickets are given or taken at all, and the time that they begin at.
    func timeOfTickets(_ configuration: borrowing Configuration) -> Int64? {
        guard case .known(let now) = time else { return nil }
        // A verdict of the application's may need the certificates.
        let needsCertificates = configuration.trust.verdictOnResumption == .neverResumes
        return configuration.trust.asksForVerdict && needsCertificates ? nil : now
    }
}
