// Values that prove something, made in one place each and asked for where it matters. What cannot be shown cannot be
// done: keys do not change in the middle of a record, and nothing is read as application data from a peer that was not
// verified.

/// Proves that no handshake bytes straddle a change of keys (RFC 8446 §5.1: "Handshake messages MUST NOT span key
/// changes"). Made by `IncomingMessage.aligned()`.
struct HandshakeAligned: ~Copyable {
    /// Only for `IncomingMessage.aligned()`, which has checked it.
    init(checked: Void) {}
}

/// Proves what is known of the peer's identity. Made where a CertificateVerify was checked, or where the configuration
/// did not ask the peer for a certificate, or let it send none.
struct PeerVerified: ~Copyable {
    /// Whether the peer showed a certificate and signed with its key.
    let isAuthenticated: Bool

    /// Only where a CertificateVerify has just been checked with the key of the chain that was accepted.
    init(checkedSignature chain: consuming ChainAccepted) { isAuthenticated = true }

    /// Only where the configuration allows a client without certificate.
    init(allowedAnonymous: Void) { isAuthenticated = false }
}

/// Proves that the peer's Finished was correct: the whole handshake is what both sides saw.
struct PeerFinished: ~Copyable {
    let peer: PeerVerified

    /// Only where the Finished has just been checked.
    init(checked peer: consuming PeerVerified) { self.peer = peer }
}
