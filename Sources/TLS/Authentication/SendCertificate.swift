// Our Certificate and CertificateVerify (RFC 8446 §4.4.2, §4.4.3). The signature is asked of whoever holds the key; until
// it comes, the connection waits.
import Bytes
import TLSCrypto

/// About to send a Certificate.
struct SendCertificate: ~Copyable {
    private let ownCertificate: OwnCertificate
    private let progress: FlightProgress

    init(ownCertificate: OwnCertificate, progress: consuming FlightProgress) {
        self.ownCertificate = ownCertificate
        self.progress = progress
    }

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        switch ownCertificate {
        case .notRequested:
            return .sendFinished(SendFinished(progress: progress))
        case .empty:
            try context.outgoing.composeCertificate(&context.transcript, identity: nil, configuration)
            return .sendFinished(SendFinished(progress: progress))
        case .identity(let identity, let scheme):
            try context.outgoing.composeCertificate(&context.transcript, identity: identity, configuration)
            let hash = try context.transcript.current()
            try core.prepareSignedContent(transcriptHash: hash.bytes)
            core.negotiated.identity = identity
            core.negotiated.signatureScheme = scheme
            return .awaitSignature(AwaitSignature(scheme: scheme, progress: progress))
        }
    }
}

/// The Certificate has been composed; its CertificateVerify needs a signature.
struct AwaitSignature: ~Copyable {
    private let scheme: SignatureScheme
    private let progress: FlightProgress

    init(scheme: SignatureScheme, progress: consuming FlightProgress) {
        self.scheme = scheme
        self.progress = progress
    }

    consuming func supply(
        _ signature: Span<UInt8>, _ context: inout HandshakeContext
    ) throws(TLSError) -> HandshakeState {
        let scheme = scheme
        try context.outgoing.compose(&context.transcript) { (writer: inout ByteWriter) in
            CertificateVerify.append(scheme, signature, to: &writer)
        }
        return .sendFinished(SendFinished(progress: progress))
    }
}

/// What a flight of ours comes after, and so what follows it.
enum FlightProgress: ~Copyable {
    /// The client's flight: the server is verified and has finished.
    case client
    /// The server's flight: the client's comes next; whether with a certificate was settled by our CertificateRequest.
    case server(requestsCertificate: Bool)
    /// The server's flight in a handshake that resumes: the client is who the session says.
    case resumingServer(SessionAccepted)
    /// The server's flight in a handshake with an external key: the client has it.
    case keyedServer(ExternalKeyAccepted)
}
