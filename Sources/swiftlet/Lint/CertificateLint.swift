// Lint of one certificate: its fields one after the other (RFC 5280 §4.1), so that one that is bad does not hide the others.
import X509

extension LintCheck {
    static let version = LintCheck(
        "version", .error, "RFC 5280 §4.1.2.1, RFC 8446 §4.4.2.2",
        "is not of version 3, which extensions need and TLS 1.3 asks for")
    static let serialNotPositive = LintCheck(
        "serial-not-positive", .error, "RFC 5280 §4.1.2.2", "the serial number is zero or negative")
    static let serialTooLong = LintCheck(
        "serial-too-long", .error, "RFC 5280 §4.1.2.2", "the serial number has more than 20 octets")

    static let certificateChecks = [version, serialNotPositive, serialTooLong]
}

/// A certificate in parts.
struct LintedCertificate {
    let der: [UInt8]
    let signedPart: [UInt8]
    let signatureAlgorithm: [UInt8]
    let signature: [UInt8]
    let issuer: LintedName
    let period: LintedPeriod
    let subject: LintedName
    let key: LintedKey
    let extensions: LintedExtensions

    /// Takes a certificate apart and looks at each part.
    /// - Throws: where it is not built as a certificate, so that nothing more can be said.
    init(_ der: [UInt8], _ findings: inout LintFindings) throws(X509Error) {
        let parts = try signedParts(der)
        self.der = der
        signedPart = parts.signed.encoding
        signatureAlgorithm = parts.algorithm
        signature = parts.signature

        var fields = try parts.signed.fields()
        let version = fields.nextIf(.contextConstructed(0))
        lintVersion(version, &findings)
        lintSerialNumber(try fields.next(.integer), &findings)
        findings.require(try fields.next(.sequence).encoding == parts.algorithm, .algorithmMismatch)
        issuer = LintedName(try fields.next(.sequence), "issuer", &findings)
        let validity = try fields.next(.sequence).children()
        guard validity.count == 2 else { throw X509Error(.unexpectedElement) }
        period = LintedPeriod(validity[0], validity[1], &findings)
        subject = LintedName(try fields.next(.sequence), "subject", &findings)
        key = LintedKey(try fields.next(.sequence), &findings)
        _ = fields.nextIf(.context(1))
        _ = fields.nextIf(.context(2))
        extensions = LintedExtensions(fields.nextIf(.contextConstructed(3)), &findings)
        try fields.finish()
    }

    /// Whether its own key has signed it, as far as can be told.
    var isSelfSigned: Bool {
        guard subject.der == issuer.der else { return false }
        return key.verifies(signatureAlgorithm, message: signedPart, signature: signature) ?? true
    }
}

/// Looks at one certificate.
/// - Returns: its parts, or nil where it has none.
func lintCertificate(_ der: [UInt8], at now: Int64, _ findings: inout LintFindings) -> LintedCertificate? {
    let certificate: LintedCertificate
    do throws(X509Error) {
        certificate = try LintedCertificate(der, &findings)
    } catch {
        findings.report(error, "the certificate")
        return nil
    }
    certificate.period.check(at: now, &findings)
    certificate.issuer.check("issuer", &findings)
    certificate.subject.check("subject", &findings)
    findings.require(!certificate.issuer.isEmpty, .emptyIssuer)
    // RFC 8446 §4.4.2.4: nobody looks at the signature of a self-signed certificate.
    if !certificate.isSelfSigned { lintSignatureAlgorithm(certificate.signatureAlgorithm, &findings) }
    certificate.extensions.check(certificate, &findings)
    if certificate.extensions.isAuthority {
        lintAuthority(certificate, &findings)
    } else {
        lintEndEntity(certificate, &findings)
    }
    return certificate
}

/// What a certificate, a request and a revocation list have in common: SEQUENCE { signed, algorithm, BIT STRING }.
func signedParts(
    _ der: [UInt8]
) throws(X509Error) -> (signed: DERValue, algorithm: [UInt8], signature: [UInt8]) {
    var outer = try DERValue.only(der, .sequence).fields()
    let signed = try outer.next(.sequence)
    let algorithm = try outer.next(.sequence).encoding
    let signature = try outer.next(.bitString).content
    try outer.finish()
    guard signature.first == 0 else { throw X509Error(.malformedDER) }
    return (signed, algorithm, Array(signature.dropFirst()))
}

private func lintVersion(_ version: DERValue?, _ findings: inout LintFindings) {
    let number = version.flatMap { try? DERValue.only($0.content, .integer).content }
    findings.require(number == [2], .version)
    // X.690 §11.5: version 1 is the default and would be left out.
    findings.require(number != [0], .notDER, "version 1 is written out, which is the default")
}

private func lintSerialNumber(_ serial: DERValue, _ findings: inout LintFindings) {
    var reader = DERReader(serial.encoding.span)
    do throws(X509Error) {
        _ = try reader.readInteger()
    } catch {
        return findings.report(error, "the serial number")
    }
    let isPositive = serial.content[0] < 0x80 && serial.content != [0]
    findings.require(
        isPositive, .serialNotPositive, "the serial number is \(serial.content == [0] ? "zero" : "negative")")
    findings.require(
        serial.content.count <= X509Limits.serialNumberBytes, .serialTooLong,
        "the serial number has \(serial.content.count) octets; 20 are allowed")
}
