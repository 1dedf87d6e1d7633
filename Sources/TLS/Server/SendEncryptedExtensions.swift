// EncryptedExtensions and CertificateRequest as the server sends them (RFC 8446 §4.3.1, §4.3.2).
import Bytes

/// The ServerHello is in the records; everything behind it is protected.
struct SendEncryptedExtensions: ~Copyable {
    let authentication: Authentication
    let sendsChangeCipherSpec: Bool

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        // Appendix D.4: right after the first handshake message, for a client in compatibility mode.
        if sendsChangeCipherSpec { try core.writer.appendChangeCipherSpec() }
        try core.sealWithHandshakeKey(context.schedule, try core.settledSuite())
        let identity = authentication.identity
        if let identity { try core.settleCertificateTypes(showing: identity, configuration) }
        // RFC 6066 §3: a server that made use of the name says so; it did not where there is no certificate to choose.
        let acknowledgesName = !core.serverName.isEmpty && authentication.showsCertificate
        try context.outgoing.compose(&context.transcript, configuration, .encrypted_extensions) {
            (writer: inout ByteWriter) in
            let mark = writer.beginHandshakeMessage(.encrypted_extensions)
            let extensions = writer.beginVector(lengthBytes: 2)
            core.appendAnswers(acknowledgesName: acknowledgesName, showing: identity, configuration, to: &writer)
            if core.readsEarlyData { EarlyData.append(to: &writer) }
            writer.endVector(extensions)
            writer.endHandshakeMessage(mark)
        }
        let authentication = authentication
        switch consume authentication {
        case .certificates(let own):
            guard core.requestsCertificate(configuration) else {
                return .sendCertificate(
                    SendCertificate(ownCertificate: own, progress: .server(requestsCertificate: false)))
            }
            return .sendCertificateRequest(SendCertificateRequest(ownCertificate: own))
        case .session(let session):
            // §2.2: a server that resumes neither shows a certificate nor asks for one.
            return .sendFinished(SendFinished(progress: .resumingServer(session)))
        case .externalKey(let key):
            // §4.3.2: nor does one that uses an external key.
            return .sendFinished(SendFinished(progress: .keyedServer(key)))
        }
    }
}

/// About to ask the client for a certificate.
struct SendCertificateRequest: ~Copyable {
    let ownCertificate: OwnCertificate

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try context.outgoing.compose(&context.transcript, configuration, .certificate_request) {
            (writer: inout ByteWriter) in
            let mark = writer.beginHandshakeMessage(.certificate_request)
            CertificateRequest.appendBeforeExtensions(to: &writer)
            let extensions = writer.beginVector(lengthBytes: 2)
            SignatureAlgorithms.append(configuration.signatureSchemes.elements, to: &writer)
            if configuration.namesAuthorities {
                CertificateAuthorities.append(configuration.trust.anchors, to: &writer)
            }
            writer.endVector(extensions)
            writer.endHandshakeMessage(mark)
        }
        return .sendCertificate(
            SendCertificate(ownCertificate: ownCertificate, progress: .server(requestsCertificate: true)))
    }
}
