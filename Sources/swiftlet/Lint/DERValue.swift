// DER for lint: elements with copies of their bytes, so that each part of a damaged object can be looked at by itself. The
// reading, and what is strict about it, is X509's `DERReader`.
import Bytes
import X509

/// One element of DER.
struct DERValue {
    let tag: DERTag
    let content: [UInt8]
    /// Identifier, length and contents.
    let encoding: [UInt8]

    /// The elements that stand one after the other in `bytes`.
    static func elements(_ bytes: [UInt8]) throws(X509Error) -> [DERValue] {
        var reader = DERReader(bytes.span)
        var values: [DERValue] = []
        while !reader.isAtEnd {
            let element = try reader.readElement()
            values.append(
                DERValue(tag: element.tag, content: array(element.content), encoding: array(element.encoding)))
        }
        return values
    }

    /// The one element that `bytes` is, which must have this tag.
    static func only(_ bytes: [UInt8], _ tag: DERTag) throws(X509Error) -> DERValue {
        let values = try elements(bytes)
        guard let value = values.first, values.count == 1 else { throw X509Error(.trailingData) }
        guard value.tag == tag else { throw X509Error(.unexpectedElement) }
        return value
    }

    /// The elements within.
    func children() throws(X509Error) -> [DERValue] { try Self.elements(content) }

    /// The elements within, which are read one after the other.
    func fields() throws(X509Error) -> DERFields { DERFields(try children()) }

    /// An object identifier in its dotted form.
    func dottedIdentifier() throws(X509Error) -> String {
        guard tag == .objectIdentifier else { throw X509Error(.unexpectedElement) }
        _ = try ObjectIdentifier(content: content.span)
        var numbers: [UInt64] = []
        var number: UInt64 = 0
        for byte in content {
            number = number << 7 | UInt64(byte & 0x7F)
            guard byte < 0x80 else { continue }
            // The first octets hold two numbers (X.690 §8.19.4).
            if numbers.isEmpty {
                numbers = [min(number / 40, 2), number - 40 * min(number / 40, 2)]
            } else {
                numbers.append(number)
            }
            number = 0
        }
        // Cut where somebody has made it endless.
        return escaped(numbers.map(String.init).joined(separator: "."))
    }
}

/// The elements of a SEQUENCE, taken from the front.
struct DERFields {
    private var rest: ArraySlice<DERValue>

    init(_ values: [DERValue]) { rest = values[...] }

    var isAtEnd: Bool { rest.isEmpty }
    var nextTag: DERTag? { rest.first?.tag }

    /// The next element, of whatever tag.
    mutating func next() throws(X509Error) -> DERValue {
        guard let value = rest.popFirst() else { throw X509Error(.unexpectedElement) }
        return value
    }

    /// The next element, which must have this tag.
    mutating func next(_ tag: DERTag) throws(X509Error) -> DERValue {
        let value = try next()
        guard value.tag == tag else { throw X509Error(.unexpectedElement) }
        return value
    }

    /// The next element if it has this tag.
    mutating func nextIf(_ tag: DERTag) -> DERValue? { nextTag == tag ? rest.popFirst() : nil }

    /// Requires that nothing is left.
    func finish() throws(X509Error) {
        guard isAtEnd else { throw X509Error(.trailingData) }
    }
}
