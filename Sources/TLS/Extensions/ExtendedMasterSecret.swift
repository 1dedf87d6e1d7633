// extended_master_secret (RFC 7627 §5.1): the master secret is bound to the handshake that made it.
import Bytes

/// The extension extended_master_secret.
enum ExtendedMasterSecret {
    /// Whether a hello of TLS 1.2 has it.
    /// - Throws: `.malformed` where the extension has a body.
    static func isIndicated(in extensions: ExtensionBlock) throws(TLSError) -> Bool {
        try extensions.hasEmpty(.extended_master_secret)
    }

    /// Appends the extension.
    static func append(to writer: inout ByteWriter) { writer.appendEmptyExtension(.extended_master_secret) }
}
