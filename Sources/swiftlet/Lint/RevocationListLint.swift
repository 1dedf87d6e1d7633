// Lint of revocation lists (RFC 5280 §5).
import X509

extension LintCheck {
    static let listVersion = LintCheck(
        "list-version", .error, "RFC 5280 §5.1.2.1", "the list is not of version 2, which its extensions need")
    static let listNextUpdateMissing = LintCheck(
        "list-next-update-missing", .error, "RFC 5280 §5.1.2.5", "the list does not say when the next one comes")
    static let listNumberMissing = LintCheck(
        "list-number-missing", .error, "RFC 5280 §5.2.3", "the list has no cRLNumber")
    static let listKeyIdentifierMissing = LintCheck(
        "list-key-identifier-missing", .error, "RFC 5280 §5.2.1", "the list has no authorityKeyIdentifier")
    static let listNumber = LintCheck(
        "list-number", .error, "RFC 5280 §5.2.3", "cRLNumber is critical, negative or longer than 20 octets")
    static let listEmpty = LintCheck(
        "list-empty", .error, "RFC 5280 §5.1.2.6", "revokedCertificates is there, but empty; it must be left out")
    static let listSerialTwice = LintCheck(
        "list-serial-twice", .error, "RFC 5280 §5.1.2.6", "one certificate is listed twice")
    static let listReason = LintCheck(
        "list-reason", .error, "RFC 5280 §5.3.1", "a reason is none of those that there are")
    static let listReasonUnspecified = LintCheck(
        "list-reason-unspecified", .warning, "RFC 5280 §5.3.1", "the reason 'unspecified' should be left out")
    static let listUnsupported = LintCheck(
        "list-unsupported", .warning, "Swiftlet", "delta lists and indirect lists are not supported by Swiftlet")

    static let listChecks = [
        listVersion, listNextUpdateMissing, listNumberMissing, listNumber, listKeyIdentifierMissing, listEmpty,
        listSerialTwice, listReason, listReasonUnspecified, listUnsupported,
    ]
}

/// Those of RFC 5280 §5.2.
private let knownInLists: Set<String> = [
    "2.5.29.35", "2.5.29.18", "2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.46", "1.3.6.1.5.5.7.1.1",
]
/// Those of RFC 5280 §5.3.
private let knownInEntries: Set<String> = ["2.5.29.21", "2.5.29.24", "2.5.29.29"]

/// Looks at a revocation list.
/// - Returns: the issuer's name, or nil where it cannot be read.
func lintRevocationList(_ der: [UInt8], at now: Int64, _ findings: inout LintFindings) -> LintedSubject? {
    do throws(X509Error) {
        let parts = try signedParts(der)
        var fields = try parts.signed.fields()
        let version = fields.nextIf(.integer)?.content
        findings.require(try fields.next(.sequence).encoding == parts.algorithm, .algorithmMismatch)
        let issuer = LintedName(try fields.next(.sequence), "issuer", &findings)
        let thisUpdate = try fields.next()
        let hasNext = fields.nextTag == .utcTime || fields.nextTag == .generalizedTime
        let nextUpdate = hasNext ? try fields.next() : nil
        findings.require(hasNext, .listNextUpdateMissing)
        LintedPeriod(thisUpdate, nextUpdate, &findings).check(at: now, &findings)
        let entries = fields.nextIf(.sequence)
        let wrapped = fields.nextIf(.contextConstructed(0))
        try fields.finish()
        findings.require(version == [1] || version == nil && wrapped == nil, .listVersion)
        findings.require(!issuer.isEmpty, .emptyIssuer)
        issuer.check("issuer", &findings)
        lintSignatureAlgorithm(parts.algorithm, &findings)
        if let entries { lintEntries(try entries.children(), &findings) }
        lintListExtensions(wrapped, &findings)
        return issuer
    } catch {
        findings.report(error, "the revocation list")
        return nil
    }
}

private func lintListExtensions(_ wrapped: DERValue?, _ findings: inout LintFindings) {
    let extensions = wrapped.map { LintedExtension.all($0, known: knownInLists, &findings) } ?? []
    findings.require(extensions["2.5.29.35"] != nil, .listKeyIdentifierMissing)
    if let number = extensions["2.5.29.20"] {
        lintListNumber(number, &findings)
    } else {
        findings.report(.listNumberMissing)
    }
    if extensions["2.5.29.27"] != nil {
        findings.report(.listUnsupported, "a delta list, which Swiftlet does not support")
    }
    if let point = extensions["2.5.29.28"], let parts = try? DERValue.only(point.value, .sequence).children(),
        parts.contains(where: { $0.tag == .context(4) })
    {
        findings.report(.listUnsupported, "an indirect list, which Swiftlet does not support")
    }
}

private func lintListNumber(_ number: LintedExtension, _ findings: inout LintFindings) {
    do throws(X509Error) {
        var reader = DERReader(number.value.span)
        let digits = array(try reader.readInteger())
        try reader.finish()
        findings.require(!number.isCritical && digits[0] < 0x80 && digits.count <= 20, .listNumber)
    } catch {
        findings.report(error, "cRLNumber", as: .malformedExtension)
    }
}

private func lintEntries(_ entries: [DERValue], _ findings: inout LintFindings) {
    findings.require(!entries.isEmpty, .listEmpty)
    var seen: Set<[UInt8]> = []
    for entry in entries {
        do throws(X509Error) {
            var fields = try entry.fields()
            let serial = try fields.next(.integer).content
            findings.require(
                seen.insert(serial).inserted, .listSerialTwice, "\(hexadecimal(serial.span)) is listed twice")
            _ = LintedPeriod(try fields.next(), nil, &findings)
            if !fields.isAtEnd { lintEntryExtensions(try fields.next(.sequence), serial, &findings) }
            try fields.finish()
        } catch {
            findings.report(error, "an entry")
        }
    }
}

private func lintEntryExtensions(_ list: DERValue, _ serial: [UInt8], _ findings: inout LintFindings) {
    // `all` wants the element around the SEQUENCE, which entries do not have.
    let wrapped = DERValue(tag: .contextConstructed(0), content: list.encoding, encoding: [])
    let extensions = LintedExtension.all(wrapped, known: knownInEntries, &findings)
    guard let reason = extensions["2.5.29.21"] else { return }
    // RFC 5280 §5.3.1: 7 is not used.
    guard let code = try? DERValue.only(reason.value, DERTag(0x0A)).content, code.count == 1, code[0] <= 10,
        code[0] != 7
    else { return findings.report(.listReason, "the reason of \(hexadecimal(serial.span)) is none that there is") }
    findings.require(
        code[0] != 0, .listReasonUnspecified,
        "the reason of \(hexadecimal(serial.span)) is 'unspecified', which should be left out")
}
