// EncryptedExtensions as the client takes them (RFC 8446 §4.3.1): the answers to what it offered.
import Bytes

/// The server's first protected message.
struct ExpectEncryptedExtensions: ~Copyable {
    let authentication: Authentication

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.encrypted_extensions)
        let extensions = try EncryptedExtensions(incoming.message).extensions
        let offersEarlyData = core.earlyData.phase == .sending
        try extensions.validate(
            in: .encryptedExtensions, offered: .clientHello(configuration, offersEarlyData: offersEarlyData))
        try core.settleAnswers(in: extensions, configuration)
        if offersEarlyData { try settleEarlyData(extensions, &context, &core) }
        try context.transcript.update(incoming.message.encoded)
        let authentication = authentication
        switch consume authentication {
        case .certificates: return .expectCertificateRequest(ExpectCertificateRequest())
        case .session(let session):
            // §2.2: the server shows no certificate and asks for none.
            return core.resume(session, configuration)
        case .externalKey(let key):
            let peer = try core.accept(key, configuration)
            return .expectFinished(ExpectFinished(peer: peer, ownCertificate: .notRequested))
        }
    }

    /// §4.2.10: the server takes the early data, with the suite and the protocol of the session, or it does not.
    private func settleEarlyData(
        _ extensions: ExtensionBlock, _ context: inout HandshakeContext, _ core: inout ConnectionCore
    ) throws(TLSError) {
        let suite = try core.settledSuite()
        guard try EarlyData.isIndicated(in: extensions) else {
            core.rejectEarlyData()
            return try core.sealWithHandshakeKey(context.schedule, suite)
        }
        // §4.2.10: the session's own suite and protocol, under which it was sent.
        guard suite == core.earlyData.suite else { throw .illegalParameter(.earlyDataCipherSuite) }
        guard core.negotiated.applicationProtocol ?? -1 == Int(core.earlyData.applicationProtocol) else {
            throw .illegalParameter(.earlyDataProtocol)
        }
        core.earlyData.phase = .accepted
        core.negotiated.earlyData = .accepted
    }
}
