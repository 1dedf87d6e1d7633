// Writes X.509 v3 certificates (RFC 5280 §4.1). The profile is narrow on purpose:
// - basicConstraints and keyUsage are present and critical; an authority may only sign certificates and CRLs, an end
//   entity may only sign (TLS 1.3 needs no more, and a key that also decrypts is what ROBOT and Marvin live on);
// - extendedKeyUsage says serverAuth, clientAuth or both for every end entity, and is absent for an authority;
// - subject and authority key identifiers are the first 160 bits of the SHA-256 of the key (RFC 7093 §2 method 1).
import Bytes
import TLSCrypto
import X509

/// What a certificate allows its key to do.
public enum CertificateUse: Equatable, Sendable {
    /// To sign certificates and CRLs, with at most this many authorities below it (0 to 127).
    case authority(pathLength: UInt8)
    /// To authenticate a TLS server, a TLS client or both.
    case endEntity(server: Bool, client: Bool)
    /// A TLS server whose RSA key is for RSA key transport alone (RFC 5246 §7.4.7.1) and never signs.
    case keyTransportServer
}

/// The identifier of a key in a certificate (RFC 5280 §4.2.1.1, §4.2.1.2).
public typealias KeyIdentifier = BoundedBytes<64>

/// All that is written into a certificate beside its signature.
public struct CertificateContents: ~Escapable {
    /// Big-endian and positive, 1 to 20 bytes (RFC 5280 §4.1.2.2): see `randomSerialNumber`.
    public var serialNumber: BoundedBytes<20>
    /// DER of the issuer's Name, byte for byte as the issuer's own certificate has it as subject.
    public let issuer: Span<UInt8>
    /// DER of the subject's Name.
    public let subject: Span<UInt8>
    /// DER of the SubjectPublicKeyInfo.
    public let publicKeyInfo: Span<UInt8>
    /// DER of GeneralNames (see `writeSubjectAltNames`), or empty for none.
    public let subjectAltNames: Span<UInt8>
    /// The issuer's subject key identifier; empty for none.
    public var authorityKeyIdentifier = KeyIdentifier()
    /// First second of validity, in seconds since 1970.
    public var notBefore: Int64 = 0
    /// Last second of validity, in seconds since 1970.
    public var notAfter: Int64 = 0
    /// What the key may do.
    public var use = CertificateUse.endEntity(server: true, client: true)

    /// Contents that still need their validity and use.
    @_lifetime(copy issuer, copy subject, copy publicKeyInfo, copy subjectAltNames)
    public init(
        serialNumber: BoundedBytes<20>, issuer: Span<UInt8>, subject: Span<UInt8>, publicKeyInfo: Span<UInt8>,
        subjectAltNames: Span<UInt8>
    ) {
        self.serialNumber = serialNumber
        self.issuer = issuer
        self.subject = subject
        self.publicKeyInfo = publicKeyInfo
        self.subjectAltNames = subjectAltNames
    }
}

/// A serial number of 127 random bits, positive and not zero (RFC 5280 §4.1.2.2).
/// - Throws: `crypto` where the random source fails.
public func randomSerialNumber(_ random: RandomSource) throws(ProvisioningError) -> BoundedBytes<20> {
    var storage = InlineArray<16, UInt8>(repeating: 0)
    var bytes = storage.mutableSpan
    do throws(CryptoError) { try random.fill(&bytes) } catch { throw .crypto(error) }
    // The first bit is the sign; the second is set so that the number always has 16 bytes.
    bytes[0] = bytes[0] & 0x7F | 0x40
    guard let serial = BoundedBytes<20>(storage.span) else { throw .invalidSerialNumber }
    return serial
}

/// Writes a certificate and signs it.
/// - Returns: how many bytes of `output` were written. On failure its bytes are not to be used.
/// - Throws: `invalidSerialNumber`, `invalidValidity`, `unsupportedKey`, `outputTooSmall`, `crypto`.
public func writeCertificate(
    _ contents: borrowing CertificateContents, signedBy issuerKey: borrowing SigningKey,
    into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    let signature = try SignatureIdentifier(for: issuerKey.kind)
    let count = try writeToBeSigned(contents, signature, into: &output)
    return try signDocument(count, signature, with: issuerKey, in: &output)
}

/// TBSCertificate (RFC 5280 §4.1).
private func writeToBeSigned(
    _ contents: borrowing CertificateContents, _ signature: SignatureIdentifier, into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    let serial = contents.serialNumber.bytes
    // §4.1.2.2: positive, at most 20 octets with the sign bit.
    guard !serial.isEmpty, serial[0] != 0, serial.count < 20 || serial[0] < 0x80 else { throw .invalidSerialNumber }
    guard contents.notBefore <= contents.notAfter else { throw .invalidValidity }
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    try writer.prependExtensions(of: contents)
    writer.prepend(contents.publicKeyInfo)
    writer.prepend(contents.subject)
    let validity = writer.mark
    try writer.prependTime(contents.notAfter)
    try writer.prependTime(contents.notBefore)
    writer.wrap(.sequence, since: validity)
    writer.prepend(contents.issuer)
    writer.prepend(signature)
    writer.prependUnsignedInteger(serial)
    let version = writer.mark
    writer.prependSmallInteger(2)
    writer.wrap(.contextConstructed(0), since: version)
    writer.wrap(.sequence, since: all)
    return try writer.moveToFront()
}

extension DERWriter {
    /// Time (RFC 5280 §4.1.2.5): UTCTime through 2049, GeneralizedTime from 2050 on and before 1950.
    @_lifetime(self: copy self)
    mutating func prependTime(_ seconds: Int64) throws(ProvisioningError) {
        let time = UTCDate(secondsSince1970: seconds)
        // What lies outside the calendar was brought to its end.
        guard time.secondsSince1970 == seconds else { throw .invalidValidity }
        let isUTCTime = (1950...2049).contains(time.year)
        var storage = InlineArray<15, UInt8>(repeating: 0)
        var text = ByteWriter(storage.mutableSpan)
        text.appendDecimal(time.year, digits: isUTCTime ? 2 : 4)
        text.appendDecimal(time.month, digits: 2)
        text.appendDecimal(time.day, digits: 2)
        text.appendDecimal(time.hour, digits: 2)
        text.appendDecimal(time.minute, digits: 2)
        text.appendDecimal(time.second, digits: 2)
        text.append("Z")
        let count = text.count
        prepend(isUTCTime ? .utcTime : .generalizedTime, storage.span.extracting(0..<count))
    }
}
