// Reads the text of an endpoint (grammar: see Endpoint.swift). The text comes from a command line or a configuration
// file; nothing in it can trap.
import Bytes

extension Endpoint {
    /// The endpoint that `text` (UTF-8) names.
    /// - Throws: `EndpointError` naming the first fault found.
    public init(_ text: Span<UInt8>) throws(EndpointError) {
        guard text.count > 0 else { throw .empty }
        for index in text.indices where text[index] < 0x20 || text[index] == 0x7f { throw .controlCharacter }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
            let scheme = EndpointScheme(text.extracting(0..<colon))
        else {
            self = .tcp(try TCPEndpoint(text))
            return
        }
        let rest = text.extracting((colon + 1)..<text.count)
        switch scheme {
        case .tcp: self = .tcp(try TCPEndpoint(rest))
        case .unix:
            guard rest.count > 0, !rest.hasSameBytes(as: "@") else { throw .missingPath }
            guard let path = BoundedBytes<107>(rest) else { throw .pathTooLong }
            self = .unix(path)
        case .serial: self = .serial(try SerialEndpoint(rest))
        case .link: self = .link(try LinkEndpoint(rest))
        }
    }
}

/// The words before the first colon that are not a host.
enum EndpointScheme {
    case tcp, unix, serial, link

    init?(_ word: Span<UInt8>) {
        if word.hasSameBytes(as: "tcp") {
            self = .tcp
        } else if word.hasSameBytes(as: "unix") {
            self = .unix
        } else if word.hasSameBytes(as: "serial") {
            self = .serial
        } else if word.hasSameBytes(as: "link") {
            self = .link
        } else {
            return nil
        }
    }
}

extension TCPEndpoint {
    fileprivate init(_ text: Span<UInt8>) throws(EndpointError) {
        let bracketed = text.count > 0 && text[0] == UInt8(ascii: "[")
        let colon = try bracketed ? Self.colonAfterBracket(text) : Self.onlyColon(text)
        guard let port = text.extracting((colon + 1)..<text.count).decimal(in: 0...65535) else { throw .badPort }
        let name = bracketed ? text.extracting(1..<(colon - 1)) : text.extracting(0..<colon)
        guard name.count > 0 else { throw bracketed ? .badIPv6Address : .missingHost }
        if bracketed { try Self.checkIPv6(name) } else { try Self.checkName(name) }
        guard let host = BoundedBytes<253>(name) else { throw .hostTooLong }
        self.init(host: host, port: UInt16(truncatingIfNeeded: port))
    }

    /// The place of the colon of `[…]:`.
    private static func colonAfterBracket(_ text: Span<UInt8>) throws(EndpointError) -> Int {
        guard let bracket = text.firstIndex(of: UInt8(ascii: "]")) else { throw .unclosedBracket }
        guard bracket + 1 < text.count else { throw .missingPort }
        guard text[bracket + 1] == UInt8(ascii: ":") else { throw .unclosedBracket }
        return bracket + 1
    }

    private static func onlyColon(_ text: Span<UInt8>) throws(EndpointError) -> Int {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { throw .missingPort }
        let rest = text.extracting((colon + 1)..<text.count)
        guard rest.firstIndex(of: UInt8(ascii: ":")) == nil else { throw .missingBrackets }
        guard rest.count > 0 else { throw .missingPort }
        return colon
    }

    /// Letters, digits, `-`, `.`, and `_`, which no host name may have (RFC 1123 §2.1) but many do.
    private static func checkName(_ name: Span<UInt8>) throws(EndpointError) {
        for index in name.indices {
            switch name[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                continue
            default: throw .badHost
            }
        }
    }

    /// Hexadecimal digits, at least two colons, dots for an embedded IPv4 address (RFC 4291 §2.2), then perhaps `%` and
    /// a scope (RFC 4007 §11). The system's own reading decides the rest when the endpoint is opened.
    private static func checkIPv6(_ address: Span<UInt8>) throws(EndpointError) {
        var colons = 0
        for index in address.indices {
            switch address[index] {
            case UInt8(ascii: ":"): colons += 1
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
                continue
            case UInt8(ascii: "%"):
                let scope = address.extracting((index + 1)..<address.count)
                guard colons >= 2, scope.count > 0 else { throw .badIPv6Address }
                do throws(EndpointError) { try checkName(scope) } catch { throw .badIPv6Address }
                return
            default: throw .badIPv6Address
            }
        }
        guard colons >= 2 else { throw .badIPv6Address }
    }
}

extension SerialEndpoint {
    fileprivate init(_ text: Span<UInt8>) throws(EndpointError) {
        var fields = CommaFields(text)
        var line = try SerialLine(&fields)
        var framed = false
        while let field = fields.next() {
            if field.hasSameBytes(as: "xonxoff") { throw .xonxoffWithoutLink }
            if field.hasSameBytes(as: "8n1") {
                guard !framed else { throw .repeatedOption }
                framed = true
            } else {
                try line.takeFlowControl(field)
            }
        }
        path = line.path
        baud = line.baud
        flowControl = line.flowControl ?? .none
    }
}

