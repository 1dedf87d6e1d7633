// Protocol versions (RFC 8446 §4.2.1, §B.3.1.1). On the wire TLS 1.0 is 3.1, and so TLS 1.3 is 3.4.
import Bytes

/// A version of the protocol (RFC 8446 §4.1.2).
public struct ProtocolVersion: Codepoint {
    /// The number.
    public let rawValue: UInt16

    /// The value with this number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
}

extension ProtocolVersion {
    /// SSL 3.0: never negotiated (RFC 7568).
    public static let ssl30 = Self(rawValue: 0x0300)
    /// TLS 1.0: never negotiated (RFC 8996).
    public static let tls10 = Self(rawValue: 0x0301)
    /// TLS 1.1: never negotiated (RFC 8996).
    public static let tls11 = Self(rawValue: 0x0302)
    /// TLS 1.2 (RFC 5246).
    public static let tls12 = Self(rawValue: 0x0303)
    /// TLS 1.3 (RFC 8446).
    public static let tls13 = Self(rawValue: 0x0304)
}

extension ProtocolVersion {
    public var name: StaticString? {
        switch self {
        case .ssl30: "SSL 3.0"
        case .tls10: "TLS 1.0"
        case .tls11: "TLS 1.1"
        case .tls12: "TLS 1.2"
        case .tls13: "TLS 1.3"
        default: nil
        }
    }

    /// The version that a configuration calls `1.2` or `1.3`, or nil.
    public init?(number text: Span<UInt8>) {
        let twelve: StaticString = "1.2"
        let thirteen: StaticString = "1.3"
        if twelve.hasSameBytes(as: text) {
            self = .tls12
        } else if thirteen.hasSameBytes(as: text) {
            self = .tls13
        } else {
            return nil
        }
    }
}
