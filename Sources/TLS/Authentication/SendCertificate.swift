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
            try context.outgoing.composeCertificate(&context.transcript, identity: nil, in: .tls13, configuration)
            return .sendFinished(SendFinished(progress: progress))
        case .identity(let identity, let scheme):
            try context.outgoing.composeCertificate(
                &context.transcript, identity: identity, in: .tls13,
                isStapled: core.staplesOCSP(to: identity, configuration), configuration)
            let hash = try context.transcript.current()
            try core.prepareSignedContent(for: scheme, transcriptHash: hash.bytes)
            core.negotiated.identity = identity
            core.negotiated.signatureScheme = scheme
            return .awaitSignature(AwaitSignature(scheme: scheme, purpose: .certificateVerify(progress)))
        }
    }
}

/// The next message of ours needs a signature.
struct AwaitSignature: ~Copyable {
    private let scheme: SignatureScheme
    private let purpose: Purpose

    /// What the signature goes into.
    enum Purpose: ~Copyable {
        /// CertificateVerify, behind our Certificate.
        case certificateVerify(FlightProgress)
        /// ServerKeyExchange of TLS 1.2.
        case serverKeyExchange(NamedGroup)
        /// The client's CertificateVerify of TLS 1.2.
        case certificateVerify12(PeerVerified)
    }

    init(scheme: SignatureScheme, purpose: consuming Purpose) {
        self.scheme = scheme
        self.purpose = purpose
    }

    consuming func supply(
        _ signature: Span<UInt8>, _ context: inout HandshakeContext
    ) throws(TLSError) -> HandshakeState {
        let scheme = scheme
        let purpose = purpose
        switch consume purpose {
        case .certificateVerify(let progress):
            try Self.composeVerify(scheme, signature, &context)
            return .sendFinished(SendFinished(progress: progress))
        case .certificateVerify12(let peer):
            try Self.composeVerify(scheme, signature, &context)
            return .sendChangeCipherSpec(SendChangeCipherSpec(behind: .nothing(peer)))
        case .serverKeyExchange(let group):
            let publicValue = context.ephemeral.publicValue
            try context.outgoing.compose(&context.transcript) { (writer: inout ByteWriter) in
                ServerKeyExchange.append(group, publicValue.bytes, scheme, signature, to: &writer)
            }
            return .sendServerHelloDone(SendServerHelloDone())
        }
    }

    private static func composeVerify(
        _ scheme: SignatureScheme, _ signature: Span<UInt8>, _ context: inout HandshakeContext
    ) throws(TLSError) {
        try context.outgoing.compose(&context.transcript) { (writer: inout ByteWriter) in
            CertificateVerify.append(scheme, signature, to: &writer)
        }
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
