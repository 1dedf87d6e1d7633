// A list of 16-bit codepoints in received bytes: cipher suites, groups, signature schemes, versions. It is read where it
// lies, so a peer may offer as many as a message holds.
import Bytes

/// 16-bit codepoints one after the other, as a view of received bytes.
struct CodepointList16<Element: Codepoint>: ~Escapable where Element.RawValue == UInt16 {
    /// The bytes, two for each element.
    let bytes: Span<UInt8>

    /// A list in the sender's order, or nil for an odd number of bytes.
    @_lifetime(copy bytes)
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count % 2 == 0 else { return nil }
        self.bytes = bytes
    }

    /// How many elements there are.
    var count: Int { bytes.count / 2 }

    /// Whether there are none.
    var isEmpty: Bool { bytes.isEmpty }

    /// The indices of the elements.
    var indices: Range<Int> { 0..<count }

    /// The element at an index below `count`.
    subscript(index: Int) -> Element {
        Element(rawValue: UInt16(bytes[2 * index]) << 8 | UInt16(bytes[2 * index + 1]))
    }

    /// Whether `element` is in the list.
    func contains(_ element: Element) -> Bool { position(of: element) != nil }

    /// The place of the first `element`, if there is one.
    func position(of element: Element) -> Int? {
        for index in 0..<count where self[index] == element { return index }
        return nil
    }
}

/// Cipher suites that a client offers.
typealias CipherSuiteList = CodepointList16<CipherSuite>
/// Groups that a peer supports.
typealias NamedGroupList = CodepointList16<NamedGroup>
/// Signature schemes that a peer accepts.
typealias SignatureSchemeList = CodepointList16<SignatureScheme>

extension Span where Element == UInt8 {
    /// Whether an 8-bit codepoint is in the list that these bytes are.
    func has(_ codepoint: UInt8) -> Bool {
        for index in indices where self[index] == codepoint { return true }
        return false
    }
}
