/// What we show of ourselves (RFC 8446 §4.4.2).
enum OwnCertificate {
    /// The peer did not ask; only a client can be in this case.
    case notRequested
    /// The client has none that fits: it sends an empty list, and no CertificateVerify.
    case empty
    /// An identity of the configuration, and the scheme with which its key signs.
    case identity(Int, SignatureScheme)

    /// The identity, where there is one.
    var identity: Int? {
        if case .identity(let identity, _) = self { return identity }
        return nil
    }
}
