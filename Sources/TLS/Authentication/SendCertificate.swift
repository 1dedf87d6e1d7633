// Our Certificate and CertificateVerify (RFC 8446 §4.4.2, §4.4.3). The signature is asked of whoever holds the key; until
// it comes, the connection waits.
import Bytes
import TLSCrypto

/// About to send a Certificate.
struct SendCertificate: ~Copyable {
    let ownCertificate: OwnCertificate
    let progress: FlightProgress

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try context.composeCertificate(ownCertificate, core, configuration)
        guard case .identity(let identity, let scheme) = ownCertificate else {
            return .sendFinished(SendFinished(progress: progress))
        }
        let hash = try context.transcript.current()
        let sender = core.role
        try core.askForSignature(.sign(scheme), by: identity, scheme) { (writer: inout ByteWriter) in
            CertificateVerify.appendSignedContent(sender, transcriptHash: hash.bytes, to: &writer)
        }
        return .awaitSignature(AwaitSignature(scheme: scheme, purpose: .certificateVerify(progress)))
    }
}

extension HandshakeContext {
    /// Composes our Certificate (RFC 8446 §4.4.2; RFC 5246 §7.4.2, §7.4.6), unless none was asked for.
    mutating func composeCertificate(
        _ own: OwnCertificate, _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        if case .notRequested = own { return }
        try composeCertificate(identity: own.identity, core, configuration)
    }

    /// Composes our Certificate with an identity, or with nothing.
    mutating func composeCertificate(
        identity: Int?, _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try outgoing.composeCertificate(
            &transcript, identity: identity, in: core.negotiated.version,
            isStapled: core.staplesOCSP(to: identity, configuration), configuration)
    }
}

extension ConnectionCore {
    /// Has the key of an identity asked for the signature of a handshake message: CertificateVerify or ServerKeyExchange.
    /// - Parameter write: writes what is to be signed, or its hash.
    mutating func askForSignature(
        _ operation: PrivateKeyOperation, by identity: Int, _ scheme: SignatureScheme,
        _ write: (inout ByteWriter) -> Void
    ) throws(TLSError) {
        try prepareSignedContent(for: operation, write)
        negotiated.identity = identity
        negotiated.signatureScheme = scheme
    }
}

/// The next message of ours needs a signature.
struct AwaitSignature: ~Copyable {
    let scheme: SignatureScheme
    let purpose: Purpose

    /// What the signature goes into.
    enum Purpose: ~Copyable {
        /// CertificateVerify, behind our Certificate.
        case certificateVerify(FlightProgress)
        /// ServerKeyExchange of TLS 1.2.
        case serverKeyExchange(NamedGroup)
        /// The client's CertificateVerify of TLS 1.2.
        case certificateVerify12(PeerVerified)
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
