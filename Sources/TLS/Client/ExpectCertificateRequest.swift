// CertificateRequest as the client takes it (RFC 8446 §4.3.2), or the Certificate that comes where the server asks for
// none.
import Bytes
import TLSCrypto

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
        let own = core.answer(to: schemes, authorities, as: .certificateVerify, configuration) { _ in true }
        return .expectCertificate(ExpectCertificate(ownCertificate: own))
    }
}

extension ConnectionCore {
    /// Client: what it shows to a server that asks for a certificate. None that fits is an answer, too (RFC 8446 §4.4.2.3; RFC
    /// 5246 §7.4.6).
    func answer(
        to schemes: borrowing SignatureSchemeList, _ authorities: Span<UInt8>, as use: SignatureUse,
        _ configuration: borrowing Configuration, accepts: (PublicKeyKind?) -> Bool
    ) -> OwnCertificate {
        let type = negotiated.certificateType
        let own = configuration.identities.choose(schemes, authorities, as: use) { identity in
            configuration.identities.type(identity) == type && accepts(configuration.identities.keyKind(identity))
        }
        return own ?? .empty
    }
}
