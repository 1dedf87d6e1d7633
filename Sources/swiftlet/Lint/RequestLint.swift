// Lint of certificate requests (RFC 2986 §4, RFC 2985 §5.4.2).
import X509

extension LintCheck {
    static let requestVersion = LintCheck(
        "request-version", .error, "RFC 2986 §4.1", "the request's version is not v1(0)")
    static let requestSignature = LintCheck(
        "request-signature", .error, "RFC 2986 §4.2",
        "the signature was not made with the key in the request: whoever made it may not have that key")
    static let requestNamesMissing = LintCheck(
        "request-names-missing", .warning, "RFC 9525 §6.1",
        "asks for no DNS name and no IP address in subjectAltName, which a server's certificate needs")
    static let requestAuthority = LintCheck(
        "request-authority", .warning, "RFC 5280 §4.2.1.9", "asks to be an authority")

    static let requestChecks = [requestVersion, requestSignature, requestNamesMissing, requestAuthority]
}

/// The subject of what was looked at, for people.
typealias LintedSubject = LintedName

/// Looks at a request.
func lintRequest(_ der: [UInt8], _ findings: inout LintFindings) -> LintedSubject? {
    do throws(X509Error) {
        let parts = try signedParts(der)
        var fields = try parts.signed.fields()
        findings.require(try fields.next(.integer).content == [0], .requestVersion)
        let subject = LintedName(try fields.next(.sequence), "subject", &findings)
        let key = LintedKey(try fields.next(.sequence), &findings)
        let extensions = LintedExtensions(try requestedExtensions(fields.nextIf(.contextConstructed(0))), &findings)
        try fields.finish()
        subject.check("subject", &findings)
        lintSignatureAlgorithm(parts.algorithm, &findings)
        let isProven = key.verifies(parts.algorithm, message: parts.signed.encoding, signature: parts.signature)
        findings.require(isProven ?? true, .requestSignature)
        extensions.checkKeyUsage(key, &findings)
        findings.require(!extensions.isAuthority, .requestAuthority)
        let names = extensions.names
        findings.require(!names.dns.isEmpty || !names.addresses.isEmpty, .requestNamesMissing)
        lintCommonNames(subject, names, &findings)
        return subject
    } catch {
        findings.report(error, "the request")
        return nil
    }
}

/// The element that holds the extensions asked for: the value of the extensionRequest attribute.
private func requestedExtensions(_ attributes: DERValue?) throws(X509Error) -> DERValue? {
    guard let attributes else { return nil }
    for attribute in try attributes.children() {
        var fields = try attribute.fields()
        let type = try fields.next(.objectIdentifier).dottedIdentifier()
        let values = try fields.next(.set)
        if type == "1.2.840.113549.1.9.14" { return values }
    }
    return nil
}
