// CertificateRequest of TLS 1.2 (RFC 5246 §7.4.4, RFC 8422 §5.5): the server asks the client for a certificate.
import Bytes
import TLSCrypto

/// What a server of TLS 1.2 wants of a client's certificate.
struct CertificateRequest12: ~Escapable {
    /// ClientCertificateType after ClientCertificateType.
    private let types: Span<UInt8>
    /// The schemes that the server accepts.
    let schemes: SignatureSchemeList
    /// The names of the server's authorities, as certificate_authorities holds them; empty where it names none.
    let authorities: Span<UInt8>

    /// ClientCertificateType rsa_sign (RFC 5246 §7.4.4) and ecdsa_sign (RFC 8422 §5.5).
    private static let rsaSign: UInt8 = 1
    private static let ecdsaSign: UInt8 = 64

    /// Parses a message.
    /// - Throws: `.malformed(.certificate_request)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .certificate_request)
        types = try reader.readVector8(minimum: 1)
        schemes = try reader.readCodepoints16()
        authorities = try reader.readAuthorities(minimum: 0)
        try reader.finish()
    }

    /// Whether the server takes a certificate with such a key.
    func accepts(_ key: PublicKeyKind?) -> Bool {
        let wanted: UInt8
        switch key {
        case .ec: wanted = Self.ecdsaSign
        case .rsa: wanted = Self.rsaSign
        case nil: return false
        }
        return types.has(wanted)
    }

    /// Appends everything of the body up to the names of the authorities.
    static func appendBeforeAuthorities(_ schemes: Span<SignatureScheme>, to writer: inout ByteWriter) {
        writer.append(2 as UInt8)
        writer.append(ecdsaSign)
        writer.append(rsaSign)
        writer.appendCodepoints(schemes, lengthBytes: 2)
    }
}
