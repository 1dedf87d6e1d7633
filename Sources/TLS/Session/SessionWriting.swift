// From a ticket to a session (RFC 8446 §4.6.1): whether it is worth keeping, and its bytes.
import Bytes
import TLSCrypto

extension NewSessionTicket {
    /// When a session that this ticket begins is over: never later than the ticket's lifetime, nor than seven days after the
    /// full handshake (§4.6.1), nor than the server's leaf.
    func end(receivedAt now: Int64, _ peer: PeerRecord) -> Int64 {
        let longest = Int64(Self.longestLifetime)
        return Swift.min(now.plus(Swift.min(Int64(lifetime), longest)), peer.end(lifetime: longest))
    }

    /// Whether a session can be made of it at all.
    func isUseful(at now: Int64, _ peer: PeerRecord) -> Bool {
        ticket.count <= Limits.longestTicket && peer.authentication != .none && end(receivedAt: now, peer) > now
    }

    /// Writes the session.
    /// - Returns: its length.
    func writeSession(
        _ negotiated: Negotiated, receivedAt now: Int64, _ resumption: borrowing Resumption,
        into target: inout MutableSpan<UInt8>
    ) throws(TLSError) -> Int {
        guard let hash = resumption.hash, let suite = negotiated.cipherSuite else { throw .misuse(.noTicket) }
        let is12 = suite.version == .tls12
        let keyBytes = Session.keyBytes(hash, is12: is12)
        let needed = Limits.sessionWithoutTicket - Limits.secret + keyBytes + ticket.count
        // Before anything is written: part of a secret is one, too.
        guard needed <= target.count else { throw .limitExceeded(.session, capacity: target.count, needed: needed) }
        let checked = needed - Session.checkBytes
        try withSecret(keyBytes) { (key: inout MutableSpan<UInt8>) throws(TLSError) in
            if is12 {
                key.copy(resumption.secret, at: 0)
            } else {
                try KeySchedule.ticketKey(hash, resumptionSecret: resumption.secret, nonce: nonce, into: &key)
            }
            var writer = ByteWriter(target._mutatingExtracting(0..<checked))
            writer.append(Session.version)
            writer.append(suite.rawValue)
            writer.append(resumption.peer.authentication.rawValue)
            writer.append(UInt8(truncatingIfNeeded: negotiated.applicationProtocol.map { $0 + 1 } ?? 0))
            writer.append(try EarlyData.maximumSize(in: extensions) ?? 0)
            append(receivedAt: now, resumption.peer, key: key.span, to: &writer)
        }
        let check = try mac(.sha256, key: resumption.binding, target.span.extracting(0..<checked))
        target.copy(check.bytes, at: checked)
        return needed
    }

    private func append(
        receivedAt now: Int64, _ peer: PeerRecord, key: Span<UInt8>, to writer: inout ByteWriter
    ) {
        writer.append(ageAdd)
        writer.append(time: now)
        writer.append(time: end(receivedAt: now, peer))
        writer.append(time: peer.authenticated)
        writer.append(time: peer.leafNotAfter)
        writer.append(peer.leafHash.bytes)
        writer.appendVector(key, lengthBytes: 1)
        writer.appendVector(ticket, lengthBytes: 2)
    }
}
