// EncryptedExtensions (RFC 8446 §4.3.1): the server's answers to what the client offered, as far as no key depends on them.
import Bytes

/// The first protected message of a server.
struct EncryptedExtensions: ~Escapable {
    /// The extensions, each type at most once.
    let extensions: ExtensionBlock

    /// Parses a message.
    /// - Throws: `.malformed(.encrypted_extensions)`, `.peerMisbehaved(.duplicateExtension)` or `(.tooManyExtensions)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .encrypted_extensions)
        extensions = try reader.readExtensions()
        try reader.finish()
    }
}
