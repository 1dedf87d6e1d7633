// record_size_limit (RFC 8449 §4): the longest record that the sender takes. In TLS 1.3 the number counts the plaintext with
// its content type and padding; in TLS 1.2 the plaintext alone.
import Bytes

/// The extension record_size_limit.
enum RecordSizeLimit {
    /// The least value (§4).
    static let least: UInt16 = 64
    /// The greatest value that means something in TLS 1.3: a full record and its content type.
    static let greatest: UInt16 = 16385

    /// The limit in bytes, or nil without the extension. A client may name more than there is, for versions to come.
    /// - Throws: `.malformed`; `.illegalParameter(.recordSizeLimit)` for less than 64, or from a server for more than the
    ///   protocol has (§4).
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> UInt16? {
        guard let limit = try extensions.readUInt16(.record_size_limit) else { return nil }
        let isFromClient = extensions.message == .client_hello
        guard limit >= least, isFromClient || limit <= greatest else { throw .illegalParameter(.recordSizeLimit) }
        return limit
    }

    /// Appends the extension.
    static func append(_ limit: UInt16, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.record_size_limit)
        writer.append(limit)
        writer.endExtension(mark)
    }
}
