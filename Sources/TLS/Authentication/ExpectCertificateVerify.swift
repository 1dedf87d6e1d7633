// The peer's CertificateVerify (RFC 8446 §4.4.3): proof that it has the key of the leaf that was verified.
import Bytes
import TLSCrypto
import X509

/// The peer's chain has been accepted; it must show that it has the key.
struct ExpectCertificateVerify: ~Copyable {
    private let chain: ChainAccepted
    private let ownCertificate: OwnCertificate

    init(chain: consuming ChainAccepted, ownCertificate: OwnCertificate) {
        self.chain = chain
        self.ownCertificate = ownCertificate
    }

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.certificate_verify)
        let verify = try CertificateVerify(incoming.message)
        // §4.4.3: one of the schemes that we offered …
        guard configuration.signatureSchemes.contains(verify.scheme) else {
            throw .illegalParameter(.signatureSchemeNotOffered)
        }
        let leaf = try Self.leaf(incoming.peerCertificate)
        let key = try Self.key(of: leaf, configuration)
        // … that fits the key, and never RSASSA-PKCS1-v1_5 or SHA-1 (§4.2.3).
        guard let algorithm = verify.scheme.signatureAlgorithm, verify.scheme.canSignHandshake(with: key.kind) else {
            throw .illegalParameter(.signatureSchemeNotAllowed)
        }
        let hash = try context.transcript.current()
        var content = InlineArray<146, UInt8>(repeating: 0)
        var writer = ByteWriter(content.mutableSpan)
        CertificateVerify.appendSignedContent(core.role.peer, transcriptHash: hash.bytes, to: &writer)
        let count = Swift.min(writer.count, Limits.signedContent)
        do throws(CryptoError) {
            try key.verify(algorithm, message: content.span.extracting(0..<count), signature: verify.signature)
        } catch {
            throw error == .badSignature ? .peerMisbehaved(.signatureInvalid) : .cryptoFailed(error)
        }
        try context.transcript.update(incoming.message.encoded)
        try core.resumption.remember(leaf)
        core.negotiated.peerSignatureScheme = verify.scheme
        let ownCertificate = ownCertificate
        let peer = PeerVerified(checkedSignature: chain)
        return .expectFinished(ExpectFinished(peer: peer, ownCertificate: ownCertificate))
    }

    /// The leaf in the Certificate message that was kept. It parsed before, when it was verified.
    @_lifetime(copy message)
    private static func leaf(_ message: Span<UInt8>) throws(TLSError) -> Certificate {
        let certificate = try CertificateMessage(HandshakeMessage(message))
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
