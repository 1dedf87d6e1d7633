// The server's first flight in TLS 1.2 (RFC 5246 §7.4.1.3, §7.4.2 to §7.4.5, RFC 8422 §5): ServerHello, Certificate,
// ServerKeyExchange, perhaps CertificateRequest, ServerHelloDone; or the ServerHello that resumes.
import Bytes
import TLSCrypto

enum SendServerHello12 {
    /// The ServerHello of a full handshake. It names no session: what can be resumed is in tickets.
    static func send(
        _ choice: ReceiveClientHello12.Choice, isSecure: Bool, _ context: inout HandshakeContext,
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        core.negotiated.cipherSuite = choice.suite
        if case .agreement(let group, _) = choice.exchange { core.negotiated.group = group }
        context.sessionID = BoundedBytes()
        try core.settleCertificateTypes(showing: choice.identity, configuration)
        let issues = SendNewSessionTicket12.isDue(context, core, configuration, isFull: true)
        context.takesTickets = issues
        let content = ServerHello12Content(
            suite: choice.suite, isSecure: isSecure, sendsPointFormats: !choice.suite.transportsKey,
            acknowledgesName: !core.serverName.isEmpty, announcesTicket: issues, identity: choice.identity)
        try content.compose(&context, core, configuration)
        return .sendServerCertificate(
            SendServerCertificate(identity: choice.identity, exchange: choice.exchange))
    }

    /// The ServerHello of an abbreviated handshake: the client's identifier comes back (RFC 5077 §3.4).
    static func sendResuming(
        _ session: consuming SessionAccepted, isSecure: Bool, _ context: inout HandshakeContext,
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard let suite = context.session.suite12, let parameters = suite.parameters else {
            throw .misuse(.badConfiguration)
        }
        core.negotiated.cipherSuite = suite
        context.transcript.select(parameters.hash)
        try context.resumeMasterSecret(parameters.hash, configuration)
        let peer = core.adopt(session, configuration)
        let asks = core.asksAboutSession(configuration)
        let issues = SendNewSessionTicket12.isDue(context, core, configuration, isFull: false)
        context.takesTickets = issues
        let content = ServerHello12Content(
            suite: suite, isSecure: isSecure, sendsPointFormats: false, acknowledgesName: false,
            announcesTicket: issues, identity: nil)
        try content.compose(&context, core, configuration)
        guard issues else {
            return HandshakeState.sendChangeCipherSpec(SendChangeCipherSpec(behind: .nothing(peer))).behindVerdict(asks)
        }
        return HandshakeState.sendNewSessionTicket12(SendNewSessionTicket12(behind: .nothing(peer)))
            .behindVerdict(asks)
    }
}

/// What makes a ServerHello of TLS 1.2.
struct ServerHello12Content {
    let suite: CipherSuite
    /// Whether the client knows RFC 5746.
    let isSecure: Bool
    let sendsPointFormats: Bool
    let acknowledgesName: Bool
    let announcesTicket: Bool
    /// What will be shown; nil in a resumption.
    let identity: Int?

    /// Composes the message with a random of our own.
    func compose(
        _ context: inout HandshakeContext, _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try context.master.drawRandom(of: .server, core.random)
        // RFC 8446 §4.1.3: a client that knows TLS 1.3 and sees it knows that its hello was changed.
        if configuration.supports(.tls13) { context.master.markDowngrade() }
        let random = context.master.serverRandom
        let sessionID = context.sessionID
        let staplesOCSP = core.staplesOCSP(to: identity, configuration)
        try context.outgoing.compose(&context.transcript, configuration, .server_hello) { (writer: inout ByteWriter) in
            ServerHello.append(random: random.bytes, sessionID: sessionID.bytes, cipherSuite: suite, to: &writer) {
                (writer: inout ByteWriter) in
                if isSecure { RenegotiationInfo.append(to: &writer) }
                if core.negotiated.extendedMasterSecret { ExtendedMasterSecret.append(to: &writer) }
                if sendsPointFormats { ECPointFormats.append(to: &writer) }
                if announcesTicket { SessionTicket.append(Span(), to: &writer) }
                if staplesOCSP { writer.appendEmptyExtension(.status_request) }
                core.appendAnswers(
                    acknowledgesName: acknowledgesName, showing: identity, configuration, to: &writer)
            }
        }
    }
}

/// About to send the Certificate, and behind it, unless a secret is encrypted to its key, our half of the key exchange.
struct SendServerCertificate: ~Copyable {
    let identity: Int
    let exchange: ReceiveClientHello12.Exchange

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try context.composeCertificate(identity: identity, core, configuration)
        guard core.staplesOCSP(to: identity, configuration) else { return try prepareKeyExchange(&context, &core) }
        return .sendCertificateStatus(SendCertificateStatus(certificate: self))
    }

    /// Makes our half of the key exchange, which wants a signature, unless a secret is encrypted to our key.
    consuming func prepareKeyExchange(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore
    ) throws(TLSError) -> HandshakeState {
        // RFC 5246 §7.4.3: with RSA key transport a ServerKeyExchange is "not legal".
        guard case .agreement(let group, let scheme) = exchange else {
            core.negotiated.identity = identity
            return .sendServerHelloDone(SendServerHelloDone())
        }
        try context.generateKey(in: group, core.random)
        let publicValue = context.ephemeral.publicValue
        try core.askForSignature(.sign(scheme), by: identity, scheme) { (writer: inout ByteWriter) in
            // RFC 8422 §5.4
            writer.append(context.master.bothRandoms)
            ServerKeyExchange.appendParameters(group, publicValue.bytes, to: &writer)
        }
        return .awaitSignature(AwaitSignature(scheme: scheme, purpose: .serverKeyExchange(group)))
    }
}

/// About to end the flight, and before to ask for a certificate where one is wanted.
struct SendServerHelloDone: ~Copyable {
    private var hasRequested = false

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let requests = core.requestsCertificate(configuration)
        if requests, !hasRequested {
            try composeRequest(&context, configuration)
            var next = SendServerHelloDone()
            next.hasRequested = true
            return .sendServerHelloDone(next)
        }
        try context.outgoing.compose(&context.transcript) { (writer: inout ByteWriter) in
            ServerHelloDone.append(to: &writer)
        }
        if requests { return .expectCertificate(ExpectCertificate(ownCertificate: .notRequested)) }
        return .expectClientKeyExchange(ExpectClientKeyExchange(client: .anonymous))
    }

    private func composeRequest(
        _ context: inout HandshakeContext, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try context.outgoing.compose(&context.transcript, configuration, .certificate_request) {
            (writer: inout ByteWriter) in
            let mark = writer.beginHandshakeMessage(.certificate_request)
            CertificateRequest12.appendBeforeAuthorities(configuration.signatureSchemes.elements, to: &writer)
            if configuration.namesAuthorities {
                CertificateAuthorities.appendNames(configuration.trust.anchors, to: &writer)
            } else {
                writer.append(0 as UInt16)
            }
            writer.endHandshakeMessage(mark)
        }
    }
}
