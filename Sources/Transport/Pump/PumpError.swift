// What can go wrong while a connection is driven over a transport: the protocol's failures, the stream's, time's, and the
// signer's, each told apart.
import TLS
import TLSCrypto

/// Why a pump stopped.
public enum PumpError: Error, Equatable, Sendable {
    /// The connection failed; `.tls(.truncated)` is an end of the stream without close_notify (RFC 8446 §6.1).
    case tls(TLSError)
    /// The stream failed.
    case transport(TransportError)
    /// Nothing came, or nothing could be sent, in the time that was given.
    case timedOut(PumpActivity)
    /// Our own key could not sign.
    case signer(CryptoError)
}

/// What a pump was doing when the time passed.
public enum PumpActivity: UInt8, Sendable {
    case handshake, reading, writing
}
