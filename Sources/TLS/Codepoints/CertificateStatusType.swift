// The kinds of certificate status (RFC 6066 §8, registry "TLS Certificate Status Types").

/// What kind of status a client asks for, or a server gives (RFC 6066 §8).
public struct CertificateStatusType: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension CertificateStatusType {
    /// An OCSP response (RFC 6960) for the leaf.
    public static let ocsp = Self(rawValue: 1)
}

extension CertificateStatusType {
    public var name: StaticString? {
        switch self {
        case .ocsp: "ocsp"
        default: nil
        }
    }
}
