// The public half of a key in a token: what the token says of it (PKCS #11 v2.40 §2.1.3, §2.3.3), as a SubjectPublicKeyInfo
// (RFC 5480, RFC 3279 §2.3.1).
import Bytes
import TLSCrypto
import X509

/// The curve that CKA_EC_PARAMS names: the DER of its object identifier.
func curve(ofParameters der: Span<UInt8>) -> EllipticCurve? {
    if der.hasSameBytes(as: curveParameters(.secp256r1).bytes) { return .secp256r1 }
    if der.hasSameBytes(as: curveParameters(.secp384r1).bytes) { return .secp384r1 }
    return nil
}

/// CKA_EC_PARAMS of a curve: 1.2.840.10045.3.1.7 or 1.3.132.0.34 (RFC 5480 §2.1.1.1).
func curveParameters(_ curve: EllipticCurve) -> BoundedBytes<16> {
    let p256: InlineArray<10, UInt8> = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    let p384: InlineArray<7, UInt8> = [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22]
    return (curve == .secp256r1 ? BoundedBytes(p256.span) : BoundedBytes(p384.span)) ?? BoundedBytes()
}

/// The uncompressed point in CKA_EC_POINT: an OCTET STRING around it, or, of some modules, the point itself.
@_lifetime(copy attribute)
func point(_ attribute: Span<UInt8>, on curve: EllipticCurve) -> Span<UInt8>? {
    let length = 1 + 2 * curve.scalarBytes
    if attribute.count == length, attribute[0] == 0x04 { return attribute }
    // Both lengths have the short form.
    guard attribute.count == length + 2, attribute[0] == 0x04, Int(attribute[1]) == length, attribute[2] == 0x04 else {
        return nil
    }
    return attribute.extracting(2..<attribute.count)
}

/// Writes a SubjectPublicKeyInfo with a point.
/// - Returns: how many bytes of `output` it has.
func writePublicKeyInfo(
    _ curve: EllipticCurve, point: Span<UInt8>, into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    writer.prepend(point)
    writer.prepend(0 as UInt8)  // unused bits
    writer.wrap(.bitString, since: all)
    let algorithm = writer.mark
    writer.prepend(curveParameters(curve).bytes)
    writer.prependObjectIdentifier("1.2.840.10045.2.1")
    writer.wrap(.sequence, since: algorithm)
    writer.wrap(.sequence, since: all)
    return try writer.moveToFront()
}

/// Writes a SubjectPublicKeyInfo with an RSA key.
/// - Returns: how many bytes of `output` it has.
func writePublicKeyInfo(
    modulus: Span<UInt8>, exponent: Span<UInt8>, into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    writer.prependUnsignedInteger(exponent)
    writer.prependUnsignedInteger(modulus)
    writer.wrap(.sequence, since: all)
    writer.prepend(0 as UInt8)  // unused bits
    writer.wrap(.bitString, since: all)
    let algorithm = writer.mark
    writer.prependNull()
    writer.prependObjectIdentifier("1.2.840.113549.1.1.1")
    writer.wrap(.sequence, since: algorithm)
    writer.wrap(.sequence, since: all)
    return try writer.moveToFront()
}

/// Writes what CKM_RSA_PKCS signs: a DigestInfo (RFC 8017 §9.2 step 2).
/// - Returns: how many bytes of `output` it has.
func writeDigestInfo(
    _ algorithm: HashAlgorithm, _ hash: Span<UInt8>, into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    writer.prepend(.octetString, hash)
    let identifier = writer.mark
    writer.prependNull()
    switch algorithm {
    case .sha256: writer.prependObjectIdentifier("2.16.840.1.101.3.4.2.1")
    case .sha384: writer.prependObjectIdentifier("2.16.840.1.101.3.4.2.2")
    case .sha512: writer.prependObjectIdentifier("2.16.840.1.101.3.4.2.3")
    }
    writer.wrap(.sequence, since: identifier)
    writer.wrap(.sequence, since: all)
    return try writer.moveToFront()
}
