// A signature of the peer's in a handshake: CertificateVerify (RFC 8446 §4.4.3; RFC 5246 §7.4.8) and ServerKeyExchange (RFC
// 8422 §5.4). It shows that the peer has the key of the leaf that was verified.
import Bytes
import TLSCrypto
import X509

/// What the peer signed with the key of its certificate, or with its raw public key.
struct PeerSignature: ~Escapable {
    let scheme: SignatureScheme
    let signature: Span<UInt8>
    let use: SignatureUse

    @_lifetime(copy signature)
    init(_ scheme: SignatureScheme, _ signature: Span<UInt8>, _ use: SignatureUse) {
        self.scheme = scheme
        self.signature = signature
        self.use = use
    }

    /// Checks the signature over the hash of what was signed, and remembers who signed.
    /// - Parameters:
    ///   - hashed: gives the hash, once the scheme has been checked.
    ///   - message: the peer's Certificate message.
    func check(
        _ message: Span<UInt8>, _ core: inout ConnectionCore, _ configuration: borrowing Configuration,
        hashed: (HashAlgorithm) throws(TLSError) -> Digest
    ) throws(TLSError) {
        // RFC 8446 §4.4.3, RFC 5246 §7.4.3, §7.4.8: one of the schemes that we offered …
        guard configuration.signatureSchemes.contains(scheme) else {
            throw .illegalParameter(.signatureSchemeNotOffered)
        }
        let negotiated = core.negotiated
        let shown = try CertificateMessage(
            HandshakeMessage(message), in: negotiated.version, negotiated.peerCertificateType
        ).first
        if negotiated.peerCertificateType == .RawPublicKey {
            try check(try configuration.trust.rawPublicKey(shown), hashed)
            try core.resumption.remember(rawPublicKey: shown)
        } else {
            let leaf = try Certificate.peerLeaf(shown)
            try check(try leaf.peerKey(for: .signing, configuration), hashed)
            try core.resumption.remember(leaf, until: configuration.trust.revocationKnownUntil)
        }
        core.negotiated.peerSignatureScheme = scheme
    }

    /// Checks the signature with a key.
    private func check(
        _ key: PublicKey, _ hashed: (HashAlgorithm) throws(TLSError) -> Digest
    ) throws(TLSError) {
        // … that fits the key (RFC 8446 §4.2.3).
        guard let algorithm = scheme.signatureAlgorithm, scheme.canSignHandshake(with: key.kind, as: use) else {
            throw .illegalParameter(.signatureSchemeNotAllowed)
        }
        let hash = try hashed(algorithm.hash)
        do throws(CryptoError) {
            try key.verify(algorithm, hash: hash, signature: signature)
        } catch {
            throw error == .badSignature ? .peerMisbehaved(.signatureInvalid) : .cryptoFailed(error)
        }
    }
}
