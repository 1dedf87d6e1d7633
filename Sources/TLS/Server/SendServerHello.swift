// ServerHello and HelloRetryRequest as the server sends them (RFC 8446 §4.1.3, §4.1.4), and the keys that follow.
import Bytes
import TLSCrypto

/// How a ClientHello is answered.
struct ServerAnswer: ~Copyable {
    let authentication: Authentication
    /// The place of the session or external key in the client's offer (§4.2.11), where there is one.
    let selectedIdentity: Int?
}

/// Composes the server's answer to a ClientHello.
enum SendServerHello {
    /// Chooses, agrees on a secret, and takes the handshake keys into use.
    /// - Parameters:
    ///   - group: nil for no key exchange (psk_ke, §4.2.9).
    ///   - share: the client's public value; empty where there is no group.
    static func send(
        _ suite: CipherSuite, _ group: NamedGroup?, _ share: Span<UInt8>, _ answer: consuming ServerAnswer,
        _ aligned: borrowing HandshakeAligned, isAfterRetry: Bool, _ context: inout HandshakeContext,
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard let parameters = suite.parameters else { throw .misuse(.badConfiguration) }
        try context.master.drawRandom(of: .server, core.random)
        if let group { try context.generateKey(in: group, core.random) }
        let selected = answer.selectedIdentity
        let takesEarlyData = core.readsEarlyData
        if takesEarlyData {
            try context.deriveEarlySecret(parameters.hash, exporter: &core.exporter, configuration)
            try core.openWithHandshakeKey(aligned, context.schedule, suite)
        }
        let random = context.master.serverRandom
        let publicValue = context.ephemeral.publicValue
        let sessionID = context.sessionID
        try context.outgoing.compose(&context.transcript, configuration, .server_hello) { (writer: inout ByteWriter) in
            ServerHello.append(random: random.bytes, sessionID: sessionID.bytes, cipherSuite: suite, to: &writer) {
                (writer: inout ByteWriter) in
                if let group { KeyShare.appendServer(group, publicValue.bytes, to: &writer) }
                SupportedVersions.appendServer(to: &writer)
                if let selected { PreSharedKey.appendServer(selected: selected, to: &writer) }
            }
        }
        try context.agree(peer: share, parameters.hash, usesKey: selected != nil)
        context.logHandshakeSecrets(configuration)
        if !takesEarlyData { try core.openWithHandshakeKey(aligned, context.schedule, suite) }
        return .sendEncryptedExtensions(
            SendEncryptedExtensions(
                authentication: answer.authentication, sendsChangeCipherSpec: !isAfterRetry && !sessionID.isEmpty))
    }

    /// Asks for a share in another group.
    static func sendRetry(
        _ retry: ExpectClientHello.Retry, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try context.transcript.replaceByMessageHash()
        core.negotiated.helloRetryRequest = true
        let sessionID = context.sessionID
        try context.outgoing.compose(&context.transcript, configuration, .server_hello) { (writer: inout ByteWriter) in
            let random = ServerHello.helloRetryRequestRandom
            ServerHello.append(
                random: random.span, sessionID: sessionID.bytes, cipherSuite: retry.cipherSuite, to: &writer
            ) { (writer: inout ByteWriter) in
                KeyShare.appendHelloRetryRequest(retry.group, to: &writer)
                SupportedVersions.appendServer(to: &writer)
            }
        }
        return .afterHelloRetryRequest(AfterHelloRetryRequest(retry: retry))
    }
}

/// The HelloRetryRequest is in the records.
struct AfterHelloRetryRequest: ~Copyable {
    let retry: ExpectClientHello.Retry

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        // Appendix D.4: right after the first handshake message, for a client in compatibility mode.
        if !context.sessionID.isEmpty { try core.writer.appendChangeCipherSpec() }
        return .expectClientHello(ExpectClientHello(retry: retry))
    }
}
