// change_cipher_spec and the key change with it (RFC 5246 §7.1), for both roles of TLS 1.2: right before each side's Finished.
//
// Invariants:
// - the keys of a direction change with the change_cipher_spec in it, and by nothing else;
// - a change_cipher_spec is taken only where a Finished must follow, between two handshake messages and two records: never
//   before there is a master secret (CVE-2014-0224);
// - the peer's identity has been verified by then.
import Bytes
import TLSCrypto

/// About to send a change_cipher_spec and, behind it, our Finished.
struct SendChangeCipherSpec: ~Copyable {
    /// What our Finished comes behind.
    enum Behind: ~Copyable {
        /// The peer's has not come.
        case nothing(PeerVerified)
        /// The peer's: ours is the last message.
        case finished(PeerFinished)
    }

    let behind: Behind

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let suite = try core.settledSuite()
        let role = core.role
        try core.writer.changeCipherSpec { (protection: inout RecordProtection) throws(TLSError) in
            try context.master.install(role, suite, in: &protection)
        }
        let verifyData = try context.master.finished(role, transcript: try context.transcript.current())
        try context.composeFinished(verifyData.bytes)
        let behind = behind
        switch consume behind {
        case .nothing(let peer):
            core.firstFinished = verifyData
            return ExpectChangeCipherSpec.begin(peer: peer, isLast: true, role, context)
        case .finished(let finished):
            try core.complete12(finished, context, configuration)
            return .connected
        }
    }
}

/// The peer's change_cipher_spec must come now.
struct ExpectChangeCipherSpec: ~Copyable {
    let peer: PeerVerified
    let isLast: Bool

    /// The state in which the peer's last messages are waited for: a client that was promised a ticket gets it before
    /// (RFC 5077 §3.3).
    /// - Parameter isLast: whether the peer's Finished ends the handshake.
    static func begin(
        peer: consuming PeerVerified, isLast: Bool, _ role: Role, _ context: borrowing HandshakeContext
    ) -> HandshakeState {
        if role == .client, context.takesTickets {
            return .expectNewSessionTicket(ExpectNewSessionTicket(peer: peer, isLast: isLast))
        }
        return .expectChangeCipherSpec(ExpectChangeCipherSpec(peer: peer, isLast: isLast))
    }

    /// The change_cipher_spec has come.
    consuming func receive(
        _ aligned: consuming HandshakeAligned, _ context: inout HandshakeContext, _ core: inout ConnectionCore
    ) throws(TLSError) -> HandshakeState {
        let suite = try core.settledSuite()
        let sender = core.role.peer
        try core.reader.changeKeys(aligned) { (protection: inout RecordProtection) throws(TLSError) in
            try context.master.install(sender, suite, in: &protection)
        }
        let isLast = isLast
        return .expectFinished12(ExpectFinished12(peer: peer, isLast: isLast))
    }
}

/// The peer's Finished must come now, the first message under its key (RFC 5246 §7.4.9).
struct ExpectFinished12: ~Copyable {
    let peer: PeerVerified
    let isLast: Bool

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.finished)
        let expected = try context.master.finished(core.role.peer, transcript: try context.transcript.current())
        let isLast = isLast
        let finished = try core.check(incoming, verifyData: expected.bytes, of: peer, &context.transcript)
        // Behind it comes data, or nothing before our own Finished.
        _ = try incoming.aligned()
        if isLast {
            try core.complete12(finished, context, configuration)
            return .connected
        }
        core.firstFinished = expected
        return try SendNewSessionTicket12.begin(finished, context, core, configuration)
    }
}

extension ConnectionCore {
    /// The handshake is over: keeps what is exported from, and a client what it can resume with.
    fileprivate mutating func complete12(
        _ finished: consuming PeerFinished, _ context: borrowing HandshakeContext,
        _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard let hash = negotiated.cipherSuite?.parameters?.hash else { throw .misuse(.handshakeUnderWay) }
        negotiated.peerAuthentication = finished.peer.authentication
        var target = exporter.mutableBytes
        target.copy(context.master.bytes, at: 0)
        target.copy(context.master.bothRandoms, at: Limits.masterSecret)
        guard keepsSessions(configuration) else {
            ticketCount = 0
            return
        }
        resumption.takeMasterSecret(context.master.bytes, hash)
        // RFC 5246 §7.4.1.3: the server keeps the session under this name.
        if ticketCount == 0, !negotiated.resumed, !context.sessionID.isEmpty {
            keepTicket(lifetime: 0, context.sessionID.bytes, isSessionID: true)
        }
    }
}
