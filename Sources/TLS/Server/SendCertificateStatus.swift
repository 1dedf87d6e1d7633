// The server's CertificateStatus in TLS 1.2 (RFC 6066 §8), right behind its Certificate.
import Bytes

/// The Certificate is in the records; about to send the OCSP response for it.
struct SendCertificateStatus: ~Copyable {
    let certificate: SendServerCertificate

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try context.outgoing.composeCertificateStatus(
            &context.transcript, identity: certificate.identity, configuration)
        return try certificate.prepareKeyExchange(&context, &core)
    }
}

extension ConnectionCore {
    /// Server: whether the client gets an OCSP response beside an identity.
    /// - Parameter identity: what is shown; nil for nothing.
    func staplesOCSP(to identity: Int?, _ configuration: borrowing Configuration) -> Bool {
        guard role == .server, expectsOCSPStaple, let identity else { return false }
        return !configuration.identities.staplePlace(identity).isEmpty
    }
}
