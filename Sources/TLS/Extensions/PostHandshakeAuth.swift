// post_handshake_auth (RFC 8446 §4.2.6): the client would show a certificate later, too. We never ask, and never offer it.
import Bytes

/// The extension post_handshake_auth.
enum PostHandshakeAuth {
    /// Whether a ClientHello offers it.
    /// - Throws: `.malformed` where the extension has a body.
    static func isOffered(in extensions: ExtensionBlock) throws(TLSError) -> Bool {
        try extensions.hasEmpty(.post_handshake_auth)
    }
}
