// signature_algorithms and signature_algorithms_cert (RFC 8446 §4.2.3): what the sender can verify, in the CertificateVerify
// and, unless the second says otherwise, in certificates.
import Bytes

/// The extensions signature_algorithms and signature_algorithms_cert, which have one form.
enum SignatureAlgorithms {
    /// The schemes, at least one, or nil without the extension.
    /// - Parameter type: which of the two.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func read(
        _ type: ExtensionType = .signature_algorithms, in extensions: ExtensionBlock
    ) throws(TLSError) -> SignatureSchemeList? {
        try extensions.readCodepoints16(type)
    }

    /// Appends the extension.
    /// - Parameter type: which of the two.
    static func append(
        _ schemes: Span<SignatureScheme>, as type: ExtensionType = .signature_algorithms, to writer: inout ByteWriter
    ) {
        let mark = writer.beginExtension(type)
        writer.appendCodepoints(schemes, lengthBytes: 2)
        writer.endExtension(mark)
    }
}
