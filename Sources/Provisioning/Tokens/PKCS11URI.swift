// PKCS#11 URIs (RFC 7512): which key in which token, by which module, and where the PIN is. A view over the text, which is
// checked as a whole when it is made:
//
// - every attribute is known and stands there once; one that we do not know would say something that we do not obey;
// - a PIN in the URI (`pin-value`) is refused: a secret is no argument, and no part of a file that is shown;
// - text has no NUL, and no value is longer than what it is compared with may be (PKCS #11 v2.40 §3.2).
import Bytes

/// An attribute of a URI (RFC 7512 §2.3).
public enum PKCS11Attribute: UInt8, Sendable {
    case token, manufacturer, serial, model, libraryManufacturer, libraryVersion, libraryDescription
    case object, type, id, slotManufacturer, slotDescription, slotID
    case pinSource, pinValue, moduleName, modulePath

    static var count: UInt8 { 17 }

    /// Whether it belongs to the query, behind the question mark.
    var isQuery: Bool { rawValue >= PKCS11Attribute.pinSource.rawValue }

    /// The name in the URI.
    public var name: StaticString {
        switch self {
        case .token: "token"
        case .manufacturer: "manufacturer"
        case .serial: "serial"
        case .model: "model"
        case .libraryManufacturer: "library-manufacturer"
        case .libraryVersion: "library-version"
        case .libraryDescription: "library-description"
        case .object: "object"
        case .type: "type"
        case .id: "id"
        case .slotManufacturer: "slot-manufacturer"
        case .slotDescription: "slot-description"
        case .slotID: "slot-id"
        case .pinSource: "pin-source"
        case .pinValue: "pin-value"
        case .moduleName: "module-name"
        case .modulePath: "module-path"
        }
    }

    /// Bytes that the decoded value may have.
    var maximumBytes: Int {
        switch self {
        case .serial, .model: 16
        case .token, .manufacturer, .libraryManufacturer, .libraryDescription, .slotManufacturer: 32
        case .slotDescription, .object, .id: 64
        case .libraryVersion: 7
        case .type: 10
        case .slotID: 10
        case .pinSource, .modulePath: 256
        case .pinValue, .moduleName: 0
        }
    }

    init?(_ name: Span<UInt8>) {
        for number in 0..<Self.count {
            guard let attribute = PKCS11Attribute(rawValue: number) else { continue }
            var reader = ByteReader(name)
            if reader.read(literal: attribute.name), reader.isAtEnd {
                self = attribute
                return
            }
        }
        return nil
    }
}

/// A PKCS#11 URI that names a private key.
public struct PKCS11URI: ~Escapable {
    /// The URI as it was given.
    public let text: Span<UInt8>

    /// Bytes that a URI may have.
    public static var maximumBytes: Int { 512 }

    /// Whether a text is meant to be one: where a path is possible too.
    public static func isMeant(_ text: Span<UInt8>) -> Bool {
        var reader = ByteReader(text)
        return reader.read(literal: "pkcs11:")
    }

    /// - Throws: what is wrong with it.
    @_lifetime(copy text)
    public init(_ text: Span<UInt8>) throws(PKCS11URIError) {
        guard Self.isMeant(text) else { throw PKCS11URIError(.scheme) }
        guard text.count <= Self.maximumBytes else { throw PKCS11URIError(.tooLong) }
        self.text = text
        var seen: UInt32 = 0
        var pieces = PKCS11URIPieces(text)
        while let piece = try pieces.next() {
            let bit: UInt32 = 1 << UInt32(piece.attribute.rawValue)
            // §2.3: no attribute stands twice.
            guard seen & bit == 0 else { throw PKCS11URIError(.repeated, piece.attribute) }
            seen |= bit
            try Self.check(piece.attribute, piece.value)
        }
    }

    private static func check(_ attribute: PKCS11Attribute, _ value: Span<UInt8>) throws(PKCS11URIError) {
        switch attribute {
        case .pinValue: throw PKCS11URIError(.secret, attribute)
        // §2.3 leaves it to us where a library of that name would be looked for.
        case .moduleName: throw PKCS11URIError(.moduleName, attribute)
        default: break
        }
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        guard let count = try decode(value, attribute, into: &room) else { throw PKCS11URIError(.tooLong, attribute) }
        let decoded = storage.span.extracting(0..<count)
        guard count > 0 else { throw PKCS11URIError(.empty, attribute) }
        switch attribute {
        case .type:
            // §2.3: private is what a key to sign with is.
            var reader = ByteReader(decoded)
            guard reader.read(literal: "private"), reader.isAtEnd else { throw PKCS11URIError(.type, attribute) }
        case .slotID:
            guard number(decoded) != nil else { throw PKCS11URIError(.number, attribute) }
        case .libraryVersion:
            guard version(decoded) != nil else { throw PKCS11URIError(.number, attribute) }
        case .modulePath:
            guard decoded[0] == UInt8(ascii: "/") else { throw PKCS11URIError(.path, attribute) }
        case .pinSource:
            guard path(ofPINSource: decoded) != nil else { throw PKCS11URIError(.path, attribute) }
        default: break
        }
    }

