// Lint of a chain: a file whose first certificate is an end entity's and that holds more, as servers send them
// (RFC 8446 §4.4.2: the sender's first, each following one certifies the one before).
import X509

extension LintCheck {
    static let chainOrder = LintCheck(
        "chain-order", .warning, "RFC 8446 §4.4.2", "the next certificate in the file is not this one's issuer")
    static let chainKeyIdentifier = LintCheck(
        "chain-key-identifier", .error, "RFC 5280 §4.2.1.1",
        "authorityKeyIdentifier is not the next certificate's subjectKeyIdentifier")
    static let chainSignature = LintCheck(
        "chain-signature", .error, "RFC 5280 §6.1.3", "the next certificate's key has not signed this one")
    static let chainNotAuthority = LintCheck(
        "chain-not-authority", .error, "RFC 5280 §6.1.4", "the next certificate is its issuer, but no authority")
    static let chainOutlives = LintCheck(
        "chain-outlives-issuer", .warning, "RFC 5280 §6.1.3", "is valid for longer than its issuer")
    static let chainRoot = LintCheck(
        "chain-root", .warning, "RFC 8446 §4.4.2",
        "the file ends with a self-signed certificate, which peers have already and which need not be sent")

    static let chainChecks = [
        chainOrder, chainKeyIdentifier, chainSignature, chainNotAuthority, chainOutlives, chainRoot,
    ]
}

/// Looks at each certificate of a file beside its successor.
/// - Parameter findings: as many as there are certificates.
func lintChain(_ chain: [LintedCertificate?], _ findings: inout [LintFindings]) {
    guard chain.count > 1, let first = chain[0], !first.extensions.isAuthority else { return }
    for index in chain.indices.dropLast() {
        guard let certificate = chain[index], let next = chain[index + 1] else { continue }
        lintLink(certificate, next, &findings[index])
    }
    if let last = chain[chain.count - 1], last.isSelfSigned { findings[chain.count - 1].report(.chainRoot) }
}

private func lintLink(_ certificate: LintedCertificate, _ next: LintedCertificate, _ findings: inout LintFindings) {
    guard certificate.issuer.der == next.subject.der else { return findings.report(.chainOrder) }
    findings.require(next.extensions.isAuthority, .chainNotAuthority)
    if let wanted = certificate.extensions.authorityKeyIdentifier, let had = next.extensions.subjectKeyIdentifier {
        findings.require(
            wanted == had, .chainKeyIdentifier,
            "authorityKeyIdentifier is \(hexadecimal(wanted.span)), but the next certificate's subjectKeyIdentifier is "
                + hexadecimal(had.span))
    }
    let isSigned = next.key.verifies(
        certificate.signatureAlgorithm, message: certificate.signedPart, signature: certificate.signature)
    findings.require(isSigned ?? true, .chainSignature)
    if let end = certificate.period.last, let issuersEnd = next.period.last, issuersEnd < end {
        findings.report(
            .chainOutlives, "is valid until \(timeText(end)), but its issuer only until \(timeText(issuersEnd))")
    }
}
