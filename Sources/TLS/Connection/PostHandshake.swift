// Handshake messages after the handshake (RFC 8446 §4.6): NewSessionTicket, KeyUpdate. A CertificateRequest is
// unexpected: we never offer post_handshake_auth. In TLS 1.2 there is none that we take: HelloRequest and ClientHello would
// begin a renegotiation (RFC 5246 §7.4.1.1), which we refuse; the ticket has come within the handshake.
import Bytes
import TLSCrypto

/// Takes the messages that may come at any time once a connection is established.
struct PostHandshake: ~Copyable {
    private var reassembly: Reassembly
    /// Whether the message there is a ticket from which a session can be made.
    private(set) var holdsTicket = false
    /// Whether that ticket has yet to be told of.
    private var announcesTicket = false
    private var tickets = 0
    private var keyUpdates = 0
    /// Whether the peer asked for our KeyUpdate and it has not been sent: one answers all requests before it (§4.6.3).
    private var owesKeyUpdate = false
    /// Whether the peer's answer to a KeyUpdate of ours has yet to come.
    private var awaitsKeyUpdate = false

    /// Tickets that are taken from a server; what is more, nobody needs.
    static let ticketBudget = 32
    /// KeyUpdates in a row without application data between them.
    static let keyUpdateBudget = 32

    init(memory: consuming Region) {
        // A ticket that does not fit is passed over: a resumption less, not a failure.
        reassembly = Reassembly(memory: memory, reserve: 0, skippable: .new_session_ticket)
    }

    /// After a handshake of TLS 1.2, in which a client may have been given a ticket.
    /// - Parameter memory: with the ticket at its front: see `ConnectionCore.keepTicket`.
    init(
        of12 memory: consuming Region, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        reassembly = Reassembly(memory: memory, complete: core.ticketCount)
        if reassembly.isComplete { announcesTicket = try holdTicket(&core, configuration) }
    }

    /// Whether there is a ticket that has not been told of; from now on it has.
    mutating func takeAnnouncement() -> Bool { exchange(&announcesTicket, with: false) }

    /// Whether no message has begun.
    var isBetweenMessages: Bool { reassembly.isEmpty || holdsTicket }

