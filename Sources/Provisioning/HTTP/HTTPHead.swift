// The head of a response (RFC 9112 §2.1): status line and field lines, as a view over the received bytes. It is checked as a
// whole when the view is made, so reading fields afterwards cannot fail.
import Bytes

/// Status line and fields of a response.
public struct HTTPHead: ~Escapable {
    /// The status code, 100 to 599.
    public let status: Int
    /// Whether it is of HTTP/1.1; otherwise of HTTP/1.0.
    let isVersion11: Bool
    /// The field lines, each with its CRLF.
    private let fieldLines: Span<UInt8>

    /// Checks a head.
    /// - Parameter bytes: up to and with the empty line.
    /// - Throws: `malformedStatusLine`, `malformedField`.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) throws(HTTPError) {
        var lines = HTTPLines(bytes)
        guard let first = lines.next() else { throw .malformedStatusLine }
        (isVersion11, status) = try Self.statusLine(first)
        let start = lines.offset
        while let line = lines.next(), !line.isEmpty { _ = try HTTPField(line: line) }
        fieldLines = bytes.extracting(start..<bytes.count)
    }

    /// RFC 9112 §4: `HTTP-version SP status-code SP [ reason-phrase ]`; some leave out the last blank as well.
    private static func statusLine(_ line: Span<UInt8>) throws(HTTPError) -> (isVersion11: Bool, status: Int) {
        var reader = ByteReader(line)
        guard reader.read(literal: "HTTP/1."), let minor = reader.readUInt8(), (0x30...0x31).contains(minor),
            reader.read(literal: " "), let digits = reader.readBytes(3), let status = digits.decimalNumber,
            (100...599).contains(status), reader.isAtEnd || reader.read(literal: " ")
        else { throw .malformedStatusLine }
        let reason = reader.readRest()
        for index in reason.indices where isControl(reason[index]) { throw .malformedStatusLine }
        return (minor == 0x31, status)
    }

    /// The fields, one after the other.
    public var fields: HTTPFields {
        @_lifetime(copy self)
        get { HTTPFields(fieldLines) }
    }

    /// The value of the first field of a name; nil where there is none.
    @_lifetime(copy self)
    public func value(of name: StaticString) -> Span<UInt8>? {
        var fields = fields
        while let field = fields.next() {
            if field.name.isCaseInsensitively(name) { return field.value }
        }
        return nil
    }

    /// Whether a list of tokens (RFC 9110 §5.6.1), as a field's values together are, has a token in it.
    func hasToken(_ token: StaticString, in name: StaticString) -> Bool {
        var fields = fields
        while let field = fields.next() {
            guard field.name.isCaseInsensitively(name) else { continue }
            var start = 0
            for index in 0...field.value.count {
                guard index == field.value.count || field.value[index] == UInt8(ascii: ",") else { continue }
                if field.value.extracting(start..<index).trimmed().isCaseInsensitively(token) { return true }
                start = index + 1
            }
        }
        return false
    }
}

/// One field (RFC 9112 §5).
public struct HTTPField: ~Escapable {
    public let name: Span<UInt8>
    /// Without the blanks around it.
    public let value: Span<UInt8>

    /// - Parameter line: without its end.
    @_lifetime(copy line)
    init(line: Span<UInt8>) throws(HTTPError) {
        var end = 0
        while end < line.count, isTokenCharacter(line[end]) { end += 1 }
        // §5.1: no blank may stand before the colon; §5.2: a line that begins with one continues another, which is obsolete.
        guard end > 0, end < line.count, line[end] == UInt8(ascii: ":") else { throw .malformedField }
        name = line.extracting(0..<end)
        value = line.extracting((end + 1)..<line.count).trimmed()
        for index in value.indices where isControl(value[index]) { throw .malformedField }
    }
}

/// A cursor over the fields of a head that was checked.
public struct HTTPFields: ~Escapable {
    private var lines: HTTPLines

    @_lifetime(copy bytes)
    fileprivate init(_ bytes: Span<UInt8>) { lines = HTTPLines(bytes) }

    /// All of them.
    var bytes: Span<UInt8> {
        @_lifetime(copy self)
        get { lines.bytes }
    }

    /// The next field; nil after the last.
    @_lifetime(copy self)
    public mutating func next() -> HTTPField? {
        guard let line = lines.next(), !line.isEmpty else { return nil }
        // The head was checked as a whole.
        do throws(HTTPError) { return try HTTPField(line: line) } catch { return nil }
    }
}

/// A cursor over lines that end with CRLF. A bare CR or LF is a part of its line, where `isControl` finds it.
private struct HTTPLines: ~Escapable {
    fileprivate let bytes: Span<UInt8>
    private(set) var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// The next line without its end; nil where there is no other that ends.
    @_lifetime(copy self)
    mutating func next() -> Span<UInt8>? {
        let start = offset
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A {
                offset = index + 2
                return bytes.extracting(start..<index)
            }
            index += 1
        }
        return nil
    }
}

/// Whether a byte may not stand in a field's value or a reason phrase (RFC 9110 §5.5): controls other than a tab.
private func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 || byte == 0x7F }
