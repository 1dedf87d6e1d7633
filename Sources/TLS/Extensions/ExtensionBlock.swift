// A block of extensions (RFC 8446 §4.2), checked once when it is made: every extension is whole, no type comes twice. The
// extensions are read where they lie.
//
// Invariant: whoever has an ExtensionBlock may walk through it without meeting an error.
import Bytes

/// The extensions of one message, as a view of the bytes that came.
struct ExtensionBlock: ~Escapable {
    /// The extensions one after the other, without the length of the block.
    let bytes: Span<UInt8>
    /// The message that holds them.
    let message: HandshakeType

    /// How many extensions a block may have: more than the registry has names. It bounds the search for duplicates.
    static let most = 96

    /// Checks a block.
    /// - Throws: `.malformed(message)`, `.peerMisbehaved(.duplicateExtension)` or `(.duplicateOffer)`, `.peerMisbehaved(.tooManyExtensions)`.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, of message: HandshakeType) throws(TLSError) {
        self.bytes = bytes
        self.message = message
        var seen = FixedList<96, ExtensionType>(filler: .server_name)
        var reader = MessageReader(bytes, of: message)
        while !reader.isAtEnd {
            let type = ExtensionType(rawValue: try reader.readUInt16())
            _ = try reader.readVector16()
            // §4.2: "There MUST NOT be more than one extension of the same type in a given extension block."
            guard !seen.contains(type) else { throw .peerMisbehaved(Self.duplicate(in: message)) }
            guard seen.append(type) else { throw .peerMisbehaved(.tooManyExtensions) }
        }
    }

    /// A hello of a client and the server's long answer to it are told from the lists of a few choices elsewhere.
    private static func duplicate(in message: HandshakeType) -> Misbehaviour {
        message == .client_hello || message == .encrypted_extensions ? .duplicateOffer : .duplicateExtension
    }

    /// Whether there is no extension.
    var isEmpty: Bool { bytes.isEmpty }

    /// The body of the extension of this type, or nil where there is none.
    @_lifetime(copy self)
    func body(of type: ExtensionType) -> Span<UInt8>? {
        var reader = reader
        while let next = reader.next() {
            if next.type == type { return next.body }
        }
        return nil
    }

    /// Whether there is an extension of this type.
    func contains(_ type: ExtensionType) -> Bool { body(of: type) != nil }

    /// A cursor at the first extension.
    var reader: Reader {
        @_lifetime(copy self)
        get { Reader(bytes) }
    }

    /// One extension.
    struct Element: ~Escapable {
        /// What it is.
        let type: ExtensionType
        /// What it says.
        let body: Span<UInt8>

        @_lifetime(copy body)
        fileprivate init(_ type: ExtensionType, _ body: Span<UInt8>) {
            self.type = type
            self.body = body
        }
    }

    /// A cursor over the extensions of a block.
    struct Reader: ~Escapable {
        private var bytes: ByteReader

        @_lifetime(copy bytes)
        fileprivate init(_ bytes: Span<UInt8>) { self.bytes = ByteReader(bytes) }

        /// The next extension, or nil after the last.
        @_lifetime(copy self)
        mutating func next() -> Element? {
            guard let type = bytes.readUInt16(), let body = bytes.readVector16() else { return nil }
            return Element(ExtensionType(rawValue: type), body)
        }
    }

    /// A reader of the body of the extension of this type, or nil where there is none.
    @_lifetime(copy self)
    func messageReader(_ type: ExtensionType) -> MessageReader? {
        guard let body = body(of: type) else { return nil }
        return MessageReader(body, of: message)
    }
}

extension ExtensionBlock {
    /// Whether there is an extension of this type, which has no body.
    /// - Throws: `.malformed` where it has one.
    func hasEmpty(_ type: ExtensionType) throws(TLSError) -> Bool {
        guard let reader = messageReader(type) else { return false }
        try reader.finish()
        return true
    }

    /// The 8-bit number that is all of an extension, or nil without the extension.
    /// - Throws: `.malformed`.
    func readUInt8(_ type: ExtensionType) throws(TLSError) -> UInt8? {
        guard var reader = messageReader(type) else { return nil }
        let number = try reader.readUInt8()
        try reader.finish()
        return number
    }

    /// The 16-bit number that is all of an extension, or nil without the extension.
    /// - Throws: `.malformed`.
    func readUInt16(_ type: ExtensionType) throws(TLSError) -> UInt16? {
        guard var reader = messageReader(type) else { return nil }
        let number = try reader.readUInt16()
        try reader.finish()
        return number
    }

    /// The vector that is all of an extension, its length in front in one byte, or nil without the extension.
    /// - Throws: `.malformed`, also for one of fewer than `minimum` bytes.
    @_lifetime(copy self)
    func readVector8(_ type: ExtensionType, minimum: Int = 0) throws(TLSError) -> Span<UInt8>? {
        guard var reader = messageReader(type) else { return nil }
        let vector = try reader.readVector8(minimum: minimum)
        try reader.finish()
        return vector
    }

    /// The vector that is all of an extension, its length in front in two bytes, or nil without the extension.
    /// - Throws: `.malformed`, also for one of fewer than `minimum` bytes.
    @_lifetime(copy self)
    func readVector16(_ type: ExtensionType, minimum: Int = 0) throws(TLSError) -> Span<UInt8>? {
        guard var reader = messageReader(type) else { return nil }
        let vector = try reader.readVector16(minimum: minimum)
        try reader.finish()
        return vector
    }

    /// The 16-bit codepoints, at least one, that are all of an extension with their length in front in two bytes, or nil without
    /// the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy self)
    func readCodepoints16<Element>(_ type: ExtensionType) throws(TLSError) -> CodepointList16<Element>? {
        guard let bytes = try readVector16(type, minimum: 2) else { return nil }
        guard let list = CodepointList16<Element>(bytes) else { throw .malformed(message) }
        return list
    }
}
