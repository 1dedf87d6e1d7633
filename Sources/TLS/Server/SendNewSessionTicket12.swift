// The server's ticket in TLS 1.2 (RFC 5077 §3.3): one, right before its change_cipher_spec, where it was announced.
import Bytes
import TLSCrypto

/// About to send a NewSessionTicket.
struct SendNewSessionTicket12: ~Copyable {
    let behind: SendChangeCipherSpec.Behind

    /// What follows the client's Finished in a full handshake.
    static func begin(
        _ finished: consuming PeerFinished, _ context: borrowing HandshakeContext, _ core: borrowing ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard core.role == .server, context.takesTickets else {
            return .sendChangeCipherSpec(SendChangeCipherSpec(behind: .finished(finished)))
        }
        return .sendNewSessionTicket12(SendNewSessionTicket12(behind: .finished(finished)))
    }

    /// Whether a ticket is to be announced: they are enabled, the client can use them, and a session is worth one.
    static func isDue(
        _ context: borrowing HandshakeContext, _ core: borrowing ConnectionCore,
        _ configuration: borrowing Configuration, isFull: Bool
    ) -> Bool {
        core.issuesTickets(context, configuration) && (isFull || core.ticketLifetime(configuration) > 0)
    }

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let suite = try core.settledSuite()
        let lifetime = core.ticketLifetime(configuration)
        var ticket = BoundedBytes<160>()
        // A certificate that has come to its end meanwhile: the announced ticket is empty (§3.3).
        if lifetime > 0 {
            let plain = TicketContents.Session12(suite, core.negotiated.extendedMasterSecret)
            ticket = try SendTickets.seal(core, &context.ticketCipher, configuration) { (writer: inout ByteWriter) in
                TicketContents.append12(core.resumption.peer, plain, master: context.master.bytes, to: &writer)
            }
        }
        try context.outgoing.compose(&context.transcript, configuration, .new_session_ticket) {
            (writer: inout ByteWriter) in
            NewSessionTicket.append12(lifetime: lifetime, ticket: ticket.bytes, to: &writer)
        }
        return .sendChangeCipherSpec(SendChangeCipherSpec(behind: behind))
    }
}
