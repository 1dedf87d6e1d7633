// Comparison of distinguished names (RFC 5280 §7.1).
//
// Names are the same where their encodings are, which is how §4.1.2.6 has an issuer name itself in what it issues. Where
// they are not, strings are compared without regard to ASCII case, to spaces at either end and to how many spaces stand
// between words, whichever of the common string types each of them has. Beyond ASCII letters are compared octet for octet:
// the mappings of RFC 4518 need tables that are larger than all of this target. So two names that differ in the case
// of a letter with an accent are two names here.

import Bytes

extension DistinguishedName {
    /// Whether both are the same name.
    public func isSame(as other: DistinguishedName) -> Bool {
        if der.hasSameBytes(as: other.der) { return true }
        var own = relativeNames
        var others = other.relativeNames
        while let set = own.next() {
            guard let otherSet = others.next(), isSameRelativeName(set, otherSet) else { return false }
        }
        return others.next() == nil
    }

    /// Whether the name stands in the subtree below `base` (RFC 5280 §4.2.1.10): whether it begins with its relative names.
    func isWithin(_ base: DistinguishedName) -> Bool {
        var own = relativeNames
        var expected = base.relativeNames
        while let set = expected.next() {
            guard let ownSet = own.next(), isSameRelativeName(set, ownSet) else { return false }
        }
        return true
    }

    /// Whether the name is `start` with one relative name more.
    func isSame(as start: DistinguishedName, followedBy last: Span<UInt8>) -> Bool {
        var own = relativeNames
        var expected = start.relativeNames
        while let set = expected.next() {
            guard let ownSet = own.next(), isSameRelativeName(set, ownSet) else { return false }
        }
        guard let ownLast = own.next(), isSameRelativeName(ownLast, last) else { return false }
        return own.next() == nil
    }
}

/// Reads the contents of the sets of a name one after the other.
struct RelativeNames: ~Escapable {
    private var sets: DERReader

    @_lifetime(copy content)
    init(_ content: Span<UInt8>) { sets = DERReader(content) }

    /// The contents of the next set, or nil after the last.
    @_lifetime(copy self)
    mutating func next() -> Span<UInt8>? {
        guard !sets.isAtEnd else { return nil }
        // The whole name was checked when it was made, so nothing here can fail.
        do throws(X509Error) { return try sets.read(.set) } catch { return nil }
    }
}

/// Checks the contents of a set of attributes that stands alone.
/// - Throws: `badName` where it is empty, `malformedDER`, `unexpectedElement`, `tooManyNames`
func checkRelativeName(_ set: Span<UInt8>) throws(X509Error) {
    var reader = DERReader(set)
    // SET SIZE (1..MAX)
    guard try reader.countAttributes() > 0 else { throw X509Error(.badName) }
}

/// Whether two sets have as many attributes, and each of the first has one in the second that it matches.
/// - Parameters: the contents of sets that were checked.
func isSameRelativeName(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    if a.hasSameBytes(as: b) { return true }
    do throws(X509Error) {
        var others = DERReader(b)
        var own = DERReader(a)
        var count = 0
        while !own.isAtEnd {
            guard contains(try own.readAttribute(), DERReader(b)) else { return false }
            count += 1
        }
        return try others.countAttributes() == count
    } catch {
        return false
    }
}

private func contains(_ attribute: DistinguishedName.Attribute, _ set: DERReader) -> Bool {
    var reader = set
    do throws(X509Error) {
        while !reader.isAtEnd {
            let candidate = try reader.readAttribute()
            guard candidate.typeBytes.hasSameBytes(as: attribute.typeBytes) else { continue }
            if isSameValue(candidate.value, attribute.value) { return true }
        }
    } catch {}
    return false
}

private func isSameValue(_ a: DERElement, _ b: DERElement) -> Bool {
    if a.encoding.hasSameBytes(as: b.encoding) { return true }
    guard a.tag.isFoldable, b.tag.isFoldable else { return false }
    var own = FoldedText(a.content)
    var other = FoldedText(b.content)
    while true {
        let (byte, otherByte) = (own.next(), other.next())
        guard byte == otherByte else { return false }
        guard byte != nil else { return true }
    }
}

extension DERTag {
    /// Whether it is a string type whose octets are ASCII, or ASCII and more (RFC 5280 §7.1, §7.3).
    fileprivate var isFoldable: Bool {
        self == .utf8String || self == .printableString || self == .ia5String || self == .visibleString
            || self == .numericString
    }
}

/// The octets of a text with its spaces and its case folded.
private struct FoldedText: ~Escapable {
    private let text: Span<UInt8>
    private var index = 0

    @_lifetime(copy text)
    init(_ text: Span<UInt8>) {
        self.text = text
        skipSpaces()
    }

    @_lifetime(self: copy self)
    private mutating func skipSpaces() {
        while index < text.count, text[index] == UInt8(ascii: " ") { index += 1 }
    }

    @_lifetime(self: copy self)
    mutating func next() -> UInt8? {
        guard index < text.count else { return nil }
        let byte = text[index]
        index += 1
        guard byte == UInt8(ascii: " ") else { return lowercase(byte) }
        skipSpaces()
        return index < text.count ? byte : nil
    }
}
