// The kinds of name in server_name (RFC 6066 §3).

/// What kind of name a server is asked for by (RFC 6066 §3).
public struct ServerNameType: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension ServerNameType {
    /// A DNS host name in ASCII, without a trailing dot.
    public static let host_name = Self(rawValue: 0)
}

extension ServerNameType {
    public var name: StaticString? {
        switch self {
        case .host_name: "host_name"
        default: nil
        }
    }
}