    /// Takes the handshake fragment that is next in `core`.
    /// - Returns: whether a ticket has come from which a session can be made.
    mutating func receive(
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Bool {
        if core.is12 { throw Self.refusal(core.reader.fragment, core.role) }
        if holdsTicket { dropTicket() }
        core.reader.consumeFragment(try reassembly.take(core.reader.fragment))
        guard reassembly.isComplete else { return false }
        let arrival = try Self.parse(
            IncomingMessage(
                reassembly.message, peerCertificate: Span(), endsRecord: core.reader.isAtRecordBoundary), core.role)
        switch consume arrival {
        case .ticket: return try receiveTicket(&core, configuration)
        case .keyUpdate(let update):
            reassembly.consume()
            try receiveKeyUpdate(update, &core)
            return false
        }
    }

    /// Why a handshake message of TLS 1.2 is not taken. Its type, the first byte, is enough to tell.
    private static func refusal(_ fragment: Span<UInt8>, _ role: Role) -> TLSError {
        let beginning: HandshakeType = role == .client ? .hello_request_RESERVED : .client_hello
        guard let type = fragment.isEmpty ? nil : fragment[0], type == beginning.rawValue else {
            return .peerMisbehaved(.unexpectedMessage)
        }
        return .peerMisbehaved(.renegotiation)
    }

    /// Keeps a ticket until the next message, if a session can be made of it.
    private mutating func receiveTicket(
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Bool {
        tickets += 1
        guard tickets <= Self.ticketBudget else { throw .peerMisbehaved(.tooManyTickets) }
        return try holdTicket(&core, configuration)
    }

    /// Keeps the ticket that has come, in the handshake of TLS 1.2 or behind that of TLS 1.3, if a session can be made of it.
    /// - Returns: whether it can.
    private mutating func holdTicket(
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Bool {
        guard core.resumption.hash != nil, let now = core.timeOfTickets(configuration),
            try Self.ticket(reassembly.message, core).isUseful(at: now, core.resumption.peer)
        else {
            reassembly.consume()
            return false
        }
        core.resumption.keepBinding(try SessionBinding.client(configuration))
        holdsTicket = true
        return true
    }

    /// The ticket in a message that was parsed before.
    @_lifetime(copy message)
    private static func ticket(
        _ message: HandshakeMessage, _ core: borrowing ConnectionCore
    ) throws(TLSError) -> NewSessionTicket {
        guard core.is12 else { return try NewSessionTicket(message) }
        let flags = Session.flags12(
            extendedMasterSecret: core.negotiated.extendedMasterSecret, isIdentifier: core.ticketIsSessionID)
        return try NewSessionTicket(of12: message, flags: flags)
    }

    private mutating func dropTicket() {
        holdsTicket = false
        reassembly.consume()
    }

    /// Writes the session of the ticket that is held.
    func writeSession(
        _ core: borrowing ConnectionCore, into target: inout MutableSpan<UInt8>
    ) throws(TLSError) -> Int {
        guard holdsTicket, case .known(let now) = core.time else {
            throw .misuse(.noTicket)
        }
        return try Self.ticket(reassembly.message, core)
            .writeSession(core.negotiated, receivedAt: now, core.resumption, into: &target)
    }

    /// What has arrived.
    private enum Arrival: ~Copyable {
        case ticket
        case keyUpdate(AlignedKeyUpdate)
    }

    /// A KeyUpdate, and the proof that the key may change behind it.
    private struct AlignedKeyUpdate: ~Copyable {
        let request: KeyUpdateRequest
        let aligned: HandshakeAligned
    }

    private static func parse(_ incoming: IncomingMessage, _ role: Role) throws(TLSError) -> Arrival {
        switch incoming.message.type {
        case .new_session_ticket where role == .client:
            _ = try NewSessionTicket(incoming.message)
            return .ticket
        case .key_update:
            let request = try KeyUpdate(incoming.message).requestUpdate
            return .keyUpdate(AlignedKeyUpdate(request: request, aligned: try incoming.aligned()))
        default: throw .peerMisbehaved(.unexpectedMessage)
        }
    }

    private mutating func receiveKeyUpdate(
        _ update: consuming AlignedKeyUpdate, _ core: inout ConnectionCore
    ) throws(TLSError) {
        // A peer that spends our time on keys and sends no data under them.
        keyUpdates = core.reader.protection.sequenceNumber > 1 ? 1 : keyUpdates + 1
        guard keyUpdates <= Self.keyUpdateBudget else { throw .peerMisbehaved(.tooManyKeyUpdates) }
        try core.reader.changeKeys(update.aligned) { (protection: inout RecordProtection) throws(TLSError) in
            try protection.update()
        }
        awaitsKeyUpdate = false
        if update.request == .update_requested { owesKeyUpdate = true }
    }

    /// Changes our key because the application wants it. While an update that we asked for has not come, no other is asked
    /// for (RFC 9846 §4.7.3).
    mutating func update(requestingPeer: Bool, _ core: inout ConnectionCore) throws(TLSError) {
        guard core.writer.mayChangeKey else {
            throw .limitExceeded(.keyUpdates, capacity: .max, needed: .max)
        }
        let asks = requestingPeer && !awaitsKeyUpdate
        if asks { awaitsKeyUpdate = true }
        // Our KeyUpdate is the answer as well, if one is owed.
        owesKeyUpdate = false
        try Self.send(asks ? .update_requested : .update_not_requested, &core)
    }

    /// Whether our key changes before the next data: it has protected all that it should (§5.5), or the peer asked for it
    /// (§4.6.3). The answer waits for data of ours, so that a peer which asks and asks makes us send nothing.
    func wantsNewKey(_ core: borrowing ConnectionCore) -> Bool {
        // RFC 9846 §4.7.3: a request that would lead past the bound is ignored.
        core.writer.isKeyUsedUp || (owesKeyUpdate && core.writer.mayChangeKey)
    }

    /// Changes our key where that is due. A key that may not be changed any more is used until it has protected all that it
    /// should, and then nothing is written.
    /// - Returns: whether data may be written now; if not, send the output first.
    mutating func renewKey(_ core: inout ConnectionCore) throws(TLSError) -> Bool {
        guard wantsNewKey(core) else { return true }
        // TLS 1.2 has no other key, and we do not renegotiate: the connection is over before the AEAD's limit.
        guard !core.is12 else { throw .limitExceeded(.recordsUnderOneKey, capacity: .max, needed: .max) }
        guard core.writer.output.isEmpty else { return false }
        try update(requestingPeer: false, &core)
        return true
    }

    /// Sends a KeyUpdate and changes the key behind it.
    static func send(_ request: KeyUpdateRequest, _ core: inout ConnectionCore) throws(TLSError) {
        var memory = InlineArray<8, UInt8>(repeating: 0)
        var message = ByteWriter(memory.mutableSpan)
        KeyUpdate.append(request, to: &message)
        let count = message.count
        _ = try core.writer.append(.handshake, memory.span.extracting(0..<count))
        try core.writer.changeKeys { (protection: inout RecordProtection) throws(TLSError) in
            try protection.update()
        }
    }
}
