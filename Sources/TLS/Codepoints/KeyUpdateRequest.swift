// Whether a KeyUpdate wants one in return (RFC 8446 §4.6.3). Other values are illegal: see KeyUpdate.

/// Whether a KeyUpdate is to be answered by one (RFC 8446 §4.6.3).
public struct KeyUpdateRequest: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension KeyUpdateRequest {
    /// No answer is wanted.
    public static let update_not_requested = Self(rawValue: 0)
    /// The receiver must send a KeyUpdate of its own.
    public static let update_requested = Self(rawValue: 1)
}

extension KeyUpdateRequest {
    public var name: StaticString? {
        switch self {
        case .update_not_requested: "update_not_requested"
        case .update_requested: "update_requested"
        default: nil
        }
    }
}
