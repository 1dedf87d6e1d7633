// Values that prove something, made in one place each and asked for where it matters. What cannot be shown cannot be
// done: keys do not change in the middle of a record, and nothing is read as application data from a peer that was not
// verified.
import Bytes

/// Proves that no handshake bytes straddle a change of keys (RFC 8446 §5.1: "Handshake messages MUST NOT span key
/// changes"). Made by `IncomingMessage.aligned()`, and where the change_cipher_spec of TLS 1.2 stands between two messages.
struct HandshakeAligned: ~Copyable {
    /// Only for `IncomingMessage.aligned()` and `Handshake.receiveChangeCipherSpec`, which have checked it.
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

/// Proves that the peer has one of the external keys of our configuration: a server has checked the binder, a client will see
/// in the server's Finished.
struct ExternalKeyAccepted: ~Copyable {
    /// Its place in the configuration.
    let index: Int

    /// Only where the binder has been checked, or where the server has selected a key that we offered.
    init(checked index: Int) { self.index = index }
}

/// How the two sides authenticate each other (RFC 8446 §4.4, §2.2).
enum Authentication: ~Copyable {
    /// With certificates; which of ours is shown.
    case certificates(OwnCertificate)
    /// By a session: no certificate is sent or asked for.
    case session(SessionAccepted)
    /// By an external key: no certificate is sent or asked for.
    case externalKey(ExternalKeyAccepted)

    /// Whether a session is resumed.
    var isSession: Bool {
        switch self {
        case .certificates: false
        case .session: true
        case .externalKey: false
        }
    }

    /// Server: the identity that is shown; nil where none is.
    var identity: Int? {
        switch self {
        case .certificates(let own): own.identity
        case .session: nil
        case .externalKey: nil
        }
    }

    /// Whether the server shows a certificate.
    var showsCertificate: Bool {
        switch self {
        case .certificates: true
        case .session: false
        case .externalKey: false
        }
    }
}

/// Proves what is known of the peer's identity. Made where a CertificateVerify or ServerKeyExchange was checked, or where only
/// who has the server's key can read what is sent, or where a session or an external key was accepted for it, or where the
/// configuration did not ask the peer for a certificate, or let it send none.
struct PeerVerified: ~Copyable {
    /// How the peer proved who it is.
    let authentication: PeerAuthentication

    /// Only where a signature of the handshake has just been checked with the key of the chain that was accepted.
    init(checkedSignature chain: consuming ChainAccepted) { authentication = chain.authentication }

    /// Only where the premaster secret is encrypted with the key of the chain that was accepted (RFC 5246 §7.4.7.1): the
    /// server's Finished shows that it has that key, and before it nothing is read as data.
    init(encryptingTo chain: consuming ChainAccepted) { authentication = .certificate }

    /// What a session stands for is what it was worth in the full handshake.
    init(resumed session: consuming SessionAccepted) { authentication = session.peer.authentication }

    /// Both sides have the key.
    init(externalKey: consuming ExternalKeyAccepted) { authentication = .externalKey }

    /// Only where the configuration allows a client without certificate.
    init(allowedAnonymous: Void) { authentication = .none }
}

/// Proves that the peer's Finished was correct: the whole handshake is what both sides saw.
struct PeerFinished: ~Copyable {
    let peer: PeerVerified

    /// Only where the Finished has just been checked.
    init(checked peer: consuming PeerVerified) { self.peer = peer }
}
