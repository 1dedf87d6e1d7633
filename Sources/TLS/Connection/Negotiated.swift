// What a handshake settled, for the application to look at.
import Bytes

/// The outcome of a handshake. Before it is over, what has been settled so far.
public struct Negotiated: Sendable {
    /// The version: TLS 1.3.
    public internal(set) var version: ProtocolVersion = .tls13
    /// The cipher suite.
    public internal(set) var cipherSuite: CipherSuite?
    /// The group of the key exchange.
    public internal(set) var group: NamedGroup?
    /// The scheme with which the peer signed, if it showed a certificate.
    public internal(set) var peerSignatureScheme: SignatureScheme?
    /// The scheme with which we signed, if we showed a certificate.
    public internal(set) var signatureScheme: SignatureScheme?
    /// The place of the application protocol in `Configuration.applicationProtocols`.
    public internal(set) var applicationProtocol: Int?
    /// The identity that we showed.
    public internal(set) var identity: Int?
    /// Whether there was a HelloRetryRequest.
    public internal(set) var helloRetryRequest = false
    /// Whether a session was resumed: then no certificates were shown, and what is known of the peer is what was found in
    /// the full handshake before (RFC 8446 §2.2).
    public internal(set) var resumed = false
    /// Whether the peer showed a certificate and proved that it has its key, now or, where `resumed`, then.
    public internal(set) var peerIsAuthenticated = false
    /// Whether the peer's certificate has been accepted without checking it (`Trust.unsafeAcceptsAnyCertificate`).
    public internal(set) var peerIsUnverified = false
}
