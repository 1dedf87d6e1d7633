// CertificateVerify (RFC 8446 §4.4.3): a signature over the transcript, with the key of the certificate just sent.
import Bytes
import TLSCrypto

/// Proof that a peer has the key of its certificate.
struct CertificateVerify: ~Escapable {
    /// How it was signed.
    let scheme: SignatureScheme
    /// The signature, in the encoding of the scheme.
    let signature: Span<UInt8>

    /// Parses a message.
    /// - Throws: `.malformed(.certificate_verify)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .certificate_verify)
        scheme = SignatureScheme(rawValue: try reader.readUInt16())
        signature = try reader.readVector16()
        try reader.finish()
    }

    /// Appends a message, header included.
    static func append(_ scheme: SignatureScheme, _ signature: Span<UInt8>, to writer: inout ByteWriter) {
        let message = writer.beginHandshakeMessage(.certificate_verify)
        writer.append(scheme.rawValue)
        writer.appendVector(signature, lengthBytes: 2)
        writer.endHandshakeMessage(message)
    }

    /// Appends what is signed: 64 spaces, a text that says who signs, a zero, and the hash of the transcript up to and
    /// with the Certificate.
    static func appendSignedContent(_ sender: Role, transcriptHash: Span<UInt8>, to writer: inout ByteWriter) {
        for _ in 0..<64 { writer.append(0x20 as UInt8) }
        switch sender {
        case .client: writer.append("TLS 1.3, client CertificateVerify")
        case .server: writer.append("TLS 1.3, server CertificateVerify")
        }
        writer.append(0 as UInt8)
        writer.append(transcriptHash)
    }

    /// The hash of what is signed.
    static func signedHash(
        _ hash: HashAlgorithm, _ sender: Role, transcriptHash: Digest
    ) throws(TLSError) -> Digest {
        try hashed(hash) { (writer: inout ByteWriter) in
            appendSignedContent(sender, transcriptHash: transcriptHash.bytes, to: &writer)
        }
    }
}
