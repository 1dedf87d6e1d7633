// JSON (RFC 8259) for the commands that the device has too: members and strings, written one after the other.
import Bytes

extension ByteWriter {
    /// Appends a string between quotation marks. The text is ASCII (see `appendEscaped`); what must be escaped is (§7).
    /// - Parameter write: writes the text, of which at most 1024 bytes are taken.
    @_lifetime(self: copy self)
    mutating func appendJSON(_ write: (inout ByteWriter) -> Void) {
        var storage = InlineArray<1024, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        write(&writer)
        let count = min(writer.count, 1024)
        append(UInt8(ascii: "\""))
        for index in 0..<count {
            switch storage[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(storage[index])
            case 0x20...0x7E: append(storage[index])
            default:
                append("\\u00")
                let byte = InlineArray<1, UInt8>(repeating: storage[index])
                append(hexadecimal: byte.span)
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends a member's name, with a comma in front unless it is the first.
    @_lifetime(self: copy self)
    mutating func appendMember(_ name: StaticString, first: Bool = false) {
        append(first ? "\"" : ",\"")
        append(name)
        append("\":")
    }

    /// Appends a member that is text.
    @_lifetime(self: copy self)
    mutating func appendMember(_ name: StaticString, first: Bool = false, _ write: (inout ByteWriter) -> Void) {
        appendMember(name, first: first)
        appendJSON(write)
    }

    /// Appends a member that is true or false.
    @_lifetime(self: copy self)
    mutating func appendMember(_ name: StaticString, _ value: Bool) {
        appendMember(name)
        append(value ? "true" : "false")
    }
}

/// Appends what a command that failed prints with --json (contracts.md "errors as").
public func writeErrorJSON(kind: StaticString, message: Span<UInt8>, to writer: inout ByteWriter) {
    writer.append("{\"error\":{")
    writer.appendMember("kind", first: true) { $0.append(kind) }
    writer.appendMember("message") { $0.append(message) }
    writer.appendMember("detail")
    writer.append("null}}\n")
}
