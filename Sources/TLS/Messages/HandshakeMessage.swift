// A handshake message as it stands in the stream (RFC 8446 §4): type, 24-bit length, body.
import Bytes

/// One complete handshake message, as a view of the bytes that came.
struct HandshakeMessage: ~Escapable {
    /// Type and length in front of the body.
    static let headerBytes = 4

    /// The whole message, as it goes into the transcript (§4.4.1).
    let encoded: Span<UInt8>

    /// A message whose header says as many bytes as there are: whoever puts fragments together has seen to that. Fewer
    /// bytes than a header are a message of the reserved type 0 without a body, which no state expects.
    @_lifetime(copy encoded)
    init(_ encoded: Span<UInt8>) { self.encoded = encoded }

    /// What kind of message it is.
    var type: HandshakeType {
        encoded.count < Self.headerBytes ? .hello_request_RESERVED : HandshakeType(rawValue: encoded[0])
    }

    /// What stands behind the header.
    var body: Span<UInt8> {
        @_lifetime(copy self)
        get { encoded.extracting(Swift.min(Self.headerBytes, encoded.count)..<encoded.count) }
    }
}

extension ByteWriter {
    /// Begins a handshake message: writes its type and leaves the place of its length.
    @_lifetime(self: copy self)
    mutating func beginHandshakeMessage(_ type: HandshakeType) -> VectorMark {
        append(type.rawValue)
        return beginVector(lengthBytes: 3)
    }

    /// Ends the handshake message begun at `mark`: writes its length.
    @_lifetime(self: copy self)
    mutating func endHandshakeMessage(_ mark: VectorMark) { endVector(mark) }

    /// Begins an extension (RFC 8446 §4.2): writes its type and leaves the place of its length.
    @_lifetime(self: copy self)
    mutating func beginExtension(_ type: ExtensionType) -> VectorMark {
        append(type.rawValue)
        return beginVector(lengthBytes: 2)
    }

    /// Ends the extension begun at `mark`: writes its length.
    @_lifetime(self: copy self)
    mutating func endExtension(_ mark: VectorMark) { endVector(mark) }

    /// Appends an extension without a body.
    @_lifetime(self: copy self)
    mutating func appendEmptyExtension(_ type: ExtensionType) { endExtension(beginExtension(type)) }

    /// Appends a vector with its length in front in `lengthBytes` bytes.
    @_lifetime(self: copy self)
    mutating func appendVector(_ bytes: Span<UInt8>, lengthBytes: Int) {
        let vector = beginVector(lengthBytes: lengthBytes)
        append(bytes)
        endVector(vector)
    }

    /// Appends 16-bit codepoints with their length in front in `lengthBytes` bytes.
    @_lifetime(self: copy self)
    mutating func appendCodepoints<Element: Codepoint>(_ list: Span<Element>, lengthBytes: Int)
    where Element.RawValue == UInt16 {
        let vector = beginVector(lengthBytes: lengthBytes)
        for index in list.indices { append(list[index].rawValue) }
        endVector(vector)
    }
}
