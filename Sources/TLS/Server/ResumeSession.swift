// Whether a server resumes (RFC 8446 §2.2, §4.2.9, §4.2.11, §4.6.1): which of the tickets that a client offers opens, is
// bound to the same name, protocol and policy, has not outlived the full handshake or the client's leaf, and fits the suite;
// and whether the client has its key.
//
// Whatever is wrong with a ticket leads to a full handshake; a wrong binder to its end.
import Bytes
import TLSCrypto

enum ResumeSession {
    /// How many tickets of one ClientHello are looked at: each costs an attempt to open it.
    static let mostTickets = 4

    /// A ticket that may be resumed.
    struct Choice {
        /// Its place in the client's offer.
        let index: Int
        let peer: PeerRecord
        /// What it says for early data.
        let early: EarlyTicket?
    }

    /// The first of the client's tickets that may be resumed; its key is then in `context.session`.
    static func choose(
        _ hello: ClientHello, _ hash: HashAlgorithm, _ context: inout HandshakeContext,
        _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Choice? {
        guard configuration.tickets.isEnabled, context.takesTickets, let now = core.timeOfTickets(configuration),
            let offer = try PreSharedKey.client(in: hello.extensions)
        else { return nil }
        for index in 0..<Swift.min(offer.count, mostTickets) {
            guard let identity = offer.identity(at: index) else { break }
            let contents = try open(identity.identity, &context, core, configuration)
            if let contents, context.session.hash == hash, mayResume(contents.peer, at: now, configuration) {
                return Choice(index: index, peer: contents.peer, early: contents.early)
            }
            context.session.drop()
        }
        return nil
    }

    /// TLS 1.2 (RFC 5077 §3.4): whether the client's ticket may be resumed; its master secret is then in
    /// `context.session`.
    static func choose12(
        _ hello: ClientHello, _ context: inout HandshakeContext, _ core: borrowing ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> SessionAccepted? {
        guard configuration.tickets.isEnabled, let now = core.timeOfTickets(configuration),
            let ticket = SessionTicket.client(in: hello.extensions), !ticket.isEmpty,
            let contents = try open(ticket, &context, core, configuration), let session = contents.session12,
            mayResume(contents.peer, at: now, configuration)
        else { return nil }
        // RFC 5246 §7.4.1.2: the client offers the suite of its session, and we still allow it.
        guard hello.offers(session.suite, in: .tls12, configuration) else { return nil }
        let isExtended = core.negotiated.extendedMasterSecret
        // RFC 7627 §5.3: a client that has forgotten it is not the one of the session; the other way a full handshake.
        guard isExtended || !session.hasExtendedMasterSecret else {
            throw .peerMisbehaved(.extendedMasterSecretChanged)
        }
        guard isExtended == session.hasExtendedMasterSecret else { return nil }
        return SessionAccepted(checked: contents.peer)
    }

    /// Opens a ticket that is bound to what this handshake is about.
    private static func open(
        _ ticket: Span<UInt8>, _ context: inout HandshakeContext, _ core: borrowing ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> TicketContents? {
        let fixed = configuration.replay?.ticketToOpen ?? BoundedBytes()
        return try SessionBinding.withTicketBinding(core, configuration) { (binding: Span<UInt8>) in
            context.session.open(
                fixed.isEmpty ? ticket : fixed.bytes, configuration.tickets, binding: binding, &context.ticketCipher)
        }
    }

    /// Whether the time is one at which a session with this peer is still good, and it has shown what it must.
    private static func mayResume(
        _ peer: PeerRecord, at now: Int64, _ configuration: borrowing Configuration
    ) -> Bool {
        // A clock that has gone back behind the full handshake tells nothing.
        guard peer.authenticated <= now, now < peer.end(lifetime: configuration.tickets.lifetime) else { return false }
        // Without a certificate of our own the client can have come in by an external key alone.
        let mustBeKnown = configuration.clientCertificates == .required || configuration.identities.count == 0
        return !mustBeKnown || peer.authentication != .none
    }

    /// Checks that the client has the session's key, and takes the ClientHello into the transcript.
    static func accept(
        _ choice: Choice, _ hello: ClientHello, _ message: HandshakeMessage, _ hash: HashAlgorithm,
        _ context: inout HandshakeContext
    ) throws(TLSError) -> SessionAccepted {
        try context.checkBinder(hello, message, at: choice.index, hash, label: KeySchedule.resumptionBinderLabel)
        return SessionAccepted(checked: choice.peer)
    }
}
