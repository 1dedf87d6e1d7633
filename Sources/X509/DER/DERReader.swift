// A strict reader of DER (X.690 §8, §10, §11): one tag byte, a definite length of least size, primitive values in
// their canonical form. It never descends by itself: a caller opens a reader over the contents of an element, so
// depth is bounded by the grammar that the caller writes out.

/// The identifier octet of an element (X.690 §8.1.2). Tag numbers above 30 do not occur in certificates.
public struct DERTag: Equatable, Sendable {
    /// Class, constructed bit and number.
    public let rawValue: UInt8
    /// A tag by its identifier octet.
    public init(_ rawValue: UInt8) { self.rawValue = rawValue }

    /// BOOLEAN
    public static var boolean: DERTag { DERTag(0x01) }
    /// INTEGER
    public static var integer: DERTag { DERTag(0x02) }
    /// BIT STRING
    public static var bitString: DERTag { DERTag(0x03) }
    /// OCTET STRING
    public static var octetString: DERTag { DERTag(0x04) }
    /// NULL
    public static var null: DERTag { DERTag(0x05) }
    /// OBJECT IDENTIFIER
    public static var objectIdentifier: DERTag { DERTag(0x06) }
    /// ENUMERATED
    public static var enumerated: DERTag { DERTag(0x0A) }
    /// UTF8String
    public static var utf8String: DERTag { DERTag(0x0C) }
    /// NumericString
    public static var numericString: DERTag { DERTag(0x12) }
    /// PrintableString
    public static var printableString: DERTag { DERTag(0x13) }
    /// TeletexString
    public static var teletexString: DERTag { DERTag(0x14) }
    /// IA5String
    public static var ia5String: DERTag { DERTag(0x16) }
    /// VisibleString
    public static var visibleString: DERTag { DERTag(0x1A) }
    /// UTCTime
    public static var utcTime: DERTag { DERTag(0x17) }
    /// GeneralizedTime
    public static var generalizedTime: DERTag { DERTag(0x18) }
    /// SEQUENCE and SEQUENCE OF
    public static var sequence: DERTag { DERTag(0x30) }
    /// SET and SET OF
    public static var set: DERTag { DERTag(0x31) }
    /// `[number]` of the context class, primitive. `number` is at most 30.
    public static func context(_ number: UInt8) -> DERTag { DERTag(0x80 | number) }
    /// `[number]` of the context class, constructed. `number` is at most 30.
    public static func contextConstructed(_ number: UInt8) -> DERTag { DERTag(0xA0 | number) }
}

/// One element: its tag, its contents, and the whole of its encoding.
public struct DERElement: ~Escapable {
    /// The identifier octet.
    public let tag: DERTag
    /// The contents octets.
    public let content: Span<UInt8>
    /// Identifier, length and contents.
    public let encoding: Span<UInt8>

    @_lifetime(copy content, copy encoding)
    init(tag: DERTag, content: Span<UInt8>, encoding: Span<UInt8>) {
        self.tag = tag
        self.content = content
        self.encoding = encoding
    }
}

/// A cursor over elements of DER that stand one after the other.
public struct DERReader: ~Escapable {
    private let bytes: Span<UInt8>
    private var offset: Int

    /// A reader at the first element in `bytes`.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        offset = 0
    }

    /// Whether everything has been read.
    public var isAtEnd: Bool { offset == bytes.count }

    /// The tag of the next element, or nil at the end.
    public var nextTag: DERTag? { offset < bytes.count ? DERTag(bytes[offset]) : nil }

    /// Requires that everything has been read.
    /// - Throws: `trailingData`
    public func finish() throws(X509Error) {
        guard isAtEnd else { throw X509Error(.trailingData) }
    }

    /// The next element, whatever its tag.
    /// - Throws: `malformedDER`, also at the end.
    @_lifetime(copy self)
    public mutating func readElement() throws(X509Error) -> DERElement {
        let start = offset
        guard bytes.count - start >= 2 else { throw X509Error(.malformedDER) }
        let tag = DERTag(bytes[start])
        // X.690 §8.1.2.4: a number of 31 announces further identifier octets, which certificates never need.
        guard tag.rawValue & 0x1F != 0x1F else { throw X509Error(.malformedDER) }
        offset = start + 1
        do throws(X509Error) {
            let length = try readLength()
            let contentStart = offset
            offset = contentStart + length
            return DERElement(
                tag: tag, content: bytes.extracting(contentStart..<offset), encoding: bytes.extracting(start..<offset))
        } catch {
            offset = start
            throw error
        }
    }

    /// A length, definite and of least size (X.690 §10.1), that fits what is left.
    @_lifetime(self: copy self)
    private mutating func readLength() throws(X509Error) -> Int {
        let first = bytes[offset]
        offset += 1
        var length = UInt64(first)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            // 0 octets is the indefinite form; five would exceed any certificate.
            guard (1...4).contains(count), count <= bytes.count - offset else { throw X509Error(.malformedDER) }
            length = 0
            for index in offset..<(offset + count) { length = length << 8 | UInt64(bytes[index]) }
            let needsLongForm = length >= 0x80
            let needsAllOctets = length >> UInt64(8 * (count - 1)) != 0
            guard needsLongForm, needsAllOctets else { throw X509Error(.malformedDER) }
            offset += count
        }
        guard length <= UInt64(bytes.count - offset) else { throw X509Error(.malformedDER) }
        return Int(length)
    }

    /// The next element, which must have this tag.
    /// - Throws: `unexpectedElement`, `malformedDER`
    @_lifetime(copy self)
    public mutating func readElement(_ tag: DERTag) throws(X509Error) -> DERElement {
        guard let next = nextTag else { throw X509Error(.malformedDER) }
        guard next == tag else { throw X509Error(.unexpectedElement) }
        return try readElement()
    }

    /// The contents of the next element, which must have this tag.
    /// - Throws: `unexpectedElement`, `malformedDER`
    @_lifetime(copy self)
    public mutating func read(_ tag: DERTag) throws(X509Error) -> Span<UInt8> {
        try readElement(tag).content
    }

    /// A reader over the contents of the next element, which must be a SEQUENCE.
    /// - Throws: `unexpectedElement`, `malformedDER`
    @_lifetime(copy self)
    public mutating func readSequence() throws(X509Error) -> DERReader {
        DERReader(try read(.sequence))
    }

    /// The contents of the next element if it has this tag; otherwise nil, and nothing is read.
    /// - Throws: `malformedDER`
    @_lifetime(copy self)
    public mutating func readOptional(_ tag: DERTag) throws(X509Error) -> Span<UInt8>? {
        guard nextTag == tag else { return nil }
        return try readElement().content
    }
}
