// EncryptedExtensions as the client takes them (RFC 8446 §4.3.1): the answers to what it offered.
import Bytes

/// The server's first protected message.
struct ExpectEncryptedExtensions: ~Copyable {
    private let authentication: Authentication

    init(authentication: consuming Authentication) { self.authentication = authentication }

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.encrypted_extensions)
        let extensions = try EncryptedExtensions(incoming.message).extensions
        try extensions.validate(in: .encryptedExtensions, offered: .clientHello(configuration))
        try ServerName.checkAcknowledgement(in: extensions)
        if let name = try ApplicationLayerProtocolNegotiation.server(in: extensions) {
            // RFC 7301 §3.2: one of those that we offered.
            guard let index = configuration.applicationProtocols.index(of: name) else {
                throw .illegalParameter(.alpnNotOffered)
            }
            core.negotiated.applicationProtocol = index
        } else if !configuration.applicationProtocols.isEmpty, configuration.requiresApplicationProtocol {
            // ALPACA (RFC 9325 §3.7): a server that ignores ALPN may be one of another protocol.
            throw .peerIncompatible(.noCommonApplicationProtocol)
        }
        if let limit = try RecordSizeLimit.read(in: extensions) { core.limitRecords(to: limit) }
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
}
