// swiftlet lint: what is wrong, or unwise, in certificates, requests and revocation lists, whether or not anybody would
// notice. It looks at each by itself and at a file of several as a chain; whether to trust it is asked of `verify`.
import ArgumentParser
import CLinux
import X509

/// `swiftlet lint`.
struct LintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Look for mistakes in certificates, requests and revocation lists.",
        discussion: """
            Each file is PEM with any number of blocks, or one object in DER. Exit code 3 where there is an error, 0 where \
            there are warnings at most. A file that begins with the certificate of an end entity and holds more is looked \
            at as a chain. --list shows the checks.
            """)

    @Flag(help: "Print one JSON object on stdout.")
    var json = false

    @Flag(help: "Show every check, its severity, its source and what it finds, and do nothing else.")
    var list = false

    @Option(
        help: ArgumentHelp("The time to check for, such as 2026-03-01T12:00:00Z; now by default.", valueName: "t"),
        transform: timeOption)
    var time: Int64?

    @Argument(help: ArgumentHelp("The files to look at.", valueName: "file"), completion: .file())
    var files: [String] = []

    func validate() throws {
        guard list || !files.isEmpty else { throw ValidationError("Missing expected argument '<file> ...'") }
    }

    func run() throws {
        guard !list else { return writeOutput(listOfChecks()) }
        let objects = try files.flatMap { try lintFile($0, at: time ?? swl_realtime_seconds()) }
        let errors = objects.map { $0.count(.error) }.reduce(0, +)
        let warnings = objects.map { $0.count(.warning) }.reduce(0, +)
        if json {
            let object = JSONValue.object([
                ("objects", .array(objects.map(\.json))), ("errors", .int(Int64(errors))),
                ("warnings", .int(Int64(warnings))),
            ])
            writeOutput(object.text + "\n")
        } else {
            writeOutput(objects.map(\.text).joined())
        }
        guard errors == 0 else {
            throw CommandError(
                status: .invalidCertificate, kind: "lint",
                message: "\(errors) errors and \(warnings) warnings in \(objects.count) objects; have them issued anew "
                    + "without these mistakes"
            ).afterResult
        }
    }

    private func listOfChecks() -> String {
        guard !json else {
            let checks = LintCheck.all.map { check in
                JSONValue.object([
                    ("check", .string(check.identifier)), ("severity", .string(check.severity.rawValue)),
                    ("source", .string(check.source)), ("summary", .string(check.summary)),
                ])
            }
            return JSONValue.object([("checks", .array(checks))]).text + "\n"
        }
        return LintCheck.all.map { "\($0.identifier) (\($0.severity.rawValue); \($0.source)): \($0.summary)\n" }
            .joined()
    }
}

/// One object that was looked at.
private struct LintedObject {
    let file: String
    let type: String
    /// Whose it is: the subject, or of a revocation list the issuer. Empty where that cannot be read.
    let subject: String
    let findings: LintFindings

    func count(_ severity: LintSeverity) -> Int { findings.list.count { $0.check.severity == severity } }

    /// For programs.
    var json: JSONValue {
        .object([
            ("file", .string(escaped(file))), ("type", .string(type)), ("subject", .string(subject)),
            ("findings", .array(findings.list.map(\.json))),
        ])
    }

    /// For people: a line for each finding.
    var text: String {
        let what = "\(escaped(file)): \(type)" + (subject.isEmpty ? "" : " \(subject)")
        guard !findings.list.isEmpty else { return "\(what): no findings\n" }
        return findings.list.map { "\(what): \($0.text)\n" }.joined()
    }
}

/// Looks at all that a file holds. Private keys are passed over.
private func lintFile(_ path: String, at now: Int64) throws -> [LintedObject] {
    let contents = try readSecretFile(path, "the file", limit: revocationListLimit)
    let what = "the file '\(escaped(path))'"
    let blocks = try pemBlocks(contents.bytes, what)
    var parts: [(type: String, der: [UInt8])] = []
    for block in blocks {
        guard let type = typeOfLabel(block.label) else { continue }
        parts.append((type, try decode(block, of: contents.bytes, what)))
    }
    if blocks.isEmpty, let type = typeOfDER(contents.bytes) { parts = [(type, array(contents.bytes))] }
    guard !parts.isEmpty else {
        throw fileError("\(what) holds no certificate, request or revocation list as PEM or DER; give such a file")
    }
    return lint(parts, path, at: now)
}

private func lint(_ parts: [(type: String, der: [UInt8])], _ path: String, at now: Int64) -> [LintedObject] {
    var findings = parts.map { _ in LintFindings() }
    var subjects: [LintedName?] = []
    var chain: [LintedCertificate?] = []
    for (index, part) in parts.enumerated() {
        switch part.type {
        case "certificate":
            let certificate = lintCertificate(part.der, at: now, &findings[index])
            chain.append(certificate)
            subjects.append(certificate?.subject)
        case "certificate request": subjects.append(lintRequest(part.der, &findings[index]))
        default: subjects.append(lintRevocationList(part.der, at: now, &findings[index]))
        }
    }
    if chain.count == parts.count { lintChain(chain, &findings) }
    return parts.indices.map { index in
        LintedObject(
            file: path, type: parts[index].type, subject: subjects[index].map(nameText) ?? "",
            findings: findings[index])
    }
}

private func nameText(_ name: LintedName) -> String {
    var reader = DERReader(name.der.span)
    do throws(X509Error) { return describe(try reader.readDistinguishedName()) } catch { return "" }
}

private func typeOfLabel(_ label: String) -> String? {
    switch label {
    case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE": "certificate"
    case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST": "certificate request"
    case "X509 CRL": "revocation list"
    default: nil
    }
}

/// What an object in DER is by its shape: the first element within what is signed is `[0]` or a serial number in
/// certificates, a version and then a Name in requests, and anything else in revocation lists.
private func typeOfDER(_ der: Span<UInt8>) -> String? {
    guard let parts = try? signedParts(array(der)), let fields = try? parts.signed.children(), fields.count >= 3 else {
        // What is so damaged that it has no shape is most likely to have been a certificate.
        return der.count > 1 && der[0] == DERTag.sequence.rawValue ? "certificate" : nil
    }
    if fields[0].tag == .contextConstructed(0) { return "certificate" }
    guard fields[0].tag == .integer else { return "revocation list" }
    // version, subject, key, [0] attributes; the attributes may be missing.
    if fields.count <= 4, fields.last?.tag == .contextConstructed(0) || fields.count == 3 {
        return "certificate request"
    }
    // A list's times stand by themselves, a certificate's validity is a SEQUENCE.
    return fields[3].tag == .sequence ? "certificate" : "revocation list"
}
