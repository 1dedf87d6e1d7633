// Writes PKCS#10 requests (RFC 2986 §4): a Name, our public key, and the names that we ask for in an extensionRequest
// attribute (RFC 2985 §5.4.2). The signature is the proof of possession.
import Bytes
import TLSCrypto
import X509

/// Writes a request for a certificate for `key` and signs it.
/// - Parameters:
///   - subject: DER of the subject's Name (see `writeDistinguishedName`); may be the empty Name.
///   - subjectAltNames: DER of GeneralNames (see `writeSubjectAltNames`), or empty for none.
///   - key: the private key that the certificate is for.
/// - Returns: how many bytes of `output` were written. On failure its bytes are not to be used.
/// - Throws: `unsupportedKey`, `outputTooSmall`, `crypto`.
public func writeCertificateRequest(
    subject: Span<UInt8>, subjectAltNames: Span<UInt8>, signedBy key: borrowing SigningKey,
    into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    let signature = try SignatureIdentifier(for: key.kind)
    // A SubjectPublicKeyInfo of RSA with 4096 bits has 550 bytes.
    var storage = InlineArray<600, UInt8>(repeating: 0)
    var room = storage.mutableSpan
    let infoCount: Int
    do throws(CryptoError) { infoCount = try key.publicKeyInfo(into: &room) } catch { throw .crypto(error) }
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    writer.prependAttributes(subjectAltNames, isSubjectEmpty: subject.count <= 2)
    writer.prepend(storage.span.extracting(0..<infoCount))
    writer.prepend(subject)
    writer.prependSmallInteger(0)  // v1
    writer.wrap(.sequence, since: all)
    let count = try writer.moveToFront()
    return try signDocument(count, signature, with: key, in: &output)
}

extension DERWriter {
    /// `[0] IMPLICIT SET OF Attribute`, which is there even where it is empty.
    @_lifetime(self: copy self)
    fileprivate mutating func prependAttributes(_ generalNames: Span<UInt8>, isSubjectEmpty: Bool) {
        let all = mark
        if !generalNames.isEmpty {
            prependSubjectAltNames(generalNames, critical: isSubjectEmpty)
            wrap(.sequence, since: all)  // Extensions
            wrap(.set, since: all)
            prependObjectIdentifier("1.2.840.113549.1.9.14")
            wrap(.sequence, since: all)
        }
        wrap(.contextConstructed(0), since: all)
    }
}
