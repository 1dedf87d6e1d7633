// supported_groups (RFC 8446 §4.2.7): the groups for the key exchange in the sender's order of preference.
import Bytes

/// The extension supported_groups.
enum SupportedGroups {
    /// The groups, at least one, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> NamedGroupList? {
        try extensions.readCodepoints16(.supported_groups)
    }

    /// Appends the extension.
    static func append(_ groups: Span<NamedGroup>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.supported_groups)
        writer.appendCodepoints(groups, lengthBytes: 2)
        writer.endExtension(mark)
    }
}
