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
        try core.settleAnswers(in: extensions, configuration)
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
