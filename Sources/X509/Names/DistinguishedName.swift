// Distinguished names (RFC 5280 §4.1.2.4): a sequence of sets of attributes.
//
// How two of them are compared is in NameComparison.

import Bytes

/// A view of a Name.
public struct DistinguishedName: ~Escapable {
    /// The whole encoding, the SEQUENCE's tag and length included.
    public let der: Span<UInt8>
    private let content: Span<UInt8>

    /// Checks the structure of a Name.
    /// - Parameter element: the SEQUENCE.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badName`, `tooManyNames`
    @_lifetime(copy element)
    init(_ element: DERElement) throws(X509Error) {
        der = element.encoding
        content = element.content
        var attributes = 0
        var sets = DERReader(element.content)
        while !sets.isAtEnd {
            var set = DERReader(try sets.read(.set))
            // SET SIZE (1..MAX)
            guard !set.isAtEnd else { throw X509Error(.badName) }
            attributes += try set.countAttributes()
            guard attributes <= X509Limits.nameAttributes else { throw X509Error(.tooManyNames) }
        }
    }

    /// Whether it has no attribute at all.
    public var isEmpty: Bool { content.isEmpty }

    /// The relative names, in the order of the encoding.
    var relativeNames: RelativeNames {
        @_lifetime(copy self)
        get { RelativeNames(content) }
    }

    /// The attributes, in the order of the encoding.
    public var attributes: Attributes {
        @_lifetime(copy self)
        get { Attributes(content) }
    }

    /// One attribute of a name.
    public struct Attribute: ~Escapable {
        /// What it says: common name, country, …
        public let type: ObjectIdentifier
        /// The contents octets of `type`.
        public let typeBytes: Span<UInt8>
        /// The value, of any string type.
        public let value: DERElement
        /// Whether it belongs to the same set as the attribute before it.
        public internal(set) var continuesSet = false

        @_lifetime(copy typeBytes, copy value)
        init(type: ObjectIdentifier, typeBytes: Span<UInt8>, value: DERElement) {
            self.type = type
            self.typeBytes = typeBytes
            self.value = value
        }
    }

    /// Reads the attributes one after the other.
    public struct Attributes: ~Escapable {
        private var sets: DERReader
        private var set: DERReader

        @_lifetime(copy content)
        fileprivate init(_ content: Span<UInt8>) {
            sets = DERReader(content)
            set = DERReader(content.extracting(0..<0))
        }

        /// The next attribute, or nil after the last.
        @_lifetime(copy self)
        public mutating func next() -> Attribute? {
            let continues = !set.isAtEnd
            // The whole name was checked when it was made, so nothing here can fail.
            do throws(X509Error) {
                if !continues {
                    guard !sets.isAtEnd else { return nil }
                    set = DERReader(try sets.read(.set))
                }
                var attribute = try set.readAttribute()
                attribute.continuesSet = continues
                return attribute
            } catch {
                return nil
            }
        }
    }
}

extension DERReader {
    /// A Name.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badName`, `tooManyNames`
    @_lifetime(copy self)
    public mutating func readDistinguishedName() throws(X509Error) -> DistinguishedName {
        try DistinguishedName(try readElement(.sequence))
    }

    /// The attributes of a set, each of them read.
    /// - Throws: `malformedDER`, `unexpectedElement`, `tooManyNames`
    @_lifetime(self: copy self)
    mutating func countAttributes() throws(X509Error) -> Int {
        var count = 0
        while !isAtEnd {
            _ = try readAttribute()
            count += 1
            guard count <= X509Limits.relativeNameAttributes else { throw X509Error(.tooManyNames) }
        }
        return count
    }

    @_lifetime(copy self)
    mutating func readAttribute() throws(X509Error) -> DistinguishedName.Attribute {
        var reader = try readSequence()
        let type = try reader.read(.objectIdentifier)
        let value = try reader.readElement()
        try reader.finish()
        return DistinguishedName.Attribute(type: try ObjectIdentifier(content: type), typeBytes: type, value: value)
    }
}