    /// The decoded value of an attribute.
    /// - Parameter output: `maximumBytes` of the attribute, at most 256, always fit.
    /// - Returns: how many bytes there are; nil where the attribute is not there.
    public func value(_ attribute: PKCS11Attribute, into output: inout MutableSpan<UInt8>) -> Int? {
        do throws(PKCS11URIError) {
            var pieces = PKCS11URIPieces(text)
            while let piece = try pieces.next() {
                guard piece.attribute == attribute else { continue }
                return try Self.decode(piece.value, attribute, into: &output)
            }
        } catch {
            // What was wrong was found when this was made.
        }
        return nil
    }

    /// Whether an attribute is there.
    public func has(_ attribute: PKCS11Attribute) -> Bool {
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        return value(attribute, into: &room) != nil
    }

    /// Whether a text that a token or a module gives, padded with blanks, is the one that the URI asks for; true where it asks
    /// for none (§2.4).
    func matches(_ attribute: PKCS11Attribute, padded: Span<UInt8>) -> Bool {
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        guard let count = value(attribute, into: &room) else { return true }
        return storage.span.extracting(0..<count).hasSameBytes(as: withoutPadding(padded))
    }

    /// The slot's number, where the URI has it.
    var slot: UInt32? {
        var storage = InlineArray<10, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        guard let count = value(.slotID, into: &room) else { return nil }
        return Self.number(storage.span.extracting(0..<count))
    }

    /// Whether a module of this version is the one asked for.
    func matches(major: UInt8, minor: UInt8) -> Bool {
        var storage = InlineArray<7, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        guard let count = value(.libraryVersion, into: &room) else { return true }
        guard let version = Self.version(storage.span.extracting(0..<count)) else { return false }
        return version.major == UInt32(major) && version.minor == UInt32(minor)
    }

    /// The path in a `pin-source`: a file URI (RFC 8089) of this machine, or the path itself.
    @_lifetime(copy source)
    static func path(ofPINSource source: Span<UInt8>) -> Span<UInt8>? {
        var reader = ByteReader(source)
        if reader.read(literal: "file:") { _ = reader.read(literal: "//") }
        let path = reader.readRest()
        guard !path.isEmpty, path[0] == UInt8(ascii: "/") else { return nil }
        return path
    }

    private static func number(_ text: Span<UInt8>) -> UInt32? {
        var value: UInt64 = 0
        for index in text.indices {
            guard (0x30...0x39).contains(text[index]) else { return nil }
            // At most ten digits.
            value = value * 10 + UInt64(text[index] - 0x30)
        }
        return text.isEmpty ? nil : UInt32(exactly: value)
    }

    /// §2.3: `1*DIGIT [ "." 1*DIGIT ]`; without the second number it is 0.
    private static func version(_ text: Span<UInt8>) -> (major: UInt32, minor: UInt32)? {
        var end = 0
        while end < text.count, text[end] != UInt8(ascii: ".") { end += 1 }
        guard let major = number(text.extracting(0..<end)) else { return nil }
        guard end < text.count else { return (major, 0) }
        guard let minor = number(text.extracting((end + 1)..<text.count)) else { return nil }
        return (major, minor)
    }

    /// Undoes the percent-encoding (RFC 3986 §2.1).
    /// - Returns: nil where the value is longer than that attribute's may be.
    private static func decode(
        _ value: Span<UInt8>, _ attribute: PKCS11Attribute, into output: inout MutableSpan<UInt8>
    ) throws(PKCS11URIError) -> Int? {
        let most = min(attribute.maximumBytes, output.count)
        var count = 0
        var index = 0
        while index < value.count {
            var byte = value[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 2 <= value.count, let high = hexadecimalDigit(value[index]),
                    let low = hexadecimalDigit(value[index + 1])
                else { throw PKCS11URIError(.escape, attribute) }
                byte = high << 4 | low
                index += 2
            } else {
                guard isPlain(byte, inQuery: attribute.isQuery) else { throw PKCS11URIError(.character, attribute) }
            }
            // Only an identifier is bytes rather than text.
            guard byte != 0 || attribute == .id else { throw PKCS11URIError(.escape, attribute) }
            guard count < most else { return nil }
            output[count] = byte
            count += 1
        }
        return count
    }

    private static func hexadecimalDigit(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    /// pk11-pchar and pk11-qchar but for the percent sign (§2.3).
    private static func isPlain(_ byte: UInt8, inQuery: Bool) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): return true
        case UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "@"), UInt8(ascii: "!"): return true
        case UInt8(ascii: "$"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"): return true
        case UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="): return true
        case UInt8(ascii: "&"): return !inQuery
        case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "|"): return inQuery
        default: return false
        }
    }
}

