// Which versions a configuration stands for, and what a ClientHello says of them (RFC 8446 §4.2.1).
import Bytes

extension Configuration {
    /// Whether a version may be used: it is allowed, and there is a suite for it.
    public borrowing func supports(_ version: ProtocolVersion) -> Bool {
        guard versions.contains(version) else { return false }
        let suites = cipherSuites.elements
        for index in suites.indices where suites[index].version == version && isEnabled(suites[index]) { return true }
        return false
    }

    /// Whether a suite that `cipherSuites` has counts: RSA key transport does only where it is named.
    private borrowing func isEnabled(_ suite: CipherSuite) -> Bool { unsafeRSAKeyTransport || !suite.transportsKey }

    /// Allows RSA key transport in TLS 1.2, after everything else: see `unsafeRSAKeyTransport`.
    public mutating func allowUnsafeRSAKeyTransport() {
        unsafeRSAKeyTransport = true
        let suites: InlineArray<_, CipherSuite> = [.TLS_RSA_WITH_AES_128_GCM_SHA256, .TLS_RSA_WITH_AES_256_GCM_SHA384]
        for index in suites.indices where !cipherSuites.contains(suites[index]) { cipherSuites.append(suites[index]) }
    }

    /// Whether a client offers a version. In TLS 1.2 a server shows a certificate, always.
    borrowing func offers(_ version: ProtocolVersion) -> Bool {
        supports(version) && (version != .tls12 || acceptsServerCertificate)
    }

    /// The versions that a client offers, the highest first.
    var offeredVersions: FixedList<2, ProtocolVersion> {
        var offered = FixedList<2, ProtocolVersion>(filler: .tls13)
        if offers(.tls13) { offered.append(.tls13) }
        if offers(.tls12) { offered.append(.tls12) }
        return offered
    }

    /// The suites that a client offers: those of the versions that may be used.
    var offeredSuites: FixedList<16, CipherSuite> {
        var offered = FixedList<16, CipherSuite>(filler: .TLS_AES_128_GCM_SHA256)
        let suites = cipherSuites.elements
        for index in suites.indices {
            guard let version = suites[index].version, offers(version), isEnabled(suites[index]) else { continue }
            offered.append(suites[index])
        }
        return offered
    }

    /// Whether a suite may be chosen in a handshake of a version.
    borrowing func allows(_ suite: CipherSuite, in version: ProtocolVersion) -> Bool {
        suite.version == version && cipherSuites.contains(suite) && isEnabled(suite)
    }

    /// Server: whether the key of an identity is used for RSA key transport.
    borrowing func decrypts(with identity: Int) -> Bool {
        if identities.transportsKeys(identity) { return true }
        guard unsafeTransportsWithSigningKeys, identities.type(identity) == .X509,
            case .rsa = identities.keyKind(identity)
        else { return false }
        return true
    }
}
