// The structure of certificates (RFC 5280 §4.1), field by field.
import TLSCrypto
import TestSupport
import Testing
import X509

/// A copy of a span's bytes, if there is one.
private func optionalArray(_ span: Span<UInt8>?) -> [UInt8]? {
    guard let span else { return nil }
    return array(span)
}

@Suite struct CertificateTests {
    private func fault(_ change: (inout Crafted) -> Void) -> X509Error.Reason? {
        parseFault(Crafted.leaf(change).signed(by: .root))
    }

    @Test func fieldsAreViewsOfTheBytes() throws {
        let crafted = Crafted.leaf()
        let der = crafted.signed(by: .root)
        let certificate = try Certificate(der.span)
        #expect(array(certificate.der) == der)
        #expect(array(certificate.serialNumber) == [1])
        #expect(array(certificate.issuer.der) == name("Root"))
        #expect(array(certificate.subject.der) == name("Leaf"))
        #expect(array(certificate.subjectPublicKeyInfo) == Signer.leaf.publicKeyInfo)
        #expect(array(certificate.signatureAlgorithmIdentifier) == Algorithm.ecdsaSHA256)
        let times = (certificate.notBefore, certificate.notAfter)
        #expect(times == (1_577_836_800, 2_208_988_800))
        let kind = try certificate.publicKey.kind
        #expect(kind == .ec(.secp256r1))
        let algorithm = try certificate.signatureAlgorithm
        #expect(algorithm == .ecdsa(.sha256))
        let isSelfIssued = certificate.isSelfIssued
        #expect(!isSelfIssued)
        let root = Crafted.root
        let key = try Certificate(root.span).publicKey
        try key.verify(.ecdsa(.sha256), message: certificate.signedPart, signature: certificate.signature)
    }

    @Test func extensionsAreRead() throws {
        let der = Crafted.leaf {
            $0.extensions! += [
                Extension.subjectKeyIdentifier([1, 2]), Extension.authorityKeyIdentifier([3, 4]),
                certificateExtension("1.2.3.4", octets([])),
            ]
        }.signed(by: .root)
        let certificate = try Certificate(der.span)
        let constraints = certificate.extensions.basicConstraints
        #expect(constraints?.isCertificateAuthority == false)
        let usage = certificate.extensions.keyUsage
        #expect(usage == .digitalSignature)
        let purposes = certificate.extensions.extendedKeyUsage
        #expect(purposes == .serverAuth)
        let subjectKey = optionalArray(certificate.extensions.subjectKeyIdentifier)
        #expect(subjectKey == [1, 2])
        let authorityKey = optionalArray(certificate.extensions.authorityKeyIdentifier)
        #expect(authorityKey == [3, 4])
        let flags = (certificate.extensions.hasUnknownCritical, certificate.extensions.nameConstraints != nil)
        #expect(flags == (false, false))
        var names = certificate.extensions.subjectAltNames
        let first = names.next()?.value
        let value = optionalArray(first)
        #expect(value == Array("device.example".utf8))
        let isEnd = names.next() == nil
        #expect(isEnd)
    }

    @Test func otherVersionsAreRefused() {
        #expect(fault { $0.version = [] } == .unsupportedVersion)
        #expect(fault { $0.version = element(0xA0, integer(0)) } == .unsupportedVersion)
        #expect(fault { $0.version = element(0xA0, integer(1)) } == .unsupportedVersion)
        #expect(fault { $0.version = element(0xA0, integer(3)) } == .unsupportedVersion)
        #expect(fault { $0.version = element(0xA0, integer(2), null) } == .trailingData)
    }

    /// RFC 5280 §4.1.2.2
    @Test func serialNumbersHaveAtMost20Octets() {
        let twenty = [UInt8](repeating: 0x7F, count: 20)
        #expect(fault { $0.serial = element(0x02, twenty) } == nil)
        #expect(fault { $0.serial = element(0x02, [0x00, 0x80] + twenty.dropFirst()) } == nil)
        #expect(fault { $0.serial = element(0x02, [0x01] + twenty) } == .badSerialNumber)
        #expect(fault { $0.serial = element(0x02, [0x00, 0x80] + twenty) } == .badSerialNumber)
        #expect(fault { $0.serial = element(0x02) } == .malformedDER)
    }

    /// RFC 5280 §4.1.1.2
    @Test func bothAlgorithmsMustBeTheSame() {
        #expect(fault { $0.outerAlgorithm = Algorithm.ecdsaSHA384 } == .algorithmMismatch)
        #expect(fault { $0.outerAlgorithm = sequence(oid("1.2.840.10045.4.3.2"), null) } == .algorithmMismatch)
    }

    @Test func uniqueIdentifiersAreTolerated() {
        #expect(fault { $0.uniqueIDs = element(0x81, [0, 1]) + element(0x82, [0, 2]) } == nil)
        #expect(fault { $0.uniqueIDs = element(0x82, [0, 2]) + element(0x81, [0, 1]) } != nil)
    }

    @Test func nothingMayFollow() {
        #expect(fault { $0.trailer = null } == .trailingData)
        #expect(parseFault(Crafted.root + [0]) == .trailingData)
        #expect(parseFault([]) == .malformedDER)
        #expect(parseFault(sequence()) == .malformedDER)
    }

    @Test func aCertificateWithoutExtensionsIsRead() {
        #expect(fault { $0.extensions = nil } == nil)
        // RFC 5280 §4.1: SIZE (1..MAX)
        #expect(fault { $0.extensions = [] } == .badExtension)
    }

