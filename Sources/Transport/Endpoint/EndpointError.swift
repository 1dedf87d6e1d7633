// What can be wrong with the text of an endpoint. Every fault has its own name, so that the message can say what was
// expected in its place.

/// Why a text is not an endpoint.
public enum EndpointError: UInt8, Error, Sendable {
    case empty
    case controlCharacter
    case missingPort
    case badPort
    case missingHost
    case badHost
    case hostTooLong
    case missingBrackets
    case unclosedBracket
    case badIPv6Address
    case missingPath
    case pathTooLong
    case missingBaud
    case badBaud
    case unknownOption
    case repeatedOption
    case unsupportedFraming
    case xonxoffWithoutLink
    case badChannel
    case badFrame
    case badWindow
}

extension EndpointError {
    /// What is wrong, what was expected.
    public var message: StaticString {
        switch self {
        case .empty:
            "the endpoint is empty; write HOST:PORT, [IPV6]:PORT, unix:PATH, serial:PATH,BAUD or link:PATH,BAUD"
        case .controlCharacter: "the endpoint has a control character in it; leave it out"
        case .missingPort: "the endpoint has no port; write HOST:PORT"
        case .badPort: "the port is not a number from 0 to 65535"
        case .missingHost: "the endpoint has no host; write HOST:PORT, or 127.0.0.1:PORT for this machine alone"
        case .badHost: "the host has a character that no host name or IPv4 address has; use letters, digits, - . _"
        case .hostTooLong: "the host is longer than 253 bytes"
        case .missingBrackets: "an IPv6 address needs brackets; write [ADDRESS]:PORT"
        case .unclosedBracket: "after [ must come an IPv6 address and ]:PORT"
        case .badIPv6Address: "between [ and ] must be an IPv6 address, such as ::1 or fe80::1%eth0"
        case .missingPath: "the endpoint has no path"
        case .pathTooLong: "the path is too long: a Unix socket's has at most 107 bytes, a serial port's 128"
        case .missingBaud: "the serial port has no speed; write PATH,BAUD, for example /dev/ttyUSB0,115200"
        case .badBaud: "the speed of the serial port is not a number from 50 to 4000000"
        case .unknownOption:
            "unknown option; serial: takes 8n1, rtscts, none; link: rtscts, xonxoff, none, channel=N, frame=N, window=N"
        case .repeatedOption: "an option is given twice; give each kind once"
        case .unsupportedFraming: "only 8n1 is supported: eight data bits, no parity, one stop bit"
        case .xonxoffWithoutLink: "xonxoff would corrupt TLS on a bare serial port; use link: or rtscts"
        case .badChannel: "channel is not a number from 0 to 63"
        case .badFrame: "frame is not a number of bytes from 16 to 4096"
        case .badWindow: "window is not a number of frames from 1 to 64"
        }
    }
}
