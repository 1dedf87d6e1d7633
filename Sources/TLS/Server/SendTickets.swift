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
        guard core.issuesTickets(context, configuration), core.ticketLifetime(configuration) > 0 else {
            return .connected
        }
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
        let lifetime = core.ticketLifetime(configuration)
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
        try core.random.draw(into: &memory)
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
        let nonces: InlineArray<1, UInt8> = [nonce]
        return try withSecret(hash.byteCount) { (key: inout MutableSpan<UInt8>) throws(TLSError) -> BoundedBytes<160> in
            try KeySchedule.ticketKey(
                hash, resumptionSecret: core.resumption.secret, nonce: nonces.span, into: &key)
            let derived = key.span
            return try seal(core, &cipher, configuration) { (writer: inout ByteWriter) in
                TicketContents.append(
                    core.resumption.peer, hash, key: derived, early: early.maximumSize > 0 ? early : nil, to: &writer)
            }
        }
    }

    /// Seals what a ticket says, of at most 128 bytes, bound to what the handshake was about.
    static func seal(
        _ core: borrowing ConnectionCore, _ cipher: inout AEADKey, _ configuration: borrowing Configuration,
        _ contents: (inout ByteWriter) -> Void
    ) throws(TLSError) -> BoundedBytes<160> {
        try withSecret(128) { (plain: inout MutableSpan<UInt8>) throws(TLSError) -> BoundedBytes<160> in
            let count = try Self.write(contents, into: &plain)
            let plaintext = plain.span.extracting(0..<count)
            var sealed = InlineArray<160, UInt8>(repeating: 0)
            var writer = ByteWriter(sealed.mutableSpan)
            try SessionBinding.withTicketBinding(core, configuration) { (binding: Span<UInt8>) throws(TLSError) in
                try configuration.tickets.appendTicket(
                    plaintext, binding: binding, random: core.random, &cipher, to: &writer)
            }
            let sealedCount = Swift.min(writer.count, writer.capacity)
            return BoundedBytes(sealed.span.extracting(0..<sealedCount)) ?? BoundedBytes()
        }
    }

    private static func write(
        _ contents: (inout ByteWriter) -> Void, into memory: inout MutableSpan<UInt8>
    ) throws(TLSError) -> Int {
        let all = 0..<memory.count
        var writer = ByteWriter(memory._mutatingExtracting(all))
        contents(&writer)
        guard !writer.overflowed else { throw .misuse(.badConfiguration) }
        return writer.count
    }
}

extension ConnectionCore {
    /// Server: whether it issues tickets: they are enabled, and the client can use them.
    func issuesTickets(_ context: borrowing HandshakeContext, _ configuration: borrowing Configuration) -> Bool {
        configuration.tickets.isEnabled && context.takesTickets && timeOfTickets(configuration) != nil
    }

    /// Server: the seconds for which a ticket is good that is issued now, which may be none: counted from the full handshake,
    /// and no longer than the client's certificate.
    func ticketLifetime(_ configuration: borrowing Configuration) -> UInt32 {
        guard let now = timeOfTickets(configuration) else { return 0 }
        return UInt32(clamping: resumption.peer.end(lifetime: configuration.tickets.lifetime).plus(-now))
    }
}
