// What a handshake settled, for the application to look at.
import Bytes

/// How a peer proves who it is.
public enum PeerAuthentication: UInt8, Sendable {
    /// It did not.
    case none = 0
    /// With a certificate and a signature (RFC 8446 §4.4).
    case certificate = 1
    /// With a public key that was known beforehand, and a signature (RFC 7250).
    case rawPublicKey = 2
    /// With a key that both sides were given beforehand (RFC 8446 §4.2.11).
    case externalKey = 3

    /// Whether it is with a key of the peer's own, which `Trust` judges.
    var isByPublicKey: Bool { self == .certificate || self == .rawPublicKey }
}

/// A place in a list, or none, in four bytes: every connection keeps several.
private struct Place: Sendable {
    private var number: Int32 = -1

    var index: Int? {
        get { number < 0 ? nil : Int(number) }
        set { number = newValue.map { Int32(clamping: $0) } ?? -1 }
    }
}

/// The outcome of a handshake. Before it is over, what has been settled so far.
public struct Negotiated: Sendable {
    /// The version; before the ServerHello, TLS 1.3.
    public internal(set) var version: ProtocolVersion = .tls13
    /// TLS 1.2: whether the master secret is bound to its handshake (RFC 7627).
    public internal(set) var extendedMasterSecret = false
    /// The cipher suite.
    public internal(set) var cipherSuite: CipherSuite?
    /// The group of the key exchange.
    public internal(set) var group: NamedGroup?
    /// The scheme with which the peer signed, if it showed a certificate.
    public internal(set) var peerSignatureScheme: SignatureScheme?
    /// The scheme with which we signed, if we showed a certificate.
    public internal(set) var signatureScheme: SignatureScheme?
    /// The place of the application protocol in `Configuration.applicationProtocols`.
    public internal(set) var applicationProtocol: Int? {
        get { protocolPlace.index }
        set { protocolPlace.index = newValue }
    }
    private var protocolPlace = Place()
    /// The identity that we showed.
    public internal(set) var identity: Int? {
        get { identityPlace.index }
        set { identityPlace.index = newValue }
    }
    private var identityPlace = Place()
    /// What became of early data.
    public internal(set) var earlyData = EarlyDataOutcome.notOffered
    /// Whether there was a HelloRetryRequest.
    public internal(set) var helloRetryRequest = false
    /// Whether a session was resumed: then no certificates were shown, and what is known of the peer is what was found in
    /// the full handshake before (RFC 8446 §2.2).
    public internal(set) var resumed = false
    /// How the peer proved who it is, now or, where `resumed`, then.
    public internal(set) var peerAuthentication = PeerAuthentication.none
    /// Whether the peer proved who it is.
    public var peerIsAuthenticated: Bool { peerAuthentication != .none }
    /// What the peer shows, where it shows something: certificates or a raw public key (RFC 7250).
    public internal(set) var peerCertificateType: CertificateType = .X509
    /// What we show, where we show something.
    public internal(set) var certificateType: CertificateType = .X509
    /// The place in `Configuration.externalKeys` of the key that both sides have shown to have.
    public internal(set) var externalKey: Int? {
        get { externalKeyPlace.index }
        set { externalKeyPlace.index = newValue }
    }
    private var externalKeyPlace = Place()
    /// Whether the peer's certificate or raw public key has been accepted without checking it (`Trust.unsafeAcceptsAnyCertificate`).
    public internal(set) var peerIsUnverified = false
}
