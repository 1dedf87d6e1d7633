// ec_point_formats (RFC 8422 §5.1.2): how points are written. There is one format left, uncompressed; old peers want to be
// told.
import Bytes

/// The extension ec_point_formats.
enum ECPointFormats {
    /// The one format (§5.1.2).
    private static let uncompressed: UInt8 = 0

    /// Checks the extension, if it is there.
    /// - Throws: `.malformed`; `.illegalParameter(.pointFormats)` where it does not name the one format (§5.1.2, §5.2).
    static func check(in extensions: ExtensionBlock) throws(TLSError) {
        guard let formats = try extensions.readVector8(.ec_point_formats, minimum: 1) else { return }
        guard formats.has(uncompressed) else { throw .illegalParameter(.pointFormats) }
    }

    /// Appends the extension.
    static func append(to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.ec_point_formats)
        writer.append(1 as UInt8)
        writer.append(uncompressed)
        writer.endExtension(mark)
    }
}
