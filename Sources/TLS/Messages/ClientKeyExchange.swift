// ClientKeyExchange of TLS 1.2: the client's public value (RFC 8422 §5.7), or with RSA key transport the premaster secret,
// encrypted (RFC 5246 §7.4.7.1).
import Bytes

/// The client's half of an ECDHE key exchange.
struct ClientKeyExchange: ~Escapable {
    /// The public value, never empty.
    let publicValue: Span<UInt8>

    /// Parses a message.
    /// - Throws: `.malformed`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .client_key_exchange_RESERVED)
        publicValue = try reader.readVector8(minimum: 1)
        try reader.finish()
    }

    /// Appends a message, header included.
    static func append(_ publicValue: Span<UInt8>, to writer: inout ByteWriter) {
        let message = writer.beginHandshakeMessage(.client_key_exchange_RESERVED)
        writer.appendVector(publicValue, lengthBytes: 1)
        writer.endHandshakeMessage(message)
    }
}

/// The client's premaster secret under the server's RSA key.
struct EncryptedPremasterSecret: ~Escapable {
    /// What was encrypted; of any length, since no length may be told from another failure by whoever sent it.
    let ciphertext: Span<UInt8>

    /// Parses a message.
    /// - Throws: `.malformed`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .client_key_exchange_RESERVED)
        ciphertext = try reader.readVector16()
        try reader.finish()
    }

    /// Appends a message, header included.
    static func append(_ ciphertext: Span<UInt8>, to writer: inout ByteWriter) {
        let message = writer.beginHandshakeMessage(.client_key_exchange_RESERVED)
        writer.appendVector(ciphertext, lengthBytes: 2)
        writer.endHandshakeMessage(message)
    }
}
