// Compression methods (RFC 3749): in TLS 1.3 only "null" may be offered (RFC 8446 §4.1.2), and we never compress.

/// A compression method (registry "TLS Compression Method Identifiers").
public struct CompressionMethod: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension CompressionMethod {
    /// No compression.
    public static let null = Self(rawValue: 0)
    /// RFC 3749 §2; never used (CRIME).
    public static let DEFLATE = Self(rawValue: 1)
}

extension CompressionMethod {
    public var name: StaticString? {
        switch self {
        case .null: "null"
        case .DEFLATE: "DEFLATE"
        default: nil
        }
    }
}
