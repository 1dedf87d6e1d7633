// Cipher suites (RFC 8446 §B.4, and for TLS 1.2 RFC 5288, RFC 5289, RFC 7251, RFC 7905).

/// A cipher suite (registry "TLS Cipher Suites").
public struct CipherSuite: Codepoint {
    /// The number.
    public let rawValue: UInt16

    /// The value with this number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension CipherSuite {
    /// RFC 8446 §B.4
    public static let TLS_AES_128_GCM_SHA256 = Self(rawValue: 0x1301)
    /// RFC 8446 §B.4
    public static let TLS_AES_256_GCM_SHA384 = Self(rawValue: 0x1302)
    /// RFC 8446 §B.4
    public static let TLS_CHACHA20_POLY1305_SHA256 = Self(rawValue: 0x1303)
    /// RFC 8446 §B.4
    public static let TLS_AES_128_CCM_SHA256 = Self(rawValue: 0x1304)
    /// RFC 8446 §B.4; not supported: its tag has 64 bits.
    public static let TLS_AES_128_CCM_8_SHA256 = Self(rawValue: 0x1305)
    /// RFC 5289 §3.2; TLS 1.2
    public static let TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = Self(rawValue: 0xC02B)
    /// RFC 5289 §3.2; TLS 1.2
    public static let TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = Self(rawValue: 0xC02C)
    /// RFC 5289 §3.2; TLS 1.2
    public static let TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = Self(rawValue: 0xC02F)
    /// RFC 5289 §3.2; TLS 1.2
    public static let TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = Self(rawValue: 0xC030)
    /// RFC 7905 §2; TLS 1.2
    public static let TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = Self(rawValue: 0xCCA8)
    /// RFC 7905 §2; TLS 1.2
    public static let TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = Self(rawValue: 0xCCA9)
    /// RFC 7251 §2; TLS 1.2
    public static let TLS_ECDHE_ECDSA_WITH_AES_128_CCM = Self(rawValue: 0xC0AC)
    /// RFC 5288 §3; TLS 1.2, with RSA key transport: see `Configuration.unsafeRSAKeyTransport`.
    public static let TLS_RSA_WITH_AES_128_GCM_SHA256 = Self(rawValue: 0x009C)
    /// RFC 5288 §3; TLS 1.2, with RSA key transport: see `Configuration.unsafeRSAKeyTransport`.
    public static let TLS_RSA_WITH_AES_256_GCM_SHA384 = Self(rawValue: 0x009D)
    /// RFC 5746 §3.3: a signal, not a suite.
    public static let TLS_EMPTY_RENEGOTIATION_INFO_SCSV = Self(rawValue: 0x00FF)
    /// RFC 7507 §2: a signal, not a suite.
    public static let TLS_FALLBACK_SCSV = Self(rawValue: 0x5600)
}

extension CipherSuite {
    public var name: StaticString? {
        switch self {
        case .TLS_AES_128_GCM_SHA256: "TLS_AES_128_GCM_SHA256"
        case .TLS_AES_256_GCM_SHA384: "TLS_AES_256_GCM_SHA384"
        case .TLS_CHACHA20_POLY1305_SHA256: "TLS_CHACHA20_POLY1305_SHA256"
        case .TLS_AES_128_CCM_SHA256: "TLS_AES_128_CCM_SHA256"
        case .TLS_AES_128_CCM_8_SHA256: "TLS_AES_128_CCM_8_SHA256"
        case .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        case .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
        case .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        case .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
        case .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
        case .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
        case .TLS_ECDHE_ECDSA_WITH_AES_128_CCM: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"
        case .TLS_RSA_WITH_AES_128_GCM_SHA256: "TLS_RSA_WITH_AES_128_GCM_SHA256"
        case .TLS_RSA_WITH_AES_256_GCM_SHA384: "TLS_RSA_WITH_AES_256_GCM_SHA384"
        case .TLS_EMPTY_RENEGOTIATION_INFO_SCSV: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
        case .TLS_FALLBACK_SCSV: "TLS_FALLBACK_SCSV"
        default: nil
        }
    }
}

extension CipherSuite {
    /// The suite that we implement under this IANA name, or nil.
    public init?(name text: Span<UInt8>) {
        let candidates: [13 of CipherSuite] = [
            .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_128_CCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
            .TLS_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_RSA_WITH_AES_256_GCM_SHA384,
        ]
        guard let found = Self.named(text, among: candidates) else { return nil }
        self = found
    }
}
