// What a Certificate message holds (RFC 7250 §3; RFC 8446 §4.4.2, registry "TLS Certificate Types"), and sets of these values.

/// What a peer shows of itself in a Certificate message (RFC 7250 §3).
public struct CertificateType: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The spelling of RFC 8446 §4.4.2.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension CertificateType {
    /// A chain of certificates.
    public static let X509 = Self(rawValue: 0)
    /// A SubjectPublicKeyInfo and nothing else.
    public static let RawPublicKey = Self(rawValue: 2)
}

extension CertificateType {
    public var name: StaticString? {
        switch self {
        case .X509: "X509"
        case .RawPublicKey: "RawPublicKey"
        default: nil
        }
    }
}

/// The types that a client names, as far as we know them.
struct CertificateTypeSet: Equatable, Sendable {
    private var bits: UInt8

    /// A list with nothing in it that we know.
    static var empty: Self { Self(bits: listed) }

    /// What a client means that names none (RFC 7250 §4.1): certificates.
    static var byDefault: Self { Self(bits: bit(of: .X509)) }

    /// Whether the client has named them, and so gets an answer.
    var isListed: Bool { bits & Self.listed != 0 }

    private static let listed: UInt8 = 0x80

    private static func bit(of type: CertificateType) -> UInt8 {
        switch type {
        case .X509: 1
        case .RawPublicKey: 2
        default: 0
        }
    }

    /// Adds a type; one that we do not know is passed over.
    mutating func insert(_ type: CertificateType) { bits |= Self.bit(of: type) }

    /// Whether a type is in the set.
    func contains(_ type: CertificateType) -> Bool { bits & Self.bit(of: type) != 0 }
}
