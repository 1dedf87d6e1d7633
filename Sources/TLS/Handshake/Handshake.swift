// The driver of a handshake: sends what the state composes, collects the next message, hands it to the state. One call
// makes at most one step, so that a program with many connections can go round them between public-key operations.
import Bytes
import TLSCrypto

/// A handshake under way, with the memory that it has borrowed.
struct Handshake: ~Copyable {
    private(set) var state: HandshakeState
    /// Changed from outside by tests alone, which make a peer lie.
    var context: HandshakeContext
    private var hasBegun = false

    /// A handshake at its beginning.
    init(_ role: Role, _ limits: Limits, workspace: inout Arena) throws(TLSError) {
        context = try HandshakeContext(limits, &workspace)
        state =
            role == .client
            ? .sendClientHello(SendClientHello(retry: nil)) : .expectClientHello(ExpectClientHello(retry: nil))
    }

    /// Goes one step on.
    mutating func advance(
        _ core: inout ConnectionCore, _ reassembly: inout Reassembly, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Step {
        hasBegun = true
        guard try context.outgoing.flush(into: &core.writer, isWhole: core.is12, configuration) else {
            return .hasOutput
        }
        switch state.need {
        case .signature: return .wantsSignature
        case .verdict: return .wantsVerdict
        case .nothing:
            try core.writer.seal()
            // A server of TLS 1.3 has nothing left to send but tickets, which nobody waits for.
            guard core.role == .client || core.is12 else {
                core.writer.markExpendable()
                return .established
            }
            return core.writer.output.isEmpty ? .established : .hasOutput
        case .toSend:
            guard core.writer.hasRoomForSmallRecord else {
                try core.writer.seal()
                return .hasOutput
            }
            let current = exchange(&state, with: .failed)
            state = try current.send(&context, &core, configuration)
            return .progressed
        case .message, .changeCipherSpec:
            // The flight is complete: it leaves before anything is waited for.
            try core.writer.seal()
            guard core.writer.output.isEmpty else { return .hasOutput }
            if case .changeCipherSpec = state.need { return try receiveChangeCipherSpec(&core) }
            return try receive(&core, &reassembly, configuration)
        }
    }

    /// TLS 1.2: takes the change_cipher_spec that must come now (RFC 5246 §7.1). The message before it has been handled.
    private mutating func receiveChangeCipherSpec(_ core: inout ConnectionCore) throws(TLSError) -> Step {
        switch try core.nextFragment(isHandshake: true, isMessageUnderWay: false) {
        case .needsInput: return .needsInput
        case .handshake: throw .peerMisbehaved(.unexpectedMessage)
        case .applicationData: throw .peerMisbehaved(.unexpectedRecord)
        case .closeNotify: throw .alertReceived(.close_notify)
        case .changeCipherSpec:
            let current = exchange(&state, with: .failed)
            // It is a record of its own, and no message has begun.
            state = try current.receiveChangeCipherSpec(HandshakeAligned(checked: ()), &context, &core)
            return .progressed
        }
    }

    private mutating func receive(
        _ core: inout ConnectionCore, _ reassembly: inout Reassembly, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Step {
        while !reassembly.isComplete {
            switch try core.nextFragment(isHandshake: true, isMessageUnderWay: !reassembly.isEmpty) {
            case .needsInput: return .needsInput
            case .handshake: core.reader.consumeFragment(try reassembly.take(core.reader.fragment))
            case .changeCipherSpec: throw .peerMisbehaved(.unexpectedRecord)
            case .applicationData:
                guard core.readsEarlyData else { throw .peerMisbehaved(.unexpectedRecord) }
                try core.checkEarlyData()
                return .earlyData
            // §6.1: a peer that closes before the handshake is over has not agreed to anything.
            case .closeNotify: throw .alertReceived(.close_notify)
            }
        }
        // Kept also where it is refused: whoever configured the peer wants to see what it showed.
        let keepsMessage = reassembly.keeps(reassembly.message.type)
        do throws(TLSError) {
            try handle(reassembly, &core, configuration)
        } catch {
            if keepsMessage { reassembly.hold() }
            throw error
        }
        if keepsMessage { reassembly.hold() } else { reassembly.consume() }
        return .progressed
    }

    /// Hands the message that has been put together to the state.
    private mutating func handle(
        _ reassembly: borrowing Reassembly, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        let incoming = IncomingMessage(
            reassembly.message, peerCertificate: reassembly.heldMessage, endsRecord: core.reader.isAtRecordBoundary)
        let current = exchange(&state, with: .failed)
        state = try current.receive(incoming, &context, &core, configuration)
    }

    /// Client: takes a session to be offered in the ClientHello.
    /// - Returns: whether it is one.
    mutating func offer(_ session: Span<UInt8>) throws(TLSError) -> Bool {
        guard !hasBegun else { throw .misuse(.handshakeUnderWay) }
        return context.session.keep(session)
    }

    /// Client: has the ClientHello announce early data.
    /// - Returns: how many bytes the session allows; 0 for none.
    mutating func offerEarlyData(
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Int {
        guard !hasBegun else { throw .misuse(.handshakeUnderWay) }
        guard let session = context.session.session, session.maximumEarlyData > 0,
            configuration.cipherSuites.contains(session.cipherSuite)
        else { return 0 }
        core.earlyData.phase = .wanted
        core.earlyData.left = session.maximumEarlyData
        core.earlyData.suite = session.cipherSuite
        core.earlyData.applicationProtocol = Int16(clamping: session.applicationProtocol ?? -1)
        return Int(clamping: session.maximumEarlyData)
    }

    /// Takes the signature that the connection waits for, or the block that was decrypted.
    mutating func supplySignature(_ signature: Span<UInt8>) throws(TLSError) {
        guard case .signature = state.need else { throw .misuse(.noSignatureWanted) }
        let current = exchange(&state, with: .failed)
        state = try current.supplySignature(signature, &context)
    }

    /// Takes the application's verdict on the peer's certificate.
    mutating func supplyVerdict(accepted: Bool, _ alert: AlertDescription) throws(TLSError) {
        guard case .verdict = state.need else { throw .misuse(.noVerdictWanted) }
        let current = exchange(&state, with: .failed)
        state = try current.supplyVerdict(accepted: accepted, alert)
    }
}

extension HandshakeState {
    fileprivate consuming func supplySignature(
        _ signature: Span<UInt8>, _ context: inout HandshakeContext
    ) throws(TLSError) -> HandshakeState {
        switch consume self {
        case .awaitSignature(let state): try state.supply(signature, &context)
        case .awaitPremasterSecret(let state): state.supply(signature, &context)
        default: throw .misuse(.noSignatureWanted)
        }
    }

    fileprivate consuming func receiveChangeCipherSpec(
        _ aligned: consuming HandshakeAligned, _ context: inout HandshakeContext, _ core: inout ConnectionCore
    ) throws(TLSError) -> HandshakeState {
        switch consume self {
        case .expectChangeCipherSpec(let state): try state.receive(aligned, &context, &core)
        default: throw .peerMisbehaved(.unexpectedRecord)
        }
    }

    fileprivate consuming func supplyVerdict(
        accepted: Bool, _ alert: AlertDescription
    ) throws(TLSError) -> HandshakeState {
        switch consume self {
        case .awaitVerdict(let state): try state.supply(accepted: accepted, alert)
        default: throw .misuse(.noVerdictWanted)
        }
    }
}