    @Test func extensionsAreUniqueAndBounded() {
        #expect(fault { $0.extensions!.append(Extension.digitalSignature) } == .duplicateExtension)
        let unknown = certificateExtension("1.2.3.4", octets([]))
        #expect(fault { $0.extensions! += [unknown, unknown] } == .duplicateExtension)
        let many = { (count: Int) in (0..<count).map { certificateExtension("1.2.3.\($0)", octets([])) } }
        #expect(fault { $0.extensions = many(X509Limits.extensions) } == nil)
        #expect(fault { $0.extensions = many(X509Limits.extensions + 1) } == .tooManyExtensions)
    }

    /// Each line: an extension's type and a value that breaks its rules (RFC 5280 §4.2.1).
    @Test(arguments: [
        ("2.5.29.19", "3003020105"), ("2.5.29.19", "3003010100"), ("2.5.29.19", "30060101FF0201FF"),
        ("2.5.29.19", "30030101FF00"), ("2.5.29.19", "30050101FF0500"), ("2.5.29.19", "0500"), ("2.5.29.19", ""),
        ("2.5.29.19", "300A0101FF02050100000000"), ("2.5.29.15", "030100"), ("2.5.29.15", "03020780 00"),
        ("2.5.29.15", "04020780"), ("2.5.29.15", "03020080"), ("2.5.29.37", "3000"), ("2.5.29.37", "30020500"),
        ("2.5.29.37", "3003060180"), ("2.5.29.17", "3000"), ("2.5.29.17", "3003870101"), ("2.5.29.17", "0500"),
        ("2.5.29.17", "300487027F00"), ("2.5.29.17", "3004820261 00"), ("2.5.29.17", "3004820261FF"),
        ("2.5.29.17", "30039F0100"), ("2.5.29.17", "30028900"), ("2.5.29.14", "0500"), ("2.5.29.14", "04010100"),
        ("2.5.29.35", "0500"), ("2.5.29.35", "3003820101800101"),
    ])
    func malformedExtensionsAreRefused(_ type: String, _ value: String) {
        #expect(
            parseFault(Crafted.leaf { $0.extensions = [certificateExtension(type, hex(value))] }.signed(by: .root))
                != nil)
    }

    @Test func aCriticalFlagIsNotWrittenFalse() {
        let wrong = sequence(oid("1.2.3.4"), [0x01, 0x01, 0x00], octets([]))
        #expect(fault { $0.extensions!.append(wrong) } == .malformedDER)
    }

    @Test func namesAreCheckedAndBounded() {
        let attribute = sequence(oid("2.5.4.3"), text(0x0C, "a"))
        let set = element(0x31, attribute)
        #expect(fault { $0.subject = sequence() } == nil)
        #expect(fault { $0.subject = sequence(element(0x31)) } == .badName)
        #expect(fault { $0.subject = sequence(element(0x31, sequence(oid("2.5.4.3")))) } == .malformedDER)
        #expect(fault { $0.subject = sequence(element(0x31, attribute, attribute)) } == nil)
        let repeated = { (count: Int) in element(0x30, (0..<count).flatMap { _ in set }) }
        #expect(fault { $0.subject = repeated(X509Limits.nameAttributes) } == nil)
        #expect(fault { $0.subject = repeated(X509Limits.nameAttributes + 1) } == .tooManyNames)
        let names = { (count: Int) in
            certificateExtension("2.5.29.17", element(0x30, (0..<count).flatMap { _ in Extension.dns("a.example") }))
        }
        #expect(fault { $0.extensions = [names(X509Limits.alternativeNames)] } == nil)
        #expect(fault { $0.extensions = [names(X509Limits.alternativeNames + 1)] } == .tooManyNames)
        let purposes = { (count: Int) in
            certificateExtension("2.5.29.37", element(0x30, (0..<count).flatMap { oid("1.2.3.\($0)") }))
        }
        #expect(fault { $0.extensions = [purposes(X509Limits.purposes)] } == nil)
        #expect(fault { $0.extensions = [purposes(X509Limits.purposes + 1)] } == .tooManyNames)
    }

    @Test func validityIsTwoTimes() {
        #expect(fault { $0.notAfter = utcTime("400101000000Z") + utcTime("400101000000Z") } == .trailingData)
        // RFC 5280 §4.1.2.5: read, although an authority must not write it so before 2050.
        #expect(fault { $0.notAfter = generalizedTime("20400101000000Z") } == nil)
        #expect(fault { $0.notAfter = generalizedTime("99991231235959Z") } == nil)
        #expect(fault { $0.notBefore = null } == .unexpectedElement)
    }
}

@Suite struct CertificateSequenceTests {
    private func count(_ bytes: [UInt8], _ entry: CertificateSequence.Entry) -> Int? {
        try? CertificateSequence(bytes.span, entry).count()
    }

    @Test func bothFormsAreRead() throws {
        #expect(count([], .plain) == 0)
        #expect(count([0, 0, 1, 9, 0, 0, 2, 8, 7], .plain) == 2)
        #expect(count([0, 0, 1, 9, 0, 1, 5, 0, 0, 2, 8, 7, 0, 0], .withExtensions) == 2)
        let bytes: [UInt8] = [0, 0, 1, 9, 0, 0, 2, 8, 7]
        let sequence = CertificateSequence(bytes.span, .plain)
        let second = optionalArray(try sequence.certificate(at: 1))
        #expect(second == [8, 7])
        let third = try sequence.certificate(at: 2) == nil
        #expect(third)
    }

    /// RFC 8446 §4.4.2: `opaque cert_data<1..2^24-1>`
    @Test(arguments: [[0], [0, 0], [0, 0, 0], [0, 0, 2, 1], [0, 0, 1, 1, 0], [0xFF, 0xFF, 0xFF, 1]] as [[UInt8]])
    func cutOffListsAreRefused(_ bytes: [UInt8]) {
        #expect(count(bytes, .plain) == nil)
        #expect(count(bytes, .withExtensions) == nil)
    }
}
