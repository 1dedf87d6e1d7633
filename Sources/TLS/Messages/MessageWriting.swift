// Writing handshake messages and extensions: what RFC 8446 §4 and §4.2 put in front of them, and vectors of codepoints. A
// writer leaves the place of a length and fills it in at the end, so nothing is measured beforehand and whatever comes last
// in a message (a binder, RFC 8446 §4.2.11) can be written last.
import Bytes

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

    /// Appends the header of a handshake message whose body has so many bytes, which come from elsewhere.
    @_lifetime(self: copy self)
    mutating func appendHandshakeHeader(_ type: HandshakeType, bodyBytes: Int) {
        append(type.rawValue)
        appendUInt24(bodyBytes)
    }

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

    /// Appends 8-bit codepoints, fewer than 256, with their number in front.
    @_lifetime(self: copy self)
    mutating func appendCodepoints<Element: Codepoint>(_ list: Span<Element>) where Element.RawValue == UInt8 {
        append(UInt8(truncatingIfNeeded: list.count))
        for index in list.indices { append(list[index].rawValue) }
    }
}
