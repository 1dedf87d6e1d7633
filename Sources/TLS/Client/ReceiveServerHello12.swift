// ServerHello of TLS 1.2 as the client takes it (RFC 5246 §7.4.1.3, RFC 7627 §5.3, RFC 5746 §3.4, RFC 5077 §3.4): here a
// client that offered both versions leaves TLS 1.3.
import Bytes
import TLSCrypto

enum ReceiveServerHello12 {
    static func receive(
        _ hello: ServerHello, _ incoming: IncomingMessage, _ context: inout HandshakeContext,
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard hello.legacyCompressionMethod == .null else { throw .illegalParameter(.compressionMethod) }
        let suite = hello.cipherSuite
        guard configuration.allows(suite, in: .tls12), let parameters = suite.parameters else {
            throw .illegalParameter(.cipherSuiteNotOffered)
        }
        try core.settleOn12()
        try hello.extensions.validate(in: .serverHello12, offered: .clientHello(configuration))
        try settle(hello, &context, &core, configuration)
        core.negotiated.cipherSuite = suite
        core.negotiated.group = nil
        context.master.keepRandom(of: .server, hello.random)
        context.transcript.select(parameters.hash)
        try context.transcript.update(incoming.message.encoded)
        // §7.4.1.3: our identifier comes back where the session is resumed. It may be one that only imitated TLS 1.2
        // (RFC 8446 Appendix D.4), which no server can know.
        let echo = hello.legacySessionIDEcho
        let isEchoed = !echo.isEmpty && echo.hasSameBytes(as: context.sessionID.bytes)
        context.sessionID = BoundedBytes(echo) ?? BoundedBytes()
        guard isEchoed else {
            context.session.drop()
            return .expectCertificate(ExpectCertificate(ownCertificate: .notRequested))
        }
        return try resume(suite, parameters.hash, &context, &core, configuration)
    }

    /// What the extensions say.
    private static func settle(
        _ hello: ServerHello, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) {
        let isSecure = try RenegotiationInfo.isIndicated(in: hello.extensions)
        guard isSecure || configuration.unsafeAllowsMissingRenegotiationInfo else {
            throw .peerIncompatible(.noSecureRenegotiation)
        }
        try core.settleMasterSecret(in: hello.extensions, configuration)
        core.expectsOCSPStaple = try StatusRequest.isAcknowledged(in: hello.extensions)
        context.takesTickets = try SessionTicket.isAnnounced(in: hello.extensions)
        try core.settleAnswers(in: hello.extensions, configuration)
    }

    /// RFC 5246 §7.3: the abbreviated handshake.
    private static func resume(
        _ suite: CipherSuite, _ hash: HashAlgorithm, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let peer: PeerRecord
        do {
            guard let session = context.session.session12 else { throw .illegalParameter(.sessionIDNotOffered) }
            // §7.4.1.3: the session's own suite.
            guard session.cipherSuite == suite else { throw .illegalParameter(.cipherSuiteChanged) }
            // RFC 7627 §5.3: both or neither.
            guard session.hasExtendedMasterSecret == core.negotiated.extendedMasterSecret else {
                throw .peerMisbehaved(.extendedMasterSecretChanged)
            }
            peer = session.peer
            // RFC 5077 §3.3: where no other ticket comes, this one stays good, for no longer than it was.
            if case .known(let now) = core.time {
                core.keepTicket(
                    lifetime: UInt32(clamping: session.end.plus(-now)), session.ticket,
                    isSessionID: session.isIdentifier)
            }
        }
        try context.resumeMasterSecret(hash, configuration)
        let verified = core.adopt(SessionAccepted(checked: peer), configuration)
        return ExpectChangeCipherSpec.begin(peer: verified, isLast: false, core.role, context)
            .behindVerdict(core.asksAboutSession(configuration))
    }
}
