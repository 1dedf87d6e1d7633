// NewSessionTicket as a client of TLS 1.2 takes it (RFC 5077 §3.3): before the server's Finished, where it was announced.
import Bytes

/// The server has announced a ticket.
struct ExpectNewSessionTicket: ~Copyable {
    let peer: PeerVerified
    let isLast: Bool

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.new_session_ticket)
        let message = try NewSessionTicket(of12: incoming.message)
        try context.transcript.update(incoming.message.encoded)
        // An empty one is none (§3.3).
        if !message.ticket.isEmpty {
            core.keepTicket(lifetime: message.lifetime, message.ticket, isSessionID: false)
        }
        let isLast = isLast
        return .expectChangeCipherSpec(ExpectChangeCipherSpec(peer: peer, isLast: isLast))
    }
}
