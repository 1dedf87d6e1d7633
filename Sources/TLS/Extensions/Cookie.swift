// cookie (RFC 8446 §4.2.2): what a server gives in a HelloRetryRequest and gets back in the second ClientHello.
import Bytes

/// The extension cookie.
enum Cookie {
    /// The cookie, never empty, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> Span<UInt8>? {
        try extensions.readVector16(.cookie, minimum: 1)
    }

    /// Appends the extension.
    static func append(_ cookie: Span<UInt8>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.cookie)
        writer.appendVector(cookie, lengthBytes: 2)
        writer.endExtension(mark)
    }
}
