// Sessions as an application sees them (RFC 8446 §2.2, §4.6.1): bytes that a client keeps and hands back to resume.
//
// Invariant: a session that does not fit, for whatever reason, costs nothing but a full handshake.
import Bytes
import TLSCrypto

extension Connection {
    /// Client, before the first step: offers to resume a session that an earlier connection gave out (`takeSession`).
    /// - Returns: whether it is offered. Not where it is malformed, expired, or bound to another server name, other
    ///   application protocols or another `Trust`, where the leaf it stands for has expired, or where the time is not
    ///   known: a full handshake follows then. Whether the server agreed is in `negotiated.resumed`.
    /// - Throws: `.misuse(.handshakeUnderWay)` after the first step, or for a server.
    public mutating func offerSession(
        _ session: Span<UInt8>, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Bool {
        guard role == .client, failure == nil, phase == .handshaking else { throw .misuse(.handshakeUnderWay) }
        // Sessions are resumed with a key exchange.
        guard configuration.takesTickets, configuration.pskKeyExchangeModes.contains(.psk_dhe_ke),
            let now = core.timeOfTickets(configuration)
        else { return false }
        let binding = try SessionBinding.client(configuration)
        guard let view = Session(session, binding: binding.bytes), view.isCurrent(at: now),
            configuration.supports(view)
        else { return false }
        return try handshake?.offer(session) ?? false
    }

    /// Client: writes the session that the last ticket stands for, after `Step.ticket`. It can be had until the next
    /// message of the kind comes, and after the peer has closed. It holds a secret: keep it as one. Use it once (RFC 8446
    /// Appendix C.4).
    /// - Parameter target: `Limits.session` bytes are always enough.
    /// - Returns: its length.
    /// - Throws: `.limitExceeded(.session, …)` where `target` is too small; `.misuse(.noTicket)`.
    public mutating func takeSession(into target: inout MutableSpan<UInt8>) throws(TLSError) -> Int {
        try postHandshake.writeSession(core, into: &target)
    }

    /// SHA-256 of the peer's leaf certificate or, where `negotiated.peerAuthentication` says so, of its raw public key
    /// (SubjectPublicKeyInfo) or of the identity of its external key; also where the session was resumed and that was seen in the full handshake before. Empty where the peer
    /// showed neither.
    public var peerLeafHash: BoundedBytes<32> { core.resumption.peer.leafHash }
}

extension Configuration {
    /// Whether what a session needs is offered: in TLS 1.3 a suite with its hash; in TLS 1.2 its suite, and an extended
    /// master secret where one is required.
    fileprivate borrowing func supports(_ session: Session) -> Bool {
        guard session.cipherSuite.version == .tls13 else {
            return versions.contains(.tls12) && allows(session.cipherSuite, in: .tls12)
                && (session.hasExtendedMasterSecret || unsafeAllowsMissingExtendedMasterSecret)
        }
        return hashes.contains(session.hash)
    }
}
