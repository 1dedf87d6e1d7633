// The server's tickets (RFC 8446 §4.6.1), right behind the client's Finished. They leave with whatever is sent next: a server
// does not wait for them, and a client that has closed already does not turn them into an error.
import Bytes
import TLSCrypto

/// About to send tickets.
struct SendTickets: ~Copyable {
    /// How many have gone: the nonce of the next (§4.6.1: unique among the tickets of a connection).
    private let sent: Int

    /// What follows the client's Finished: tickets, where they are enabled and the client can use them.
    static func begin(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard configuration.tickets.isEnabled, context.takesTickets, let now = core.timeOfTickets(configuration),
            core.resumption.peer.end(lifetime: configuration.tickets.lifetime) > now
        else { return .connected }
        let hash = try context.transcript.current()
        try core.resumption.takeSecret(from: context.schedule, transcript: hash)
        return .sendTickets(SendTickets(sent: 0))
    }

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard sent < configuration.tickets.count, let now = core.timeOfTickets(configuration) else {
            // A server's secret has no further use.
            core.resumption.wipe()
            return .connected
        }
        let nonce = UInt8(truncatingIfNeeded: sent)
        let early = try Self.early(core, at: now, configuration)
        let ticket = try Self.ticket(nonce, early, core, &context.ticketCipher, configuration)
        let end = core.resumption.peer.end(lifetime: configuration.tickets.lifetime)
        let lifetime = UInt32(clamping: end.plus(-now))
        let maximumEarlyData = configuration.unsafeEarlyData.maximumSize
        try context.outgoing.composeAside(configuration, .new_session_ticket) { (writer: inout ByteWriter) in
            NewSessionTicket.append(
                lifetime: lifetime, ageAdd: early.ageAdd, nonce: nonce, ticket: ticket.bytes,
                maximumEarlyData: maximumEarlyData, to: &writer)
        }
        return .sendTickets(SendTickets(sent: sent + 1))
    }

    /// What a ticket says for early data, ticket_age_add among it.
    private static func early(
        _ core: borrowing ConnectionCore, at now: Int64, _ configuration: borrowing Configuration
    ) throws(TLSError) -> EarlyTicket {
        guard let suite = core.negotiated.cipherSuite else { throw .misuse(.badConfiguration) }
        var ageAdd = InlineArray<4, UInt8>(repeating: 0)
        var memory = ageAdd.mutableSpan
        do throws(CryptoError) { try core.random.fill(&memory) } catch { throw .cryptoFailed(error) }
        var reader = ByteReader(ageAdd.span)
        return EarlyTicket(
            suite: suite, ageAdd: reader.readUInt32() ?? 0, issued: now,
            maximumSize: configuration.unsafeEarlyData.maximumSize)
    }

    /// Seals what a later ClientHello is to tell us.
    private static func ticket(
        _ nonce: UInt8, _ early: EarlyTicket, _ core: borrowing ConnectionCore, _ cipher: inout AEADKey,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> BoundedBytes<160> {
        guard let hash = core.resumption.hash else { throw .misuse(.badConfiguration) }
        var key = InlineArray<48, UInt8>(repeating: 0)
        var keyMemory = key.mutableSpan
        defer { keyMemory.wipe() }
        var keySpan = keyMemory._mutatingExtracting(0..<hash.byteCount)
        let nonces: InlineArray<1, UInt8> = [nonce]
        try KeySchedule.ticketKey(
            hash, resumptionSecret: core.resumption.secret, nonce: nonces.span, into: &keySpan)
        let derived = keySpan.span
        return try seal(core, &cipher, configuration) { (writer: inout ByteWriter) in
            TicketContents.append(
                core.resumption.peer, hash, key: derived, early: early.maximumSize > 0 ? early : nil, to: &writer)
        }
    }

    /// Seals what a ticket says, of at most 128 bytes, bound to what the handshake was about.
    static func seal(
        _ core: borrowing ConnectionCore, _ cipher: inout AEADKey, _ configuration: borrowing Configuration,
        _ contents: (inout ByteWriter) -> Void
    ) throws(TLSError) -> BoundedBytes<160> {
        var plain = InlineArray<128, UInt8>(repeating: 0)
        var plainMemory = plain.mutableSpan
        defer { plainMemory.wipe() }
        var plainCount = 0
        do {
            var writer = ByteWriter(plainMemory._mutatingExtracting(0..<128))
            contents(&writer)
            plainCount = writer.count
        }
        var binding = InlineArray<640, UInt8>(repeating: 0)
        var bindingWriter = ByteWriter(binding.mutableSpan)
        try SessionBinding.appendTicketBinding(core, configuration, to: &bindingWriter)
        let bindingCount = bindingWriter.count
        var sealed = InlineArray<160, UInt8>(repeating: 0)
        var writer = ByteWriter(sealed.mutableSpan)
        guard bindingCount <= 640, plainCount <= 128 else { throw .misuse(.badConfiguration) }
        try configuration.tickets.appendTicket(
            plainMemory.span.extracting(0..<plainCount), binding: binding.span.extracting(0..<bindingCount),
            random: core.random, &cipher, to: &writer)
        let count = writer.count
        return BoundedBytes(sealed.span.extracting(0..<Swift.min(count, 160))) ?? BoundedBytes()
    }
}
