// signature_algorithms and signature_algorithms_cert (RFC 8446 §4.2.3): what the sender can verify, in the CertificateVerify
// and, unless the second says otherwise, in certificates.
import Bytes

/// The extension signature_algorithms.
enum SignatureAlgorithms {
    /// The schemes, at least one, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> SignatureSchemeList? {
        try extensions.readSchemes(.signature_algorithms)
    }

    /// Appends the extension.
    static func append(_ schemes: Span<SignatureScheme>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.signature_algorithms)
        writer.appendCodepoints(schemes, lengthBytes: 2)
        writer.endExtension(mark)
    }
}

/// The extension signature_algorithms_cert.
enum SignatureAlgorithmsCert {
    /// The schemes, at least one, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> SignatureSchemeList? {
        try extensions.readSchemes(.signature_algorithms_cert)
    }

    /// Appends the extension.
    static func append(_ schemes: Span<SignatureScheme>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.signature_algorithms_cert)
        writer.appendCodepoints(schemes, lengthBytes: 2)
        writer.endExtension(mark)
    }
}

extension ExtensionBlock {
    @_lifetime(copy self)
    fileprivate func readSchemes(_ type: ExtensionType) throws(TLSError) -> SignatureSchemeList? {
        guard var reader = messageReader(type) else { return nil }
        let schemes: SignatureSchemeList = try reader.readCodepoints16()
        try reader.finish()
        return schemes
    }
}
