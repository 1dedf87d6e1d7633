// CertificateRequest (RFC 8446 §4.3.2): the server asks the client for a certificate.
import Bytes

/// What a server wants of a client's certificate.
struct CertificateRequest: ~Escapable {
    /// Empty in the handshake.
    let context: Span<UInt8>
    /// The extensions, each type at most once; signature_algorithms is mandatory.
    let extensions: ExtensionBlock

    /// Parses a message.
    /// - Throws: `.malformed(.certificate_request)`, `.peerMisbehaved(.duplicateExtension)` or `(.tooManyExtensions)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .certificate_request)
        context = try reader.readVector8()
        // §4.3.2: extensions<2..2^16-1>
        guard !reader.isAtEnd else { throw reader.malformed }
        extensions = try reader.readExtensions()
        try reader.finish()
    }

    /// Appends everything of the body up to the extension block: the context, which is empty in the handshake.
    static func appendBeforeExtensions(to writer: inout ByteWriter) { writer.append(0 as UInt8) }
}
