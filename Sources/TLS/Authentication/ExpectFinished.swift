// The peer's Finished (RFC 8446 §4.4.4): the whole handshake is what both sides saw. Only behind it, and only with the
// proof of who the peer is, are application data read.
import Bytes
import TLSCrypto

/// A Finished must come now.
struct ExpectFinished: ~Copyable {
    let peer: PeerVerified
    let ownCertificate: OwnCertificate

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.finished)
        let expected = try context.schedule.finished(core.role.peer, transcript: try context.transcript.current())
        let ownCertificate = ownCertificate
        let finished = try core.check(incoming, verifyData: expected.bytes, of: peer, &context.transcript)
        let aligned = try incoming.aligned()
        if core.role == .client { try context.advanceToApplication(exporter: &core.exporter, configuration) }
        try core.openWithApplicationKey(finished, aligned, &context.schedule)
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
    /// Checks the peer's Finished (RFC 8446 §4.4.4; RFC 5246 §7.4.9), and takes it into the transcript.
    /// - Parameter expected: the verify_data of a peer that saw the same handshake.
    mutating func check(
        _ incoming: IncomingMessage, verifyData expected: Span<UInt8>, of peer: consuming PeerVerified,
        _ transcript: inout Transcript
    ) throws(TLSError) -> PeerFinished {
        let received = try Finished(incoming.message, length: expected.count)
        guard constantTimeEqual(received.verifyData, expected) else { throw .peerMisbehaved(.finishedInvalid) }
        try transcript.update(incoming.message.encoded)
        // What a resumed session stands for stays what it was.
        if !negotiated.resumed, case .known(let now) = time { resumption.peer.authenticated = now }
        return PeerFinished(checked: peer)
    }
}
