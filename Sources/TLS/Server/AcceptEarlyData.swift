// Whether a server takes the early data that a client announces (RFC 8446 §4.2.10, §8), and the end of it (§4.5).
import Bytes
import TLSCrypto

enum AcceptEarlyData {
    /// Whether early data may come with a session that has just been accepted: the ticket allows it and was the first that
    /// was offered, the suite is the ticket's (application protocol and name are bound to it anyhow), its age is right, and
    /// this ClientHello has not come before.
    static func isAcceptable(
        _ ticket: ResumeSession.Choice, _ hello: ClientHello, _ suite: CipherSuite, _ core: borrowing ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> Bool {
        // An application that has not given its verdict yet has not agreed to anything that comes before it.
        guard !configuration.trust.asksForVerdict || configuration.trust.verdictOnResumption == .stands else {
            return false
        }
        guard ticket.index == 0, let early = ticket.early, early.suite == suite,
            let offer = try PreSharedKey.client(in: hello.extensions), let identity = offer.identity(at: 0),
            let now = core.timeOfTickets(configuration)
        else { return false }
        let age = ObfuscatedTicketAge.seconds(of: identity.obfuscatedTicketAge, adding: early.ageAdd)
        return configuration.unsafeEarlyData.admits(
            binder: identity.binder, expectedAt: early.issued.plus(age), now: now)
    }
}

/// Early data may come, and its end.
struct ExpectEndOfEarlyData: ~Copyable {
    let peer: PeerVerified

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.end_of_early_data)
        _ = try EndOfEarlyData(incoming.message)
        let aligned = try incoming.aligned()
        try context.transcript.update(incoming.message.encoded)
        core.earlyData.phase = .ended
        try core.openWithHandshakeKey(aligned, context.schedule, try core.settledSuite())
        return .expectFinished(ExpectFinished(peer: peer, ownCertificate: .notRequested))
    }
}
