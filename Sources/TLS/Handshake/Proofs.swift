// Values that prove something, made in one place each and asked for where it matters. What cannot be shown cannot be
// done: keys do not change in the middle of a record, and nothing is read as application data from a peer that was not
// verified.
import Bytes

/// Proves that no handshake bytes straddle a change of keys (RFC 8446 §5.1: "Handshake messages MUST NOT span key
/// changes"). Made by `IncomingMessage.aligned()`.
struct HandshakeAligned: ~Copyable {
    /// Only for `IncomingMessage.aligned()`, which has checked it.
    init(checked: Void) {}
}

/// Proves that a session of an earlier, full handshake may stand for its certificates, and that the peer has its key: a
/// server has checked the binder, a client will see in the server's Finished. Made by `SessionMemory` and
/// `ResumeSession` alone, which have checked all that a session is bound to.
struct SessionAccepted: ~Copyable {
    /// What the full handshake found out.
    let peer: PeerRecord

    /// Only where time, binding and hash of the session have been checked.
    init(checked peer: PeerRecord) { self.peer = peer }
}

/// How the two sides authenticate each other (RFC 8446 §4.4, §2.2).
enum Authentication: ~Copyable {
    /// With certificates; which of ours is shown.
    case certificates(OwnCertificate)
    /// By a session: no certificate is sent or asked for.
    case session(SessionAccepted)

    /// Whether a session is resumed.
    var isResumption: Bool {
        switch self {
        case .certificates: false
        case .session: true
        }
    }
}

/// Proves what is known of the peer's identity. Made where a CertificateVerify was checked, or where a session was accepted
/// for it, or where the configuration did not ask the peer for a certificate, or let it send none.
struct PeerVerified: ~Copyable {
    /// Whether the peer showed a certificate and signed with its key.
    let isAuthenticated: Bool

    /// Only where a CertificateVerify has just been checked with the key of the chain that was accepted.
    init(checkedSignature chain: consuming ChainAccepted) { isAuthenticated = true }

    /// What a session stands for is what it was worth in the full handshake.
    init(resumed session: consuming SessionAccepted) { isAuthenticated = !session.peer.leafHash.isEmpty }

    /// Only where the configuration allows a client without certificate.
    init(allowedAnonymous: Void) { isAuthenticated = false }
}

/// Proves that the peer's Finished was correct: the whole handshake is what both sides saw.
struct PeerFinished: ~Copyable {
    let peer: PeerVerified

    /// Only where the Finished has just been checked.
    init(checked peer: consuming PeerVerified) { self.peer = peer }
}
