// Reading a handshake message: a ByteReader that knows which message it reads and throws where the bytes end too early,
// so that whatever does not parse becomes one error, `.malformed` of that message (decode_error, RFC 8446 §6.2).
import Bytes

/// A cursor over the body of a handshake message, or over a part of it.
struct MessageReader: ~Escapable {
    private var reader: ByteReader
    /// The message that is being read.
    let message: HandshakeType

    /// A reader at the first of `bytes`, which are of `message`.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, of message: HandshakeType) {
        reader = ByteReader(bytes)
        self.message = message
    }

    /// A reader of the body of a message, which must be of `type`.
    /// - Throws: `.peerMisbehaved(.unexpectedMessage)` for another type.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage, _ type: HandshakeType) throws(TLSError) {
        guard message.type == type else { throw .peerMisbehaved(.unexpectedMessage) }
        self.init(message.body, of: type)
    }

    /// How many bytes have been read.
    var offset: Int { reader.offset }

    /// Whether everything has been read.
    var isAtEnd: Bool { reader.isAtEnd }

    /// What to throw where something does not parse.
    var malformed: TLSError { .malformed(message) }

    /// The next byte.
    @_lifetime(self: copy self)
    mutating func readUInt8() throws(TLSError) -> UInt8 {
        guard let value = reader.readUInt8() else { throw malformed }
        return value
    }

    /// The next two bytes as a big-endian number.
    @_lifetime(self: copy self)
    mutating func readUInt16() throws(TLSError) -> UInt16 {
        guard let value = reader.readUInt16() else { throw malformed }
        return value
    }

    /// The next four bytes as a big-endian number.
    @_lifetime(self: copy self)
    mutating func readUInt32() throws(TLSError) -> UInt32 {
        guard let value = reader.readUInt32() else { throw malformed }
        return value
    }

    /// The next `count` bytes.
    @_lifetime(copy self)
    mutating func readBytes(_ count: Int) throws(TLSError) -> Span<UInt8> {
        guard let bytes = reader.readBytes(count) else { throw malformed }
        return bytes
    }

    /// A vector with a length of one byte in front, of at least `minimum` and at most `maximum` bytes.
    @_lifetime(copy self)
    mutating func readVector8(minimum: Int = 0, maximum: Int = 255) throws(TLSError) -> Span<UInt8> {
        guard let vector = reader.readVector8(), vector.count >= minimum, vector.count <= maximum else {
            throw malformed
        }
        return vector
    }

    /// A vector with a length of two bytes in front, of at least `minimum` bytes.
    @_lifetime(copy self)
    mutating func readVector16(minimum: Int = 0) throws(TLSError) -> Span<UInt8> {
        guard let vector = reader.readVector16(), vector.count >= minimum else { throw malformed }
        return vector
    }

    /// A vector with a length of three bytes in front, of at least `minimum` bytes.
    @_lifetime(copy self)
    mutating func readVector24(minimum: Int = 0) throws(TLSError) -> Span<UInt8> {
        guard let vector = reader.readVector24(), vector.count >= minimum else { throw malformed }
        return vector
    }

    /// A non-empty list of 16-bit codepoints with a length of two bytes in front.
    @_lifetime(copy self)
    mutating func readCodepoints16<Element>() throws(TLSError) -> CodepointList16<Element> {
        guard let list = CodepointList16<Element>(try readVector16(minimum: 2)) else { throw malformed }
        return list
    }

    /// An extension block with a length of two bytes in front.
    @_lifetime(copy self)
    mutating func readExtensions() throws(TLSError) -> ExtensionBlock {
        try ExtensionBlock(try readVector16(), of: message)
    }

    /// Checks that nothing is left.
    func finish() throws(TLSError) {
        guard reader.isAtEnd else { throw malformed }
    }
}
