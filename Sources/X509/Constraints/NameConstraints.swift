// The nameConstraints extension (RFC 5280 §4.2.1.10): within which subtrees of names an authority may, or may not, speak
// for somebody. A constraint that could not be compared as its issuer meant it is refused when it is read: one that
// never matched would exclude nothing.

import Bytes

/// The subtrees of a nameConstraints extension.
public struct NameConstraints: ~Escapable {
    /// Where there is one of a name's kind, the name must be within one of them.
    public let permitted: GeneralSubtrees
    /// The name must be within none of them, whatever is permitted.
    public let excluded: GeneralSubtrees

    /// Checks every subtree.
    /// - Parameter value: the contents of the extension.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badExtension`, `badName`, `tooManyNames`, `trailingData`,
    ///   `unsupportedNameConstraints`
    @_lifetime(copy value)
    init(extensionValue value: Span<UInt8>) throws(X509Error) {
        var outer = DERReader(value)
        var reader = try outer.readSequence()
        try outer.finish()
        // "MUST NOT issue certificates where name constraints is an empty sequence": it would say nothing.
        guard !reader.isAtEnd else { throw X509Error(.badExtension) }
        permitted = try GeneralSubtrees(try reader.readOptional(.contextConstructed(0)))
        excluded = try GeneralSubtrees(try reader.readOptional(.contextConstructed(1)))
        try reader.finish()
    }
}

/// Subtrees, to be read one after the other.
public struct GeneralSubtrees: ~Escapable {
    private var reader: DERReader

    /// - Parameter content: the contents of the field; nil where it is absent.
    @_lifetime(copy content)
    init(_ content: Span<UInt8>?) throws(X509Error) {
        guard let content else {
            reader = DERReader(Span())
            return
        }
        reader = DERReader(content)
        // SEQUENCE SIZE (1..MAX)
        guard !reader.isAtEnd else { throw X509Error(.badExtension) }
        var check = reader
        var count = 0
        while !check.isAtEnd {
            _ = try GeneralSubtree(try check.readSequence())
            count += 1
            guard count <= X509Limits.nameConstraints else { throw X509Error(.tooManyNames) }
        }
    }

    /// The next subtree, or nil after the last.
    @_lifetime(copy self)
    public mutating func next() -> GeneralSubtree? {
        guard !reader.isAtEnd else { return nil }
        // All were checked when this was made, so nothing here can fail.
        do throws(X509Error) { return try GeneralSubtree(try reader.readSequence()) } catch { return nil }
    }
}

/// GeneralSubtree ::= SEQUENCE { base, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
public struct GeneralSubtree: ~Escapable {
    /// What kind of name it is about.
    public let kind: GeneralName.Kind
    /// The name at its root: text in ASCII, an address with its mask, or the contents of the element.
    public let base: Span<UInt8>

    @_lifetime(copy sequence)
    init(_ sequence: DERReader) throws(X509Error) {
        var reader = sequence
        let element = try reader.readElement()
        // RFC 5280: "minimum MUST be zero, and maximum MUST be absent". DER leaves out the default.
        guard reader.isAtEnd else { throw X509Error(.unsupportedNameConstraints) }
        base = element.content
        if element.tag == .context(7) {
            kind = .ip
            try checkAddressRange(base)
        } else {
            let name = try GeneralName(element)
            kind = name.kind
            try checkTextBase(name)
        }
    }
}

/// An address and a mask of the same length, the latter ones first, then zeros (RFC 4632 §3.1).
private func checkAddressRange(_ base: Span<UInt8>) throws(X509Error) {
    guard base.count == 8 || base.count == 32 else { throw X509Error(.badName) }
    var mustBeZero = false
    for index in (base.count / 2)..<base.count {
        let ones = (~base[index]).leadingZeroBitCount
        let isPrefix = base[index].nonzeroBitCount == ones
        guard isPrefix, !mustBeZero || ones == 0 else { throw X509Error(.badName) }
        mustBeZero = ones < 8
    }
}

/// Whether a base that is text can be compared with names of its kind. An empty one stands for every name.
private func checkTextBase(_ name: borrowing GeneralName) throws(X509Error) {
    let base = name.value
    switch name.kind {
    case .dns, .uri:
        guard base.isEmpty || isDomain(base) else { throw X509Error(.badName) }
    case .email:
        if let at = lastAt(base) {
            guard at > 0, isDNSName(base.extracting((at + 1)..<base.count), wildcard: .refused) else {
                throw X509Error(.badName)
            }
        } else {
            guard base.isEmpty || isDomain(base) else { throw X509Error(.badName) }
        }
    case .ip, .directory, .other: break
    }
}

/// A DNS name, or a period and one: every name below it but not the name itself.
private func isDomain(_ text: Span<UInt8>) -> Bool {
    let start = text[0] == UInt8(ascii: ".") ? 1 : 0
    return isDNSName(text.extracting(start..<text.count), wildcard: .refused)
}
