// max_fragment_length (RFC 6066 §4): a client asks for shorter records, both ways; a server that agrees says the same.
// record_size_limit (RFC 8449) replaces it, and wins where both are there (RFC 8449 §5).
import Bytes

/// The extension max_fragment_length.
enum MaxFragmentLengthNegotiation {
    /// The length, or nil without the extension.
    /// - Throws: `.malformed`; `.illegalParameter(.maxFragmentLength)` for a value that is not assigned (§4).
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> MaxFragmentLength? {
        guard let value = try extensions.readUInt8(.max_fragment_length) else { return nil }
        let length = MaxFragmentLength(rawValue: value)
        guard length.byteCount != nil else { throw .illegalParameter(.maxFragmentLength) }
        return length
    }

    /// Appends the extension.
    static func append(_ length: MaxFragmentLength, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.max_fragment_length)
        writer.append(length.rawValue)
        writer.endExtension(mark)
    }
}
