// How a pre-shared key is used (RFC 8446 §4.2.9).

/// How a pre-shared key may be used (RFC 8446 §4.2.9, registry "TLS PskKeyExchangeMode").
public struct PSKKeyExchangeMode: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension PSKKeyExchangeMode {
    /// The key alone, without forward secrecy.
    public static let psk_ke = Self(rawValue: 0)
    /// The key together with a key exchange.
    public static let psk_dhe_ke = Self(rawValue: 1)
}

extension PSKKeyExchangeMode {
    public var name: StaticString? {
        switch self {
        case .psk_ke: "psk_ke"
        case .psk_dhe_ke: "psk_dhe_ke"
        default: nil
        }
    }
}

extension PSKKeyExchangeMode {
    /// Whether the value is one of the eight reserved so that servers learn to ignore what they do not know
    /// (RFC 8701 §2): 0x0B, 0x2A, 0x49, … 0xE4.
    public var isGREASE: Bool { rawValue >= 0x0B && (rawValue - 0x0B) % 0x1F == 0 && rawValue <= 0xE4 }
}
