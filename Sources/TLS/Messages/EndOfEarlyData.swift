// EndOfEarlyData (RFC 8446 §4.5): the client has sent all of its early data. It has no body.
import Bytes

/// The end of a client's early data.
struct EndOfEarlyData {
    /// Parses a message.
    /// - Throws: `.malformed(.end_of_early_data)` for one with a body.
    init(_ message: HandshakeMessage) throws(TLSError) {
        try MessageReader(message, .end_of_early_data).finish()
    }

    /// Appends a message, header included.
    static func append(to writer: inout ByteWriter) {
        writer.endHandshakeMessage(writer.beginHandshakeMessage(.end_of_early_data))
    }
}
