// The peer's Certificate (RFC 8446 §4.4.2; RFC 5246 §7.4.2, §7.4.6; RFC 7250 §4), for both roles: the chain or raw public key is
// verified as soon as it has come, before its key is used for anything.
import Bytes
import X509

/// A Certificate may come now.
struct ExpectCertificate: ~Copyable {
    /// Client of TLS 1.3: what it is to show in its own flight. A server's flight has gone.
    let ownCertificate: OwnCertificate

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.certificate)
        try core.requirePeerCertificateType(configuration)
        let type = core.negotiated.peerCertificateType
        let certificate = try CertificateMessage(incoming.message, in: core.negotiated.version, type)
        // §4.4.2: empty, and the context of our own CertificateRequest, which is empty too.
        guard certificate.requestContext.isEmpty else { throw .illegalParameter(.certificateRequestContext) }
        // §4.4.2, §4.2: what a client asked for, and a server asks for nothing.
        if !core.is12 {
            try certificate.checkExtensions(
                mayHaveStaple: core.role == .client && configuration.requestsOCSPStaple)
        }
        try context.transcript.update(incoming.message.encoded)
        if certificate.entries.isEmpty { return try receiveNone(core, configuration) }
        if core.is12, core.role == .client {
            try certificate.requireServerKey(type, for: core.negotiated.cipherSuite, configuration)
        }
        let isEncryptedTo = core.role == .client && core.transportsKey
        // A raw public key has no key usage, so that nobody can see whether it is one to encrypt to.
        guard !isEncryptedTo || type != .RawPublicKey else { throw .illegalParameter(.certificateKeyKind) }
        let accepted =
            type == .RawPublicKey
            ? try configuration.trust.verify(rawPublicKey: certificate.first)
            : try configuration.trust.verify(
                certificate.chain, of: core.role.peer, for: isEncryptedTo ? .keyTransport : .signing, at: core.time)
        core.negotiated.peerIsUnverified = accepted.isUnverified
        let next = AwaitVerdict(on: accepted, ownCertificate, core)
        if core.is12, core.role == .client, core.expectsOCSPStaple {
            return .expectCertificateStatus(ExpectCertificateStatus(next: next))
        }
        guard configuration.trust.asksForVerdict else { return next.proceed() }
        return .awaitVerdict(next)
    }

    /// §4.4.2.4: a server always has a certificate; a client may have none where the server's policy allows it.
    private func receiveNone(
        _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard core.role == .server else { throw .peerMisbehaved(.emptyServerCertificate) }
        guard configuration.clientCertificates == .optional else {
            throw .peerIncompatible(core.is12 ? .noClientCertificate : .clientCertificateRequired)
        }
        if core.is12 { return .expectClientKeyExchange(ExpectClientKeyExchange(client: .anonymous)) }
        let anonymous = PeerVerified(allowedAnonymous: ())
        return .expectFinished(ExpectFinished(peer: anonymous, ownCertificate: ownCertificate))
    }
}

/// The application looks at what is known of the peer and says whether it accepts it.
enum AwaitVerdict: ~Copyable {
    /// The certificates that have just come; next the peer shows that it has their key.
    case certificates(ExpectCertificateVerify)
    /// The same of a server of TLS 1.2, which shows it with its ServerKeyExchange.
    case serverCertificates(ExpectServerKeyExchange)
    /// The same of a server to whose key a secret is encrypted (RFC 5246 §7.4.7.1): its Finished shows that it has the key.
    case keyTransportCertificates(ExpectServerHelloDone)
    /// The same of a client of TLS 1.2, whose CertificateVerify comes behind its ClientKeyExchange.
    case clientCertificates(ExpectClientKeyExchange)
    /// The same of a server of TLS 1.2 whose key exchange was read before, since no CertificateStatus came.
    case serverHelloDone(ExpectServerHelloDone)
    /// The same of a server whose whole flight was read before: nothing of ours has been sent.
    case ownFlight12(SendClientCertificate)
    /// A session's peer, whose certificates were shown in the full handshake.
    case session(ExpectFinished)
    /// The same in TLS 1.2, where the client reads on and the server writes on.
    case readingSession(ExpectNewSessionTicket)
    case readingSessionWithoutTicket(ExpectChangeCipherSpec)
    case writingSession(SendNewSessionTicket12)
    case writingSessionWithoutTicket(SendChangeCipherSpec)

    /// The verdict on a chain that was accepted so far.
    init(on chain: consuming ChainAccepted, _ ownCertificate: OwnCertificate, _ core: borrowing ConnectionCore) {
        if !core.is12 {
            self = .certificates(ExpectCertificateVerify(chain: chain, ownCertificate: ownCertificate))
        } else if core.role == .client, core.transportsKey {
            self = .keyTransportCertificates(
                ExpectServerHelloDone(peer: PeerVerified(encryptingTo: chain), ownCertificate: .notRequested))
        } else if core.role == .client {
            self = .serverCertificates(ExpectServerKeyExchange(chain: chain))
        } else {
            self = .clientCertificates(ExpectClientKeyExchange(client: .chain(chain)))
        }
    }

    /// - Parameter alert: what the peer is told where it is refused.
    consuming func supply(accepted: Bool, _ alert: AlertDescription) throws(TLSError) -> HandshakeState {
        guard accepted else { throw .certificateRefused(alert) }
        return proceed()
    }

    /// The state behind the verdict.
    consuming func proceed() -> HandshakeState {
        switch consume self {
        case .certificates(let next): return .expectCertificateVerify(next)
        case .serverCertificates(let next): return .expectServerKeyExchange(next)
        case .keyTransportCertificates(let next): return .expectServerHelloDone(next)
        case .clientCertificates(let next): return .expectClientKeyExchange(next)
        case .serverHelloDone(let next): return .expectServerHelloDone(next)
        case .ownFlight12(let next): return .sendClientCertificate(next)
        case .session(let next): return .expectFinished(next)
        case .readingSession(let next): return .expectNewSessionTicket(next)
        case .readingSessionWithoutTicket(let next): return .expectChangeCipherSpec(next)
        case .writingSession(let next): return .sendNewSessionTicket12(next)
        case .writingSessionWithoutTicket(let next): return .sendChangeCipherSpec(next)
        }
    }
}

extension HandshakeState {
    /// This state, or where `asks`, a verdict on the peer before it. One of those that follow the hellos of a handshake that
    /// resumes, or the Certificate of a server of TLS 1.2 that has announced a CertificateStatus and sends none.
    consuming func behindVerdict(_ asks: Bool) -> HandshakeState {
        guard asks else { return self }
        switch consume self {
        case .expectFinished(let next): return .awaitVerdict(.session(next))
        case .expectServerHelloDone(let next): return .awaitVerdict(.serverHelloDone(next))
        case .sendClientCertificate(let next): return .awaitVerdict(.ownFlight12(next))
        case .expectNewSessionTicket(let next): return .awaitVerdict(.readingSession(next))
        case .expectChangeCipherSpec(let next): return .awaitVerdict(.readingSessionWithoutTicket(next))
        case .sendNewSessionTicket12(let next): return .awaitVerdict(.writingSession(next))
        case .sendChangeCipherSpec(let next): return .awaitVerdict(.writingSessionWithoutTicket(next))
        default: return .failed
        }
    }
}
