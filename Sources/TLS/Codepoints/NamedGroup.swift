// Groups for the key exchange (RFC 8446 §4.2.7).

/// A group for the key exchange (RFC 8446 §4.2.7, registry "TLS Supported Groups").
public struct NamedGroup: Codepoint {
    /// The number.
    public let rawValue: UInt16

    /// The value with this number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension NamedGroup {
    /// RFC 8422 §5.1.1
    public static let secp256r1 = Self(rawValue: 0x0017)
    /// RFC 8422 §5.1.1
    public static let secp384r1 = Self(rawValue: 0x0018)
    /// RFC 8422 §5.1.1; not supported.
    public static let secp521r1 = Self(rawValue: 0x0019)
    /// RFC 8446 §4.2.7, RFC 7748 §5
    public static let x25519 = Self(rawValue: 0x001D)
    /// RFC 8446 §4.2.7; not supported.
    public static let x448 = Self(rawValue: 0x001E)
    /// RFC 7919 §A.1; not supported.
    public static let ffdhe2048 = Self(rawValue: 0x0100)
    /// RFC 7919 §A.2; not supported.
    public static let ffdhe3072 = Self(rawValue: 0x0101)
    /// RFC 7919 §A.3; not supported.
    public static let ffdhe4096 = Self(rawValue: 0x0102)
    /// RFC 7919 §A.4; not supported.
    public static let ffdhe6144 = Self(rawValue: 0x0103)
    /// RFC 7919 §A.5; not supported.
    public static let ffdhe8192 = Self(rawValue: 0x0104)
    /// Key agreement with ML-KEM-768 beside X25519; not supported yet.
    public static let X25519MLKEM768 = Self(rawValue: 0x11EC)
}

extension NamedGroup {
    public var name: StaticString? {
        switch self {
        case .secp256r1: "secp256r1"
        case .secp384r1: "secp384r1"
        case .secp521r1: "secp521r1"
        case .x25519: "x25519"
        case .x448: "x448"
        case .ffdhe2048: "ffdhe2048"
        case .ffdhe3072: "ffdhe3072"
        case .ffdhe4096: "ffdhe4096"
        case .ffdhe6144: "ffdhe6144"
        case .ffdhe8192: "ffdhe8192"
        case .X25519MLKEM768: "X25519MLKEM768"
        default: nil
        }
    }
}

extension NamedGroup {
    /// The group that we implement under this IANA name, or nil.
    public init?(name text: Span<UInt8>) {
        let candidates: [3 of NamedGroup] = [.x25519, .secp256r1, .secp384r1]
        guard let found = Self.named(text, among: candidates) else { return nil }
        self = found
    }
}
