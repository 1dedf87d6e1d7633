// The type of a record's content (RFC 8446 §5.1).

/// What a record carries (RFC 8446 §5.1, registry "TLS ContentType").
public struct ContentType: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension ContentType {
    /// §5.1: never sent.
    public static let invalid = Self(rawValue: 0)
    /// §5, Appendix D.4
    public static let change_cipher_spec = Self(rawValue: 20)
    /// §6
    public static let alert = Self(rawValue: 21)
    /// §4
    public static let handshake = Self(rawValue: 22)
    /// §5
    public static let application_data = Self(rawValue: 23)
    /// RFC 6520 §3; not supported.
    public static let heartbeat = Self(rawValue: 24)
}

extension ContentType {
    public var name: StaticString? {
        switch self {
        case .invalid: "invalid"
        case .change_cipher_spec: "change_cipher_spec"
        case .alert: "alert"
        case .handshake: "handshake"
        case .application_data: "application_data"
        case .heartbeat: "heartbeat"
        default: nil
        }
    }
}
