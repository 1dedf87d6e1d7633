// The peer's Certificate (RFC 8446 §4.4.2), for both roles: the chain is verified as soon as it has come, before its key
// is used for anything.
import Bytes
import X509

/// A Certificate may come now.
struct ExpectCertificate: ~Copyable {
    /// Client: what it is to show in its own flight. A server's flight has gone.
    let ownCertificate: OwnCertificate

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.certificate)
        let certificate = try CertificateMessage(incoming.message)
        // §4.4.2: empty, and the context of our own CertificateRequest, which is empty too.
        guard certificate.requestContext.isEmpty else { throw .illegalParameter(.certificateRequestContext) }
        // We ask for nothing about certificates, so entries have no extensions (§4.4.2, §4.2).
        try certificate.requireNoExtensions()
        try context.transcript.update(incoming.message.encoded)
        if certificate.entries.isEmpty { return try receiveNone(core.role, configuration) }
        let chain = CertificateSequence(certificate.entries, .withExtensions)
        let accepted = try configuration.trust.verify(chain, of: core.role.peer, at: core.time)
        core.negotiated.peerIsUnverified = accepted.isUnverified
        let next = ExpectCertificateVerify(chain: accepted, ownCertificate: ownCertificate)
        guard configuration.trust.asksForVerdict else { return .expectCertificateVerify(next) }
        return .awaitVerdict(.certificates(next))
    }

    /// §4.4.2.4: a server always has a certificate; a client may have none where the server's policy allows it.
    private func receiveNone(
        _ role: Role, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard role == .server else { throw .peerMisbehaved(.emptyServerCertificate) }
        guard configuration.clientCertificates == .optional else {
            throw .peerIncompatible(.clientCertificateRequired)
        }
        let anonymous = PeerVerified(allowedAnonymous: ())
        return .expectFinished(ExpectFinished(peer: anonymous, ownCertificate: ownCertificate))
    }
}

/// The application looks at what is known of the peer and says whether it accepts it.
enum AwaitVerdict: ~Copyable {
    /// The certificates that have just come.
    case certificates(ExpectCertificateVerify)
    /// A session's peer, whose certificates were shown in the full handshake.
    case session(ExpectFinished)

    /// - Parameter alert: what the peer is told where it is refused.
    consuming func supply(accepted: Bool, _ alert: AlertDescription) throws(TLSError) -> HandshakeState {
        guard accepted else { throw .certificateRefused(alert) }
        switch consume self {
        case .certificates(let next): return .expectCertificateVerify(next)
        case .session(let next): return .expectFinished(next)
        }
    }
}
