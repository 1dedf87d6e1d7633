// Whether the key in a server's certificate, or its raw public key, is one for the handshake of TLS 1.2 that the server itself has chosen (RFC 5246
// §7.4.2, RFC 8422 §5.1, §5.3). In TLS 1.3 the suite says nothing about keys, and the scheme of the signature says which.
import Bytes
import TLSCrypto
import X509

extension CertificateMessage {
    /// Checks the leaf's key, or the raw public key, against the suite and against the curves that our ClientHello named.
    /// - Parameter type: which of the two there is.
    /// - Throws: `.illegalParameter(.certificateKeyKind)` or `(.certificateCurve)`; `.badCertificate` for a leaf or a key that
    ///   is none.
    func requireServerKey(
        _ type: CertificateType, for suite: CipherSuite?, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard let exchange = suite?.keyExchange else { throw .misuse(.handshakeUnderWay) }
        guard let kind = try keyKind(type) else { return }
        // RFC 5246 §7.4.2: "The end entity certificate's public key … MUST be compatible with the selected key exchange
        // algorithm".
        guard exchange.fits(kind) else { throw .illegalParameter(.certificateKeyKind) }
        // RFC 8422 §5.3: a curve of the client's supported_groups.
        guard case .ec(let curve) = kind else { return }
        guard configuration.groups.contains(NamedGroup(curve)) else { throw .illegalParameter(.certificateCurve) }
    }

    /// - Returns: nil for a kind that we do not have: it is refused where it is to be used, with the reason for that.
    private func keyKind(_ type: CertificateType) throws(TLSError) -> PublicKeyKind? {
        do throws(X509Error) {
            if type == .RawPublicKey { return try PublicKey(subjectPublicKeyInfo: first).kind }
            return try Certificate(first).publicKey.kind
        } catch {
            if error.reason == .unsupportedPublicKey { return nil }
            throw .badCertificate(error)
        }
    }
}
