// An authority and certificates for the handshake check, made anew at each run and forgotten at its end.
import Bytes
import Provisioning
import TLSCrypto
import X509

/// A key with its certificate.
struct TestIdentity: ~Copyable {
    let key: SigningKey
    /// The certificate, as a `CertificateSequence` of one has it.
    var certificate: Region
    let certificateCount: Int

    /// The DER.
    var der: Span<UInt8> {
        @_lifetime(borrow self)
        get { certificate.bytes.extracting(3..<certificateCount) }
    }
    /// The DER with its length in front.
    var entry: Span<UInt8> {
        @_lifetime(borrow self)
        get { certificate.bytes.extracting(0..<certificateCount) }
    }

    /// Makes an authority of its own.
    init(authority name: StaticString, arena: inout Arena) throws(CheckFailure) {
        let key = try newKey(&arena)
        var certificate = try take(1024, from: &arena)
        certificateCount = try writeEntry(
            name, .authority(pathLength: 0), subjectKey: key, issuer: name, issuerKey: key, into: &certificate)
        self.key = key
        self.certificate = certificate
    }

    /// Makes a leaf under `issuerName` and its key.
    init(
        leaf name: StaticString, issuer issuerName: StaticString, issuerKey: borrowing SigningKey, arena: inout Arena
    ) throws(CheckFailure) {
        let key = try newKey(&arena)
        var certificate = try take(1024, from: &arena)
        certificateCount = try writeEntry(
            name, .endEntity(server: true, client: true), subjectKey: key, issuer: issuerName, issuerKey: issuerKey,
            into: &certificate)
        self.key = key
        self.certificate = certificate
    }
}

/// A new P-256 key.
private func newKey(_ arena: inout Arena) throws(CheckFailure) -> SigningKey {
    var memory = try take(512, from: &arena)
    do throws(CryptoError) {
        var text = memory.mutableBytes
        let count = try SigningKey.generatePEM(.p256, random: .system, into: &text)
        return try SigningKey(pemOrDER: memory.bytes.extracting(0..<count))
    } catch {
        throw .crypto(error)
    }
}

/// Writes a certificate with its length in front; what a leaf is named is its DNS name too.
/// - Returns: the length of all.
private func writeEntry(
    _ name: StaticString, _ use: CertificateUse, subjectKey: borrowing SigningKey, issuer: StaticString,
    issuerKey: borrowing SigningKey, into memory: inout Region
) throws(CheckFailure) -> Int {
    do throws(ProvisioningError) {
        var issuerStorage = InlineArray<96, UInt8>(repeating: 0)
        var subjectStorage = InlineArray<96, UInt8>(repeating: 0)
        var namesStorage = InlineArray<96, UInt8>(repeating: 0)
        var span = issuerStorage.mutableSpan
        let issuerCount = try writeDistinguishedName(commonName: BoundedBytes<64>(text: issuer).bytes, into: &span)
        span = subjectStorage.mutableSpan
        let subjectCount = try writeDistinguishedName(commonName: BoundedBytes<64>(text: name).bytes, into: &span)
        var namesCount = 0
        if use != .authority(pathLength: 0) {
            let names: InlineArray<1, ReferenceIdentity> = [.dns(BoundedBytes(text: name))]
            span = namesStorage.mutableSpan
            namesCount = try writeSubjectAltNames(names.span, into: &span)
        }
        var keyStorage = InlineArray<128, UInt8>(repeating: 0)
        span = keyStorage.mutableSpan
        let keyCount = try publicKeyInfo(of: subjectKey, into: &span)
        var contents = CertificateContents(
            serialNumber: try randomSerialNumber(.system), issuer: issuerStorage.span.extracting(0..<issuerCount),
            subject: subjectStorage.span.extracting(0..<subjectCount),
            publicKeyInfo: keyStorage.span.extracting(0..<keyCount),
            subjectAltNames: namesStorage.span.extracting(0..<namesCount))
        contents.use = use
        contents.notBefore = StoredChain.time - 86_400
        contents.notAfter = StoredChain.time + 86_400
        var bytes = memory.mutableBytes
        var place = bytes._mutatingExtracting(3..<bytes.count)
        let count = try writeCertificate(contents, signedBy: issuerKey, into: &place)
        bytes[1] = UInt8(truncatingIfNeeded: count >> 8)
        bytes[2] = UInt8(truncatingIfNeeded: count)
        return 3 + count
    } catch {
        throw .provisioning(error)
    }
}

private func publicKeyInfo(
    of key: borrowing SigningKey, into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    do throws(CryptoError) { return try key.publicKeyInfo(into: &output) } catch { throw .crypto(error) }
}