extension LinkEndpoint {
    fileprivate init(_ text: Span<UInt8>) throws(EndpointError) {
        var fields = CommaFields(text)
        var line = try SerialLine(&fields)
        var channel: UInt32?
        var frame: UInt32?
        var window: UInt32?
        while let field = fields.next() {
            if let value = field.suffix(after: "channel=") {
                try Self.set(&channel, value, 0...63, .badChannel)
            } else if let value = field.suffix(after: "frame=") {
                try Self.set(&frame, value, 16...4096, .badFrame)
            } else if let value = field.suffix(after: "window=") {
                try Self.set(&window, value, 1...64, .badWindow)
            } else {
                try line.takeFlowControl(field)
            }
        }
        path = line.path
        baud = line.baud
        flowControl = line.flowControl ?? .none
        self.channel = channel.map { UInt8(truncatingIfNeeded: $0) }
        self.frame = frame.map { UInt16(truncatingIfNeeded: $0) }
        self.window = window.map { UInt8(truncatingIfNeeded: $0) }
    }

    private static func set(
        _ option: inout UInt32?, _ text: Span<UInt8>, _ range: ClosedRange<UInt32>, _ error: EndpointError
    ) throws(EndpointError) {
        guard option == nil else { throw .repeatedOption }
        guard let value = text.decimal(in: range) else { throw error }
        option = value
    }
}

/// `PATH,BAUD`, with which both kinds begin, and the flow control, which both have.
private struct SerialLine {
    let path: BoundedBytes<128>
    let baud: UInt32
    var flowControl: FlowControl?

    init(_ fields: inout CommaFields) throws(EndpointError) {
        guard let name = fields.next(), name.count > 0 else { throw .missingPath }
        guard let path = BoundedBytes<128>(name) else { throw .pathTooLong }
        self.path = path
        guard let speed = fields.next(), speed.count > 0 else { throw .missingBaud }
        guard let baud = speed.decimal(in: 50...4_000_000) else { throw .badBaud }
        self.baud = baud
    }

    /// Takes `field` as a flow control.
    mutating func takeFlowControl(_ field: Span<UInt8>) throws(EndpointError) {
        let found: FlowControl
        if field.hasSameBytes(as: "none") {
            found = .none
        } else if field.hasSameBytes(as: "rtscts") {
            found = .rtscts
        } else if field.hasSameBytes(as: "xonxoff") {
            found = .xonxoff
        } else {
            throw field.isFraming ? .unsupportedFraming : .unknownOption
        }
        guard flowControl == nil else { throw .repeatedOption }
        flowControl = found
    }
}

/// The fields of a text between its commas.
private struct CommaFields: ~Escapable {
    private let text: Span<UInt8>
    private var offset = 0

    @_lifetime(copy text)
    init(_ text: Span<UInt8>) { self.text = text }

    /// The next field, which may be empty, or nil after the last.
    @_lifetime(copy self)
    mutating func next() -> Span<UInt8>? {
        guard offset <= text.count else { return nil }
        let rest = text.extracting(offset..<text.count)
        let length = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.count
        offset += length + 1
        return rest.extracting(0..<length)
    }
}

extension Span where Element == UInt8 {
    /// The place of the first `byte`.
    func firstIndex(of byte: UInt8) -> Int? {
        for index in indices where self[index] == byte { return index }
        return nil
    }

    /// Whether these are the bytes of `text`.
    func hasSameBytes(as text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && suffix(after: text) != nil
    }

    /// What comes after `prefix`, or nil where it does not begin with that.
    @_lifetime(copy self)
    func suffix(after prefix: StaticString) -> Span<UInt8>? {
        let length = prefix.utf8CodeUnitCount
        guard count >= length else { return nil }
        for index in 0..<length {
            // A StaticString's code units live as long as the program and `index` is within them.
            guard unsafe self[index] == prefix.utf8Start[index] else { return nil }
        }
        return extracting(length..<count)
    }

    /// The number that these decimal digits are, at most ten of them.
    func decimal(in range: ClosedRange<UInt32>) -> UInt32? {
        guard count > 0, count <= 10 else { return nil }
        var value: UInt64 = 0
        for index in indices {
            let digit = self[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + UInt64(digit)
        }
        guard value <= UInt64(range.upperBound), value >= UInt64(range.lowerBound) else { return nil }
        return UInt32(truncatingIfNeeded: value)
    }

    /// Whether this looks like a serial framing (7e1, 8n2, …).
    fileprivate var isFraming: Bool {
        guard count == 3, self[0] >= UInt8(ascii: "5"), self[0] <= UInt8(ascii: "8") else { return false }
        guard self[2] == UInt8(ascii: "1") || self[2] == UInt8(ascii: "2") else { return false }
        switch self[1] | 0x20 {
        case UInt8(ascii: "n"), UInt8(ascii: "e"), UInt8(ascii: "o"): return true
        default: return false
        }
    }
}
