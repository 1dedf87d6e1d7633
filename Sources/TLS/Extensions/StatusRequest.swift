// status_request (RFC 6066 §8; RFC 8446 §4.4.2.1): a client asks for an OCSP response beside the server's certificate, a staple.
// In TLS 1.3 the staple comes in an extension of the certificate; in TLS 1.2 the ServerHello says with an empty extension that
// a CertificateStatus may follow. The response is handed to the application as it is: nothing here looks into it.
import Bytes

/// The extension status_request.
enum StatusRequest {
    /// Whether a ClientHello asks for an OCSP response. What it says of responders is for nobody here.
    /// - Throws: `.malformed`.
    static func isOCSPWanted(in extensions: ExtensionBlock) throws(TLSError) -> Bool {
        guard var reader = extensions.messageReader(.status_request) else { return false }
        // What follows another type is not specified.
        guard CertificateStatusType(rawValue: try reader.readUInt8()) == .ocsp else { return false }
        var responder = MessageReader(try reader.readVector16(), of: extensions.message)
        while !responder.isAtEnd { _ = try responder.readVector16(minimum: 1) }
        _ = try reader.readVector16()
        try reader.finish()
        return true
    }

    /// Whether the ServerHello of TLS 1.2 says that a CertificateStatus may follow.
    /// - Throws: `.malformed` where the extension has a body.
    static func isAcknowledged(in extensions: ExtensionBlock) throws(TLSError) -> Bool {
        try extensions.hasEmpty(.status_request)
    }

    /// The OCSP response in the extensions of a certificate (RFC 8446 §4.4.2.1); nil where there is none.
    /// - Throws: `.malformed`, also for a status of another kind, which nobody asked for.
    @_lifetime(copy extensions)
    static func response(in extensions: ExtensionBlock) throws(TLSError) -> Span<UInt8>? {
        guard var reader = extensions.messageReader(.status_request) else { return nil }
        let response = try reader.readOCSPResponse()
        try reader.finish()
        return response
    }

    /// Appends a client's extension: for any responder, without extensions.
    static func append(to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.status_request)
        writer.append(CertificateStatusType.ocsp.rawValue)
        writer.append(0 as UInt16)
        writer.append(0 as UInt16)
        writer.endExtension(mark)
    }

    /// Appends the extensions of a certificate that carry `response`, their length in front.
    static func appendExtensions(of response: Span<UInt8>, to writer: inout ByteWriter) {
        let extensions = writer.beginVector(lengthBytes: 2)
        let mark = writer.beginExtension(.status_request)
        CertificateStatus.append(response, to: &writer)
        writer.endExtension(mark)
        writer.endVector(extensions)
    }
}

extension MessageReader {
    /// The next CertificateStatus, which must be an OCSP response (RFC 6066 §8).
    @_lifetime(copy self)
    mutating func readOCSPResponse() throws(TLSError) -> Span<UInt8> {
        guard CertificateStatusType(rawValue: try readUInt8()) == .ocsp else { throw malformed }
        return try readVector24(minimum: 1)
    }
}
