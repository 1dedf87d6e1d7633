// The states of a TLS 1.3 handshake (RFC 8446 Appendix A): what a connection waits for, or is about to send. A state
// exists only for a message that may come now; handling the message consumes the state and gives the next. Each case
// carries one struct, which holds what is known and proved so far and has the one method that the state allows.
//
// The messages of §4.4 (Certificate, CertificateVerify, Finished) are the same for both roles and so are their states.

/// Where a handshake stands.
enum HandshakeState: ~Copyable {
    // Client: Client/
    case sendClientHello(SendClientHello)
    case expectServerHello(ExpectServerHello)
    case expectEncryptedExtensions(ExpectEncryptedExtensions)
    case expectCertificateRequest(ExpectCertificateRequest)
    // Server: Server/
    case expectClientHello(ExpectClientHello)
    case afterHelloRetryRequest(AfterHelloRetryRequest)
    case sendEncryptedExtensions(SendEncryptedExtensions)
    case sendCertificateRequest(SendCertificateRequest)
    case sendTickets(SendTickets)
    // Both: Authentication/
    case sendCertificate(SendCertificate)
    case awaitSignature(AwaitSignature)
    case sendFinished(SendFinished)
    case afterFinished(AfterFinished)
    case expectCertificate(ExpectCertificate)
    case awaitVerdict(AwaitVerdict)
    case expectCertificateVerify(ExpectCertificateVerify)
    case expectFinished(ExpectFinished)
    // The end
    case connected
    case failed

    /// What has to happen for the handshake to go on.
    enum Need {
        case message, toSend, signature, verdict, nothing
    }

    /// What this state waits for.
    var need: Need {
        // One pattern a case: the compiler takes no more for noncopyable values.
        switch self {
        case .expectServerHello: .message
        case .expectEncryptedExtensions: .message
        case .expectCertificateRequest: .message
        case .expectClientHello: .message
        case .expectCertificate: .message
        case .expectCertificateVerify: .message
        case .expectFinished: .message
        case .sendClientHello: .toSend
        case .afterHelloRetryRequest: .toSend
        case .sendEncryptedExtensions: .toSend
        case .sendCertificateRequest: .toSend
        case .sendTickets: .toSend
        case .sendCertificate: .toSend
        case .sendFinished: .toSend
        case .afterFinished: .toSend
        case .awaitSignature: .signature
        case .awaitVerdict: .verdict
        case .connected: .nothing
        case .failed: .nothing
        }
    }

    /// The state after a message has been handled.
    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        switch consume self {
        case .expectServerHello(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectEncryptedExtensions(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectCertificateRequest(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectClientHello(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectCertificate(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectCertificateVerify(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectFinished(let state): try state.receive(incoming, &context, &core, configuration)
        default: throw .peerMisbehaved(.unexpectedMessage)
        }
    }

    /// The state after what this state sends has been composed.
    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        switch consume self {
        case .sendClientHello(let state): try state.send(&context, &core, configuration)
        case .afterHelloRetryRequest(let state): try state.send(&context, &core, configuration)
        case .sendEncryptedExtensions(let state): try state.send(&context, &core, configuration)
        case .sendCertificateRequest(let state): try state.send(&context, &core, configuration)
        case .sendTickets(let state): try state.send(&context, &core, configuration)
        case .sendCertificate(let state): try state.send(&context, &core, configuration)
        case .sendFinished(let state): try state.send(&context, &core, configuration)
        case .afterFinished(let state): try state.send(&context, &core, configuration)
        default: throw .misuse(.handshakeUnderWay)
        }
    }
}
