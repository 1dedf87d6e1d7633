// Requests (RFC 9112 §3), written: one method, one target, the fields that are needed, and a body of known length.
import Bytes

/// The methods that are used.
public enum HTTPMethod: UInt8, Sendable {
    case get, post

    /// The method's name.
    public var name: StaticString { self == .get ? "GET" : "POST" }
}

/// What a request consists of.
public struct HTTPRequest: ~Escapable {
    public let method: HTTPMethod
    /// The path.
    public let target: Span<UInt8>
    /// The value of Host: where the request goes to.
    public let host: Span<UInt8>
    /// The value of Authorization; empty for none.
    public let authorization: Span<UInt8>
    /// The value of Content-Type.
    public let contentType: StaticString
    public let body: Span<UInt8>

    @_lifetime(copy target, copy host, copy authorization, copy body)
    public init(
        _ method: HTTPMethod, target: Span<UInt8>, host: Span<UInt8>, authorization: Span<UInt8>,
        contentType: StaticString, body: Span<UInt8>
    ) {
        self.method = method
        self.target = target
        self.host = host
        self.authorization = authorization
        self.contentType = contentType
        self.body = body
    }

    /// Writes the request.
    public func write(to writer: inout ByteWriter) {
        writer.append(method.name)
        writer.append(" ")
        writer.append(target)
        writer.append(" HTTP/1.1\r\nHost: ")
        writer.append(host)
        writer.append("\r\nUser-Agent: swiftlet\r\nAccept: */*\r\n")
        if !authorization.isEmpty {
            writer.append("Authorization: ")
            writer.append(authorization)
            writer.append("\r\n")
        }
        if method == .post {
            writer.append("Content-Type: ")
            writer.append(contentType)
            // RFC 8951 §3.1 has servers ignore it; those of before want it (RFC 7030 §4.2.1).
            writer.append("\r\nContent-Transfer-Encoding: base64\r\nContent-Length: ")
            writer.append(decimal: UInt64(body.count))
            writer.append("\r\n")
        }
        writer.append("\r\n")
        writer.append(body)
    }
}
