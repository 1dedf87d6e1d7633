// ServerHelloDone of TLS 1.2 (RFC 5246 §7.4.5): the end of the server's first flight.
import Bytes

/// A message without content.
enum ServerHelloDone {
    /// Checks a message.
    /// - Throws: `.malformed` where it has a body.
    static func check(_ message: HandshakeMessage) throws(TLSError) {
        try MessageReader(message, .server_hello_done_RESERVED).finish()
    }

    /// Appends a message, header included.
    static func append(to writer: inout ByteWriter) {
        writer.endHandshakeMessage(writer.beginHandshakeMessage(.server_hello_done_RESERVED))
    }
}
