// Where an EST server is (RFC 7030 §3.2.2): https://HOST[:PORT][/.well-known/est[/LABEL]].
import Bytes
import Transport
import X509

/// What a client asks an EST server for (RFC 7030 §3.2.2).
public enum ESTOperation: UInt8, Sendable {
    case cacerts, csrattrs, simpleenroll, simplereenroll

    /// The last segment of the path.
    var name: StaticString {
        switch self {
        case .cacerts: "cacerts"
        case .csrattrs: "csrattrs"
        case .simpleenroll: "simpleenroll"
        case .simplereenroll: "simplereenroll"
        }
    }
}

/// An EST server, and which of the authorities there.
@_addressableForDependencies  // see BoundedBytes
public struct ESTLocation: Sendable {
    /// The host, an IPv6 address without its brackets, and the port.
    public let server: TCPEndpoint
    /// What the server's certificate must be for.
    public let identity: ReferenceIdentity
    /// `/.well-known/est`, and the label behind it.
    private let base: BoundedBytes<192>

    /// The server that a URL names.
    /// - Returns: nil where it names none.
    public init?(_ url: Span<UInt8>) {
        var reader = ByteReader(url)
        guard reader.read(literal: "https://") else { return nil }
        let rest = reader.readRest()
        var end = 0
        while end < rest.count, rest[end] != UInt8(ascii: "/") { end += 1 }
        guard let (server, identity) = Self.authority(rest.extracting(0..<end)),
            let base = Self.base(rest.extracting(end..<rest.count))
        else { return nil }
        self.server = server
        self.identity = identity
        self.base = base
    }

    /// RFC 3986 §3.2, without user information.
    private static func authority(_ text: Span<UInt8>) -> (TCPEndpoint, ReferenceIdentity)? {
        var hostEnd = text.count
        if text.count > 0, text[0] == UInt8(ascii: "[") {
            hostEnd = 0
            while hostEnd < text.count, text[hostEnd] != UInt8(ascii: "]") { hostEnd += 1 }
            guard hostEnd < text.count else { return nil }
            hostEnd += 1
        } else {
            for index in text.indices where text[index] == UInt8(ascii: ":") { hostEnd = min(hostEnd, index) }
        }
        var port = 443
        if hostEnd < text.count {
            guard text[hostEnd] == UInt8(ascii: ":"),
                let number = text.extracting((hostEnd + 1)..<text.count).decimalNumber, (1...65535).contains(number)
            else { return nil }
            port = number
        }
        let written = text.extracting(0..<hostEnd)
        let identity: ReferenceIdentity
        do throws(X509Error) { identity = try ReferenceIdentity(written) } catch { return nil }
        let isBracketed = hostEnd > 0 && text[0] == UInt8(ascii: "[")
        guard let host = BoundedBytes<253>(isBracketed ? written.extracting(1..<(hostEnd - 1)) : written) else {
            return nil
        }
        return (TCPEndpoint(host: host, port: UInt16(port)), identity)
    }

    /// The path, which may be left out; with a label of unreserved characters (RFC 3986 §2.3).
    private static func base(_ path: Span<UInt8>) -> BoundedBytes<192>? {
        let wellKnown: InlineArray<16, UInt8> = [
            0x2F, 0x2E, 0x77, 0x65, 0x6C, 0x6C, 0x2D, 0x6B, 0x6E, 0x6F, 0x77, 0x6E, 0x2F, 0x65, 0x73, 0x74,
        ]
        var end = path.count
        if end > 0, path[end - 1] == UInt8(ascii: "/") { end -= 1 }
        if end == 0 { return BoundedBytes(wellKnown.span) }
        guard end >= 16, path.extracting(0..<16).hasSameBytes(as: wellKnown.span) else { return nil }
        let label = path.extracting(16..<end)
        guard !label.isEmpty else { return BoundedBytes(wellKnown.span) }
        guard label.count > 1, label[0] == UInt8(ascii: "/") else { return nil }
        for index in 1..<label.count {
            switch label[index] {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                continue
            default: return nil
            }
        }
        return BoundedBytes(path.extracting(0..<end))
    }

    /// The path of an operation.
    func path(of operation: ESTOperation) -> BoundedBytes<512> {
        var storage = InlineArray<512, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        writer.append(base.bytes)
        writer.append("/")
        writer.append(operation.name)
        let count = writer.count
        // At most 192 bytes and a name.
        return BoundedBytes(storage.span.extracting(0..<count)) ?? BoundedBytes()
    }

    /// The value of Host (RFC 9110 §7.2): without the port that https has anyway.
    var host: BoundedBytes<264> {
        var storage = InlineArray<264, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        writer.append(server.isIPv6 ? "[" : "")
        writer.append(server.host.bytes)
        writer.append(server.isIPv6 ? "]" : "")
        if server.port != 443 {
            writer.append(":")
            writer.append(decimal: UInt64(server.port))
        }
        let count = writer.count
        // At most 253 bytes, brackets and a port.
        return BoundedBytes(storage.span.extracting(0..<count)) ?? BoundedBytes()
    }

    /// Where a redirection leads (RFC 9110 §10.2.2), if that is on the same server, as it must be for a client with nobody to ask
    /// (RFC 7030 §3.2.1).
    /// - Parameter location: the value of Location.
    /// - Returns: the path; nil for another host, port or scheme.
    func pathOfRedirection(to location: Span<UInt8>) -> BoundedBytes<512>? {
        var path = location
        var reader = ByteReader(location)
        if reader.read(literal: "https://") {
            let rest = reader.readRest()
            var end = 0
            while end < rest.count, rest[end] != UInt8(ascii: "/") { end += 1 }
            guard let (server, _) = Self.authority(rest.extracting(0..<end)), server == self.server else { return nil }
            path = rest.extracting(end..<rest.count)
        }
        // `//HOST/` would be another host.
        guard path.count > 0, path[0] == UInt8(ascii: "/"), path.count == 1 || path[1] != UInt8(ascii: "/") else {
            return nil
        }
        for index in path.indices where path[index] <= 0x20 || path[index] >= 0x7F { return nil }
        return BoundedBytes(path)
    }
}
