// The peer's Finished (RFC 8446 §4.4.4): the whole handshake is what both sides saw. Only behind it, and only with the
// proof of who the peer is, are application data read.
import Bytes
import TLSCrypto

/// A Finished must come now.
struct ExpectFinished: ~Copyable {
    private let peer: PeerVerified
    private let ownCertificate: OwnCertificate

    init(peer: consuming PeerVerified, ownCertificate: OwnCertificate) {
        self.peer = peer
        self.ownCertificate = ownCertificate
    }

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.finished)
        let received = try Finished(incoming.message, length: context.schedule.hash.byteCount)
        let expected = try context.schedule.finished(core.role.peer, transcript: try context.transcript.current())
        guard constantTimeEqual(received.verifyData, expected.bytes) else {
            throw .peerMisbehaved(.finishedInvalid)
        }
        try context.transcript.update(incoming.message.encoded)
        let aligned = try incoming.aligned()
        let ownCertificate = ownCertificate
        if core.role == .client {
            try context.schedule.advanceToApplication(
                transcript: try context.transcript.current(), exporter: &core.exporter)
            context.logApplicationSecrets(exporter: core.exporter.bytes, configuration)
        }
        try core.readApplicationData(PeerFinished(checked: peer), aligned, &context.schedule)
        // What a resumed session stands for stays what it was.
        if !core.negotiated.resumed, case .known(let now) = core.time { core.resumption.peer.authenticated = now }
        if core.role == .client {
            // §4.5: the end of early data goes before the rest of the flight.
            if core.earlyData.phase == .accepted {
                return .sendEndOfEarlyData(SendEndOfEarlyData(ownCertificate: ownCertificate))
            }
            return .sendCertificate(SendCertificate(ownCertificate: ownCertificate, progress: .client))
        }
        return try SendTickets.begin(&context, &core, configuration)
    }
}

extension ConnectionCore {
    /// Opens what the peer sends from now on with its application traffic keys.
    fileprivate mutating func readApplicationData(
        _ finished: consuming PeerFinished, _ aligned: consuming HandshakeAligned, _ schedule: inout KeySchedule
    ) throws(TLSError) {
        guard let suite = negotiated.cipherSuite else { throw .misuse(.handshakeUnderWay) }
        negotiated.peerAuthentication = finished.peer.authentication
        let sender = role.peer
        try reader.changeKeys(aligned) { (protection: inout RecordProtection) throws(TLSError) in
            try schedule.installApplication(sender, suite, in: &protection)
        }
    }
}
