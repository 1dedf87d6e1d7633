// CertificateRequest as the client takes it (RFC 8446 §4.3.2), or the Certificate that comes where the server asks for
// none.
import Bytes

/// The server may ask for a certificate, or begin with its own.
struct ExpectCertificateRequest: ~Copyable {
    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard incoming.message.type == .certificate_request else {
            return try ExpectCertificate(ownCertificate: .notRequested)
                .receive(incoming, &context, &core, configuration)
        }
        let request = try CertificateRequest(incoming.message)
        // §4.3.2: empty, unless it comes after the handshake.
        guard request.context.isEmpty else { throw .illegalParameter(.certificateRequestContext) }
        try request.extensions.validate(in: .certificateRequest, offered: .anything)
        guard let schemes = try SignatureAlgorithms.read(in: request.extensions) else {
            throw .missingExtension(.signature_algorithms)
        }
        let authorities = try CertificateAuthorities.read(in: request.extensions)
        try context.transcript.update(incoming.message.encoded)
        // §4.4.2.3: none that fits is an answer, too.
        let type = core.negotiated.certificateType
        let own = configuration.identities.choose(schemes, authorities) { configuration.identities.type($0) == type }
        return .expectCertificate(ExpectCertificate(ownCertificate: own ?? .empty))
    }
}
