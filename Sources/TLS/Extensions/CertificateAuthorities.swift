// certificate_authorities (RFC 8446 §4.2.4): the names of authorities that the sender trusts. It is a hint.
import Bytes

/// The extension certificate_authorities.
enum CertificateAuthorities {
    /// DistinguishedName after DistinguishedName, at least one, each in DER with its length in front in two bytes; or nil
    /// without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> Span<UInt8>? {
        guard var reader = extensions.messageReader(.certificate_authorities) else { return nil }
        // §4.2.4: DistinguishedName authorities<3..2^16-1>
        let authorities = try reader.readVector16(minimum: 3)
        try reader.finish()
        var name = MessageReader(authorities, of: extensions.message)
        while !name.isAtEnd { _ = try name.readVector16(minimum: 1) }
        return authorities
    }
}
