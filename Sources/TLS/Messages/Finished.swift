// Finished (RFC 8446 §4.4.4): a MAC over the transcript.
import Bytes

/// Proof that a peer saw the same handshake.
struct Finished: ~Escapable {
    /// The MAC. Compare it in constant time.
    let verifyData: Span<UInt8>

    /// Parses a message.
    /// - Parameter length: bytes of the hash of the suite.
    /// - Throws: `.peerMisbehaved(.finishedInvalid)` for any other length: all of the message is the MAC, and such a one
    ///   is not correct (§4.4.4).
    @_lifetime(copy message)
    init(_ message: HandshakeMessage, length: Int) throws(TLSError) {
        guard message.type == .finished else { throw .peerMisbehaved(.unexpectedMessage) }
        verifyData = message.body
        guard verifyData.count == length else { throw .peerMisbehaved(.finishedInvalid) }
    }

    /// Appends a message, header included.
    static func append(_ verifyData: Span<UInt8>, to writer: inout ByteWriter) {
        let message = writer.beginHandshakeMessage(.finished)
        writer.append(verifyData)
        writer.endHandshakeMessage(message)
    }
}
