// The subject that a server's template wants in a request (RFC 9908 §3.4): a Name whose attributes may have no value, which the
// client then has to fill in.
import Bytes
import X509

/// A cursor over the relative distinguished names of a template's subject.
struct SubjectTemplateReader: ~Escapable {
    private var reader: DERReader

    /// One of them.
    struct Element: ~Escapable {
        /// All of it.
        let encoding: Span<UInt8>
        /// The type of an attribute that has no value: the contents of its object identifier; no bytes where all have one.
        let open: Span<UInt8>
        /// Whether it has one attribute alone.
        let isSingle: Bool

        /// Whether it is to be the common name, which the client has.
        var isOpenCommonName: Bool { isSingle && open.hasSameBytes(as: commonName.span) }

        @_lifetime(copy set)
        fileprivate init(_ set: DERElement) throws(X509Error) {
            encoding = set.encoding
            var reader = DERReader(set.content)
            var open = set.content.extracting(0..<0)
            var count = 0
            repeat {
                // SingleAttributeTemplate ::= SEQUENCE { type, value OPTIONAL }
                var attribute = try reader.readSequence()
                let type = try attribute.read(.objectIdentifier)
                if attribute.isAtEnd { open = type } else { _ = try attribute.readElement() }
                try attribute.finish()
                count += 1
            } while !reader.isAtEnd
            self.open = open
            isSingle = count == 1
        }
    }

    @_lifetime(copy names)
    init(_ names: Span<UInt8>) { reader = DERReader(names) }

    @_lifetime(copy self)
    mutating func next() throws(X509Error) -> Element? {
        guard !reader.isAtEnd else { return nil }
        return try Element(try reader.readElement(.set))
    }
}

// Contents octets of 2.5.4.3.
private let commonName: [3 of UInt8] = [0x55, 0x04, 0x03]
