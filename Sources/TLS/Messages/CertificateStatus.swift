// CertificateStatus of TLS 1.2 (RFC 6066 §8): the OCSP response that a server has for its certificate.
import Bytes

/// A server's OCSP response.
struct CertificateStatus: ~Escapable {
    /// The response in DER, which nobody has looked at.
    let response: Span<UInt8>

    /// Parses a message.
    /// - Throws: `.malformed(.certificate_status_RESERVED)`, also for a status of another kind, which nobody asked for.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .certificate_status_RESERVED)
        response = try reader.readOCSPResponse()
        try reader.finish()
    }

    /// Appends the body of a message, which in TLS 1.3 is that of an extension.
    static func append(_ response: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(CertificateStatusType.ocsp.rawValue)
        writer.appendVector(response, lengthBytes: 3)
    }
}
