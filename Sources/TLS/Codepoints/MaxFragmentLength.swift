// The lengths of max_fragment_length (RFC 6066 §4).

/// A length of max_fragment_length, in plaintext bytes as a power of two (RFC 6066 §4).
public struct MaxFragmentLength: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension MaxFragmentLength {
    /// 2^9 bytes.
    public static let bytes512 = Self(rawValue: 1)
    /// 2^10 bytes.
    public static let bytes1024 = Self(rawValue: 2)
    /// 2^11 bytes.
    public static let bytes2048 = Self(rawValue: 3)
    /// 2^12 bytes.
    public static let bytes4096 = Self(rawValue: 4)
}

extension MaxFragmentLength {
    public var name: StaticString? {
        switch self {
        case .bytes512: "bytes512"
        case .bytes1024: "bytes1024"
        case .bytes2048: "bytes2048"
        case .bytes4096: "bytes4096"
        default: nil
        }
    }
}

extension MaxFragmentLength {
    /// Plaintext bytes in a record, or nil for a value that is not assigned.
    public var byteCount: Int? { (1...4).contains(rawValue) ? 256 << Int(rawValue) : nil }
}
