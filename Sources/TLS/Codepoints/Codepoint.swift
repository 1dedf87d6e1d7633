// Codepoints: the numbers of TLS. Each registry is an open struct, not an enum: values that we do not know survive
// parsing, since a peer may offer anything and GREASE (RFC 8701) does so on purpose. Members carry the exact spelling
// of the IANA registry. This file: what all of them have in common.
import Bytes

/// A number of one of the registries of TLS.
public protocol Codepoint: RawRepresentable, Equatable, Sendable, BitwiseCopyable
where RawValue: FixedWidthInteger & UnsignedInteger & Sendable & BitwiseCopyable {
    /// Any number is a value, assigned or not.
    init(rawValue: RawValue)
    /// The name in the registry, or nil where we do not know the number.
    var name: StaticString? { get }
}

extension Codepoint where RawValue == UInt16 {
    /// Whether the value is one of the sixteen reserved so that peers learn to ignore what they do not know
    /// (RFC 8701 §2): 0x0A0A, 0x1A1A, … 0xFAFA.
    public var isGREASE: Bool { rawValue & 0x0F0F == 0x0A0A && rawValue >> 8 == rawValue & 0xFF }
}

extension Codepoint {
    /// The value of `candidates` that carries this name, for reading a configuration.
    static func named<let count: Int>(_ text: Span<UInt8>, among candidates: InlineArray<count, Self>) -> Self? {
        for index in candidates.indices {
            if let name = candidates[index].name, name.hasSameBytes(as: text) { return candidates[index] }
        }
        return nil
    }
}

extension StaticString {
    /// Whether `bytes` are the UTF-8 of this text.
    func hasSameBytes(as bytes: Span<UInt8>) -> Bool {
        guard bytes.count == utf8CodeUnitCount else { return false }
        for index in bytes.indices {
            // A StaticString's code units live as long as the program; `index` is within them by the check above.
            let unit = unsafe utf8Start[index]
            guard unit == bytes[index] else { return false }
        }
        return true
    }
}
