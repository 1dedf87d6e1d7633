// early_data (RFC 8446 §4.2.10): a client sends data with its first flight, a server takes it, a ticket allows it.
import Bytes

/// The extension early_data.
enum EarlyData {
    /// Whether a ClientHello announces early data, or EncryptedExtensions accept it.
    /// - Throws: `.malformed` where the extension has a body.
    static func isIndicated(in extensions: ExtensionBlock) throws(TLSError) -> Bool {
        try extensions.hasEmpty(.early_data)
    }

    /// Appends the extension to a ClientHello, or to EncryptedExtensions.
    static func append(to writer: inout ByteWriter) { writer.appendEmptyExtension(.early_data) }

    /// Appends the extension to a ticket.
    static func append(maximumSize: UInt32, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.early_data)
        writer.append(maximumSize)
        writer.endExtension(mark)
    }

    /// The bytes of early data that a ticket allows, or nil without the extension.
    /// - Throws: `.malformed`.
    static func maximumSize(in extensions: ExtensionBlock) throws(TLSError) -> UInt32? {
        guard var reader = extensions.messageReader(.early_data) else { return nil }
        let size = try reader.readUInt32()
        try reader.finish()
        return size
    }
}
