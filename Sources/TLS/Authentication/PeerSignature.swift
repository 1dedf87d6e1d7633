// A signature of the peer's in a handshake: CertificateVerify (RFC 8446 §4.4.3; RFC 5246 §7.4.8) and ServerKeyExchange (RFC
// 8422 §5.4). It shows that the peer has the key of the leaf that was verified.
import Bytes
import TLSCrypto
import X509

/// What the peer signed with its certificate's key.
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
        let leaf = try Self.leaf(message, core.negotiated.version)
        let key = try Self.key(of: leaf, configuration)
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
        try core.resumption.remember(leaf)
        core.negotiated.peerSignatureScheme = scheme
    }

    /// The leaf in the Certificate message that was kept. It parsed before, when it was verified.
    @_lifetime(copy message)
    private static func leaf(_ message: Span<UInt8>, _ version: ProtocolVersion) throws(TLSError) -> Certificate {
        let certificate = try CertificateMessage(HandshakeMessage(message), in: version)
        var entries = ByteReader(certificate.entries)
        guard let leaf = entries.readVector24() else { throw .malformed(.certificate) }
        do throws(X509Error) { return try Certificate(leaf) } catch { throw .badCertificate(error) }
    }

    @_lifetime(copy leaf)
    private static func key(
        of leaf: Certificate, _ configuration: borrowing Configuration
    ) throws(TLSError) -> PublicKey {
        do throws(X509Error) {
            // Also where the chain was accepted by a pin, or without looking.
            try leaf.requireDigitalSignature()
            guard configuration.replay != nil else { return try leaf.publicKey }
            // RFC 8448's certificates have RSA keys of 1024 bits.
            return try PublicKey(subjectPublicKeyInfo: leaf.subjectPublicKeyInfo, minimumRSABits: 1024)
        } catch {
            throw .badCertificate(error)
        }
    }
}