/// The text without the blanks at its end with which a token fills its fields.
@_lifetime(copy text)
func withoutPadding(_ text: Span<UInt8>) -> Span<UInt8> {
    var end = text.count
    while end > 0, text[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return text.extracting(0..<end)
}

/// The attributes of a URI, one after the other: `;` between those of the path, `&` between those of the query.
struct PKCS11URIPieces: ~Escapable {
    private let text: Span<UInt8>
    private var offset: Int
    private var isInQuery = false
    private var isFirst = true

    struct Piece: ~Escapable {
        let attribute: PKCS11Attribute
        let value: Span<UInt8>

        @_lifetime(copy value)
        init(_ attribute: PKCS11Attribute, _ value: Span<UInt8>) {
            self.attribute = attribute
            self.value = value
        }
    }

    /// - Parameter text: begins with the scheme.
    @_lifetime(copy text)
    init(_ text: Span<UInt8>) {
        self.text = text
        offset = 7
    }

    @_lifetime(copy self)
    mutating func next() throws(PKCS11URIError) -> Piece? {
        guard offset < text.count else { return nil }
        // §2.3: the path may be empty.
        if !isInQuery, text[offset] == UInt8(ascii: "?") {
            guard isFirst else { throw PKCS11URIError(.empty) }
            isInQuery = true
            offset += 1
        }
        isFirst = false
        let start = offset
        let separator = isInQuery ? UInt8(ascii: "&") : UInt8(ascii: ";")
        while offset < text.count, text[offset] != separator, isInQuery || text[offset] != UInt8(ascii: "?") {
            offset += 1
        }
        let piece = try Self.piece(text.extracting(start..<offset), inQuery: isInQuery)
        guard offset < text.count else { return piece }
        isInQuery = isInQuery || text[offset] == UInt8(ascii: "?")
        offset += 1
        // Something follows a separator.
        guard offset < text.count else { throw PKCS11URIError(.empty) }
        return piece
    }

    @_lifetime(copy text)
    private static func piece(_ text: Span<UInt8>, inQuery: Bool) throws(PKCS11URIError) -> Piece {
        var end = 0
        while end < text.count, text[end] != UInt8(ascii: "=") { end += 1 }
        guard end < text.count, let attribute = PKCS11Attribute(text.extracting(0..<end)),
            attribute.isQuery == inQuery
        else { throw PKCS11URIError(.attribute) }
        return Piece(attribute, text.extracting((end + 1)..<text.count))
    }
}

/// What is wrong with a PKCS#11 URI. It never holds any of the URI's text: there could be a PIN in it.
public struct PKCS11URIError: Error, Equatable, Sendable {
    public enum Reason: UInt8, Sendable {
        case scheme, tooLong, attribute, repeated, empty, character, escape, secret, moduleName, type, number, path,
            unnamed
    }

    public let reason: Reason
    /// The attribute that it is about, where it is about one.
    public let attribute: PKCS11Attribute?

    init(_ reason: Reason, _ attribute: PKCS11Attribute? = nil) {
        self.reason = reason
        self.attribute = attribute
    }

    /// Appends what is wrong and what to do.
    public func describe(into writer: inout ByteWriter) {
        writer.append("the PKCS#11 URI ")
        if let attribute {
            writer.append("has ")
            writer.append(attribute.name)
            writer.append(" ")
        }
        writer.append(text)
    }

    private var text: StaticString {
        switch reason {
        case .scheme: "does not begin with pkcs11:; write it as in pkcs11:token=T;object=KEY?module-path=/PATH"
        case .tooLong where attribute == nil: "is longer than 512 bytes; leave attributes out that are not needed"
        case .tooLong: "longer than such a value may be; correct it"
        case .attribute:
            "has an attribute that is unknown or stands on the wrong side of the question mark; see RFC 7512 section 2.3"
        case .repeated: "twice; give it once"
        case .empty where attribute == nil: "has an empty attribute; remove the separator"
        case .empty: "without a value; give one or leave it out"
        case .character: "with a character that must be percent-encoded; write it as % and two hexadecimal digits"
        case .escape: "with a bad percent-encoding; write % and two hexadecimal digits, not %00 in text"
        case .secret:
            "in it, but a PIN may not be part of a URI; put it into a file and name that with pin-source=file:PATH"
        case .moduleName: "in it, which is not looked for; give module-path=/PATH"
        case .type: "other than private; a private key is needed, so write type=private or leave it out"
        case .number: "that is no such number; correct it"
        case .path: "that is no absolute path; write /PATH, or file:/PATH for a PIN"
        case .unnamed:
            "of the store's key has neither object nor id, so a new key in that token could not be told from it; name the new key with --key-uri"
        }
    }
}
