// Finished (RFC 8446 §4.4.4): a MAC over the transcript.
import Bytes

/// Proof that a peer saw the same handshake.
struct Finished: ~Escapable {
    /// The MAC. Compare it in constant time.
    let verifyData: Span<UInt8>

    /// Parses a message.
    /// - Parameter length: bytes of the hash of the suite.
    /// - Throws: `.malformed(.finished)` for any other length, too.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage, length: Int) throws(TLSError) {
        var reader = try MessageReader(message, .finished)
        verifyData = try reader.readBytes(length)
        try reader.finish()
    }

    /// Appends a message, header included.
    static func append(_ verifyData: Span<UInt8>, to writer: inout ByteWriter) {
        let message = writer.beginHandshakeMessage(.finished)
        writer.append(verifyData)
        writer.endHandshakeMessage(message)
    }
}
