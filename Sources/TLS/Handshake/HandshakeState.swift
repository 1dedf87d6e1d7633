// The states of a handshake (RFC 8446 Appendix A, RFC 5246 §7.3): what a connection waits for, or is about to send. A state
// exists only for a message that may come now; handling the message consumes the state and gives the next. Each case
// carries one struct, which holds what is known and proved so far and has the one method that the state allows.
//
// The messages of §4.4 (Certificate, CertificateVerify, Finished) are the same for both roles and so are their states. The
// versions share the hellos, Certificate and CertificateVerify as they are received, and the wait for a signature; the order
// of the rest parts where a ServerHello or ClientHello settles the version. What the states of two versions or roles do alike
// stands once, in extensions of `ConnectionCore` and `HandshakeContext`: checking a Finished, changing keys, choosing and showing
// an identity, answering offers, issuing and keeping tickets.

/// Where a handshake stands.
enum HandshakeState: ~Copyable {
    // Client: Client/
    case sendClientHello(SendClientHello)
    case beginEarlyData(BeginEarlyData)
    case expectServerHello(ExpectServerHello)
    // Client, TLS 1.2
    case expectCertificateStatus(ExpectCertificateStatus)
    case expectServerKeyExchange(ExpectServerKeyExchange)
    case expectServerHelloDone(ExpectServerHelloDone)
    case sendClientCertificate(SendClientCertificate)
    case sendClientKeyExchange(SendClientKeyExchange)
    case expectNewSessionTicket(ExpectNewSessionTicket)
    // Client, TLS 1.3
    case expectEncryptedExtensions(ExpectEncryptedExtensions)
    case expectCertificateRequest(ExpectCertificateRequest)
    case sendEndOfEarlyData(SendEndOfEarlyData)
    case afterEndOfEarlyData(AfterEndOfEarlyData)
    // Server: Server/
    case expectClientHello(ExpectClientHello)
    // Server, TLS 1.2
    case sendServerCertificate(SendServerCertificate)
    case sendCertificateStatus(SendCertificateStatus)
    case sendServerHelloDone(SendServerHelloDone)
    case expectClientKeyExchange(ExpectClientKeyExchange)
    case awaitPremasterSecret(AwaitPremasterSecret)
    case afterPremasterSecret(AfterPremasterSecret)
    case sendNewSessionTicket12(SendNewSessionTicket12)
    // Server, TLS 1.3
    case afterHelloRetryRequest(AfterHelloRetryRequest)
    case sendEncryptedExtensions(SendEncryptedExtensions)
    case sendCertificateRequest(SendCertificateRequest)
    case expectEndOfEarlyData(ExpectEndOfEarlyData)
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
    // Both, TLS 1.2
    case sendChangeCipherSpec(SendChangeCipherSpec)
    case expectChangeCipherSpec(ExpectChangeCipherSpec)
    case expectFinished12(ExpectFinished12)
    // The end
    case connected
    case failed

    /// What has to happen for the handshake to go on; `signature` is any operation of our private key.
    enum Need {
        case message, changeCipherSpec, toSend, signature, verdict, nothing
    }

    /// What this state waits for.
    var need: Need {
        // One pattern a case: the compiler takes no more for noncopyable values.
        switch self {
        case .expectServerHello: .message
        case .expectEncryptedExtensions: .message
        case .expectCertificateRequest: .message
        case .expectClientHello: .message
        case .expectEndOfEarlyData: .message
        case .expectCertificate: .message
        case .expectCertificateVerify: .message
        case .expectFinished: .message
        case .expectCertificateStatus: .message
        case .expectServerKeyExchange: .message
        case .expectServerHelloDone: .message
        case .expectNewSessionTicket: .message
        case .expectClientKeyExchange: .message
        case .expectFinished12: .message
        case .expectChangeCipherSpec: .changeCipherSpec
        case .sendClientHello: .toSend
        case .beginEarlyData: .toSend
        case .sendEndOfEarlyData: .toSend
        case .afterEndOfEarlyData: .toSend
        case .afterHelloRetryRequest: .toSend
        case .sendEncryptedExtensions: .toSend
        case .sendCertificateRequest: .toSend
        case .sendTickets: .toSend
        case .sendCertificate: .toSend
        case .sendFinished: .toSend
        case .afterFinished: .toSend
        case .sendClientCertificate: .toSend
        case .sendClientKeyExchange: .toSend
        case .sendServerCertificate: .toSend
        case .sendCertificateStatus: .toSend
        case .sendServerHelloDone: .toSend
        case .sendNewSessionTicket12: .toSend
        case .sendChangeCipherSpec: .toSend
        case .afterPremasterSecret: .toSend
        case .awaitSignature: .signature
        case .awaitPremasterSecret: .signature
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
        case .expectEndOfEarlyData(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectCertificate(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectCertificateVerify(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectFinished(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectCertificateStatus(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectServerKeyExchange(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectServerHelloDone(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectNewSessionTicket(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectClientKeyExchange(let state): try state.receive(incoming, &context, &core, configuration)
        case .expectFinished12(let state): try state.receive(incoming, &context, &core, configuration)
        default: throw .peerMisbehaved(.unexpectedMessage)
        }
    }

    /// The state after what this state sends has been composed.
    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        switch consume self {
        case .sendClientHello(let state): try state.send(&context, &core, configuration)
        case .beginEarlyData(let state): try state.send(&context, &core, configuration)
        case .sendEndOfEarlyData(let state): try state.send(&context, &core, configuration)
        case .afterEndOfEarlyData(let state): try state.send(&context, &core, configuration)
        case .afterHelloRetryRequest(let state): try state.send(&context, &core, configuration)
        case .sendEncryptedExtensions(let state): try state.send(&context, &core, configuration)
        case .sendCertificateRequest(let state): try state.send(&context, &core, configuration)
        case .sendTickets(let state): try state.send(&context, &core, configuration)
        case .sendCertificate(let state): try state.send(&context, &core, configuration)
        case .sendFinished(let state): try state.send(&context, &core, configuration)
        case .afterFinished(let state): try state.send(&context, &core, configuration)
        case .sendClientCertificate(let state): try state.send(&context, &core, configuration)
        case .sendClientKeyExchange(let state): try state.send(&context, &core, configuration)
        case .sendCertificateStatus(let state): try state.send(&context, &core, configuration)
        case .sendServerCertificate(let state): try state.send(&context, &core, configuration)
        case .sendServerHelloDone(let state): try state.send(&context, &core, configuration)
        case .sendNewSessionTicket12(let state): try state.send(&context, &core, configuration)
        case .sendChangeCipherSpec(let state): try state.send(&context, &core, configuration)
        case .afterPremasterSecret(let state): try state.send(&context, &core, configuration)
        default: throw .misuse(.handshakeUnderWay)
        }
    }
}
