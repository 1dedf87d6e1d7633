// The level of an alert (RFC 8446 §6). In TLS 1.3 it says nothing: the description decides.

/// How bad an alert is (RFC 8446 §6).
public struct AlertLevel: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension AlertLevel {
    /// The connection may go on.
    public static let warning = Self(rawValue: 1)
    /// The connection is over.
    public static let fatal = Self(rawValue: 2)
}

extension AlertLevel {
    public var name: StaticString? {
        switch self {
        case .warning: "warning"
        case .fatal: "fatal"
        default: nil
        }
    }
}
