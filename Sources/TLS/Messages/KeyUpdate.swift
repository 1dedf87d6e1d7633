// KeyUpdate (RFC 8446 §4.6.3): the sender goes on with its next traffic key.
import Bytes

/// The announcement of a new traffic key.
struct KeyUpdate {
    /// Whether the receiver must answer with a KeyUpdate of its own.
    let requestUpdate: KeyUpdateRequest

    /// Parses a message.
    /// - Throws: `.malformed(.key_update)`; `.illegalParameter(.keyUpdateRequest)` for a value that is neither yes nor no.
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .key_update)
        requestUpdate = KeyUpdateRequest(rawValue: try reader.readUInt8())
        try reader.finish()
        guard requestUpdate == .update_not_requested || requestUpdate == .update_requested else {
            throw .illegalParameter(.keyUpdateRequest)
        }
    }

    /// Appends a message, header included.
    static func append(_ request: KeyUpdateRequest, to writer: inout ByteWriter) {
        let message = writer.beginHandshakeMessage(.key_update)
        writer.append(request.rawValue)
        writer.endHandshakeMessage(message)
    }
}
