// How a stream is named in options and configuration files, one grammar everywhere:
//
//     HOST:PORT   tcp:HOST:PORT   [V6]:PORT   tcp:[V6]:PORT
//     unix:PATH   unix:@ABSTRACT
//     serial:PATH,BAUD[,8n1][,rtscts|none]
//     link:PATH,BAUD[,rtscts|xonxoff|none][,channel=N][,frame=N][,window=N]
//
// Options of serial endpoints may come in any order, each kind once. Control characters are refused everywhere, so
// an endpoint's text can be shown as it is. This file holds the values and their text; `EndpointParser` reads them.
import Bytes

/// Where a stream leads to, or where one is listened for.
public enum Endpoint: Equatable, Sendable {
    /// A TCP port. The host is a name or an address, IPv6 without its brackets.
    case tcp(TCPEndpoint)
    /// A Unix socket: a path, or a name in the abstract namespace after `@`.
    case unix(BoundedBytes<107>)
    /// A serial port as it is.
    case serial(SerialEndpoint)
    /// A serial port with the reliable link over it.
    case link(LinkEndpoint)
}

/// A host and a port.
public struct TCPEndpoint: Equatable, Sendable {
    /// A name (RFC 1123 §2.1) or the text of an address; never empty.
    public let host: BoundedBytes<253>
    /// 0 lets the system choose, when listening.
    public let port: UInt16

    public init(host: BoundedBytes<253>, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Whether the host is an IPv6 address, which has brackets in text.
    public var isIPv6: Bool {
        let bytes = host.bytes
        for index in bytes.indices where bytes[index] == UInt8(ascii: ":") { return true }
        return false
    }
}

/// How a serial line is kept from overrunning.
public enum FlowControl: UInt8, Sendable {
    /// Not at all.
    case none
    /// By the RTS and CTS wires.
    case rtscts
    /// By the bytes 0x11 and 0x13, which then cannot be data: only the link, which escapes them, can bear it.
    case xonxoff
}

/// A serial port: eight data bits, no parity, one stop bit.
public struct SerialEndpoint: Equatable, Sendable {
    /// The device's path.
    public let path: BoundedBytes<128>
    /// Bits a second.
    public let baud: UInt32
    /// Never `.xonxoff`.
    public let flowControl: FlowControl
}

/// A serial port with the reliable link over it. What is nil is left to the link's own choice.
public struct LinkEndpoint: Equatable, Sendable {
    /// The device's path.
    public let path: BoundedBytes<128>
    /// Bits a second.
    public let baud: UInt32
    public let flowControl: FlowControl
    /// Which of several streams on the line, 0 to 63.
    public let channel: UInt8?
    /// Payload bytes a frame, 16 to 4096.
    public let frame: UInt16?
    /// Frames in flight, 1 to 64: half of the numbers that modulo 128 has.
    public let window: UInt8?
}

extension Endpoint {
    /// Appends the endpoint's text, which reads back as the same endpoint.
    public func write(to writer: inout ByteWriter) {
        switch self {
        case .tcp(let endpoint): endpoint.write(to: &writer)
        case .unix(let path):
            writer.append("unix:")
            writer.append(path.bytes)
        case .serial(let endpoint):
            writer.append("serial:")
            Self.write(endpoint.path, endpoint.baud, endpoint.flowControl, to: &writer)
        case .link(let endpoint):
            writer.append("link:")
            Self.write(endpoint.path, endpoint.baud, endpoint.flowControl, to: &writer)
            Self.write(",channel=", endpoint.channel.map { UInt32($0) }, to: &writer)
            Self.write(",frame=", endpoint.frame.map { UInt32($0) }, to: &writer)
            Self.write(",window=", endpoint.window.map { UInt32($0) }, to: &writer)
        }
    }

    private static func write(
        _ path: BoundedBytes<128>, _ baud: UInt32, _ flowControl: FlowControl, to writer: inout ByteWriter
    ) {
        writer.append(path.bytes)
        writer.append(",")
        writer.appendDecimal(baud)
        switch flowControl {
        case .none: break
        case .rtscts: writer.append(",rtscts")
        case .xonxoff: writer.append(",xonxoff")
        }
    }

    private static func write(_ name: StaticString, _ value: UInt32?, to writer: inout ByteWriter) {
        guard let value else { return }
        writer.append(name)
        writer.appendDecimal(value)
    }
}

extension TCPEndpoint {
    fileprivate func write(to writer: inout ByteWriter) {
        if isIPv6 {
            writer.append("[")
            writer.append(host.bytes)
            writer.append("]")
        } else {
            // A host that is called like a scheme would read back as that scheme.
            if EndpointScheme(host.bytes) != nil { writer.append("tcp:") }
            writer.append(host.bytes)
        }
        writer.append(":")
        writer.appendDecimal(UInt32(port))
    }
}

extension ByteWriter {
    /// Appends a number in decimal.
    @_lifetime(self: copy self)
    mutating func appendDecimal(_ value: UInt32) {
        var divisor: UInt32 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
