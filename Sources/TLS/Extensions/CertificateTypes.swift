// client_certificate_type and server_certificate_type (RFC 7250 §3, §4; RFC 8446 §4.4.2): which kinds of Certificate a client
// can show and can take, and what the server chose of them. Both have the same form.
import Bytes

/// The extensions client_certificate_type and server_certificate_type.
enum CertificateTypes {
    /// The types that a client names.
    /// - Parameter type: which of the two extensions.
    /// - Returns: certificates alone where the extension is not there.
    /// - Throws: `.malformed`; `.illegalParameter(.certificateTypes)` for certificates alone, since "it MUST omit" the
    ///   extension then (RFC 7250 §4.1).
    static func client(_ type: ExtensionType, in extensions: ExtensionBlock) throws(TLSError) -> CertificateTypeSet {
        guard let list = try extensions.readVector8(type, minimum: 1) else { return .byDefault }
        guard list.count > 1 || CertificateType(rawValue: list[0]) != .X509 else {
            throw .illegalParameter(.certificateTypes)
        }
        var types = CertificateTypeSet.empty
        for index in list.indices { types.insert(CertificateType(rawValue: list[index])) }
        return types
    }

    /// The type that a server chose, or nil without the extension.
    /// - Throws: `.malformed`.
    static func server(_ type: ExtensionType, in extensions: ExtensionBlock) throws(TLSError) -> CertificateType? {
        try extensions.readUInt8(type).map { CertificateType(rawValue: $0) }
    }

    /// Whether a client sends the extension: not for certificates alone, which are meant without it (RFC 7250 §4.1).
    static func isSent(for types: borrowing FixedList<2, CertificateType>) -> Bool {
        types.contains(.RawPublicKey)
    }

    /// Appends a client's extension, which is not for certificates alone: see `isSent`.
    static func appendClient(
        _ type: ExtensionType, _ types: borrowing FixedList<2, CertificateType>, to writer: inout ByteWriter
    ) {
        let mark = writer.beginExtension(type)
        writer.appendCodepoints(types.elements)
        writer.endExtension(mark)
    }

    /// Appends a server's extension.
    static func appendServer(_ type: ExtensionType, _ chosen: CertificateType, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(type)
        writer.append(chosen.rawValue)
        writer.endExtension(mark)
    }
}
