// How a new key in a token is called that takes another one's place: as that is, but with a number behind the name. The old key
// stays where it is, and what names it goes on naming it alone.
import Bytes

extension PKCS11URI {
    /// The URI of the next key: `object=tls` is followed by `object=tls-2`, that by `tls-3`. It has no `id`.
    /// - Throws: `unnamed` where the URI has neither `object` nor `id` and would stand for both keys; `tooLong`.
    func successor() throws(PKCS11URIError) -> TokenText {
        guard has(.object) || has(.id) else { throw PKCS11URIError(.unnamed) }
        var storage = InlineArray<640, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        writer.append("pkcs11:")
        var name = Span<UInt8>()
        var pieces = PKCS11URIPieces(text)
        while let piece = try pieces.next() {
            switch piece.attribute {
            case .object: name = piece.value
            case .id: break
            default:
                guard !piece.attribute.isQuery else { continue }
                Self.append(piece, to: &writer)
                writer.append(";")
            }
        }
        writer.append("object=")
        Self.append(successorOf: name, to: &writer)
        var separator: StaticString = "?"
        var query = PKCS11URIPieces(text)
        while let piece = try query.next() {
            guard piece.attribute.isQuery else { continue }
            writer.append(separator)
            Self.append(piece, to: &writer)
            separator = "&"
        }
        let count = writer.count
        guard !writer.overflowed, let result = TokenText(storage.span.extracting(0..<count)) else {
            throw PKCS11URIError(.tooLong)
        }
        _ = try PKCS11URI(result.bytes)
        return result
    }

    private static func append(_ piece: PKCS11URIPieces.Piece, to writer: inout ByteWriter) {
        writer.append(piece.attribute.name)
        writer.append("=")
        writer.append(piece.value)
    }

    /// Appends a name with the next number behind it; neither digits nor the hyphen are ever percent-encoded by us.
    private static func append(successorOf name: Span<UInt8>, to writer: inout ByteWriter) {
        var digits = 0
        while digits < min(name.count, 9), (0x30...0x39).contains(name[name.count - 1 - digits]) { digits += 1 }
        let start = name.count - digits
        var number: UInt64 = 1
        var stem = name
        if digits > 0, start > 1, name[start - 1] == UInt8(ascii: "-"), name[start] != UInt8(ascii: "0") {
            number = 0
            for index in start..<name.count { number = number * 10 + UInt64(name[index] - 0x30) }
            stem = name.extracting(0..<(start - 1))
        }
        if stem.isEmpty { writer.append("swiftlet") } else { writer.append(stem) }
        writer.append("-")
        writer.append(decimal: number + 1)
    }
}
