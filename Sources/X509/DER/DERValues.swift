// Primitive values in their DER form (X.690 §8.2, §8.3, §8.6, §8.8, §11.1, §11.2).

import Bytes

extension DERReader {
    /// A BOOLEAN: TRUE is 0xFF and nothing else (X.690 §11.1).
    /// - Throws: `malformedDER`, `unexpectedElement`
    @_lifetime(self: copy self)
    public mutating func readBoolean() throws(X509Error) -> Bool {
        let content = try read(.boolean)
        guard content.count == 1 else { throw X509Error(.malformedDER) }
        switch content[0] {
        case 0x00: return false
        case 0xFF: return true
        default: throw X509Error(.malformedDER)
        }
    }

    /// A `BOOLEAN DEFAULT FALSE`: DER leaves the default out (X.690 §11.5), so a written FALSE is refused.
    /// - Throws: `malformedDER`
    @_lifetime(self: copy self)
    public mutating func readBooleanDefaultFalse() throws(X509Error) -> Bool {
        guard nextTag == .boolean else { return false }
        guard try readBoolean() else { throw X509Error(.malformedDER) }
        return true
    }

    /// The contents of an INTEGER: two's complement, at least one octet, no superfluous one (X.690 §8.3.2).
    /// - Throws: `malformedDER`, `unexpectedElement`
    @_lifetime(copy self)
    public mutating func readInteger() throws(X509Error) -> Span<UInt8> {
        let content = try read(.integer)
        try checkMinimalInteger(content)
        return content
    }

    /// An INTEGER that must not be negative, without the zero octet that stands for its sign.
    /// - Throws: `malformedDER` also where it is negative, `unexpectedElement`
    @_lifetime(copy self)
    public mutating func readUnsignedInteger() throws(X509Error) -> Span<UInt8> {
        try unsignedMagnitude(try read(.integer))
    }

    /// A small INTEGER, zero or more, below 2^31.
    /// - Throws: `malformedDER` also where it is negative or too large, `unexpectedElement`
    @_lifetime(self: copy self)
    public mutating func readSmallInteger() throws(X509Error) -> Int {
        let content = try readUnsignedInteger()
        guard content.count <= 4 else { throw X509Error(.malformedDER) }
        var value: UInt64 = 0
        for index in content.indices { value = value << 8 | UInt64(content[index]) }
        guard value <= UInt64(Int32.max) else { throw X509Error(.malformedDER) }
        return Int(value)
    }

    /// An OBJECT IDENTIFIER.
    /// - Throws: `malformedDER`, `unexpectedElement`
    @_lifetime(self: copy self)
    public mutating func readObjectIdentifier() throws(X509Error) -> ObjectIdentifier {
        try ObjectIdentifier(content: try read(.objectIdentifier))
    }

    /// A BIT STRING of whole octets, as keys and signatures are.
    /// - Throws: `malformedDER`, `unexpectedElement`
    @_lifetime(copy self)
    public mutating func readOctetAlignedBitString() throws(X509Error) -> Span<UInt8> {
        let content = try read(.bitString)
        guard content.count >= 1, content[0] == 0 else { throw X509Error(.malformedDER) }
        return content.extracting(1..<content.count)
    }

    /// The first 16 bits of a BIT STRING with named bits, bit 0 as the most significant. Unused bits must be zero
    /// and trailing zero bits left out (X.690 §11.2).
    /// - Throws: `malformedDER`, `unexpectedElement`
    @_lifetime(self: copy self)
    public mutating func readNamedBits() throws(X509Error) -> UInt16 { try namedBits(try read(.bitString)) }
}

/// The first 16 bits of a BIT STRING with named bits, from its contents: for one with an implicit tag.
/// - Throws: `malformedDER`
func namedBits(_ content: Span<UInt8>) throws(X509Error) -> UInt16 {
    guard content.count >= 1, content[0] <= 7 else { throw X509Error(.malformedDER) }
    guard content.count > 1 else {
        guard content[0] == 0 else { throw X509Error(.malformedDER) }
        return 0
    }
    let last = content[content.count - 1]
    // The last octet's lowest used bit is one, and nothing is set below it.
    guard last != 0, last.trailingZeroBitCount == Int(content[0]) else { throw X509Error(.malformedDER) }
    let second = content.count > 2 ? content[2] : 0
    return UInt16(content[1]) << 8 | UInt16(second)
}

/// The octets of an INTEGER's contents that must not be negative, without the zero octet that stands for its sign.
/// - Throws: `malformedDER`
@_lifetime(copy content)
func unsignedMagnitude(_ content: Span<UInt8>) throws(X509Error) -> Span<UInt8> {
    try checkMinimalInteger(content)
    guard content[0] < 0x80 else { throw X509Error(.malformedDER) }
    return content.count > 1 && content[0] == 0 ? content.extracting(1..<content.count) : content
}

private func checkMinimalInteger(_ content: Span<UInt8>) throws(X509Error) {
    guard content.count >= 1 else { throw X509Error(.malformedDER) }
    guard content.count >= 2 else { return }
    let superfluousZero = content[0] == 0x00 && content[1] < 0x80
    let superfluousOnes = content[0] == 0xFF && content[1] >= 0x80
    guard !superfluousZero, !superfluousOnes else { throw X509Error(.malformedDER) }
}
