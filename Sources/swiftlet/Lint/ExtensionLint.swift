// Lint of a certificate's extensions (RFC 5280 §4.2): each is read by X509 for itself, and some must be critical or must
// not be.
import X509

extension LintCheck {
    static let keyUsageNotCritical = LintCheck(
        "key-usage-not-critical", .warning, "RFC 5280 §4.2.1.3", "keyUsage is not critical, but should be")
    static let keyUsageUnfit = LintCheck(
        "key-usage-unfit", .error, "RFC 8813 §3",
        "keyUsage allows an elliptic-curve key to encipher, which such keys cannot")
    static let keyIdentifierCritical = LintCheck(
        "key-identifier-critical", .error, "RFC 5280 §4.2.1.1, §4.2.1.2",
        "subjectKeyIdentifier or authorityKeyIdentifier is critical")
    static let keyIdentifierMissing = LintCheck(
        "authority-key-identifier-missing", .error, "RFC 5280 §4.2.1.1",
        "there is no authorityKeyIdentifier with a keyIdentifier, and the certificate is not self-signed")
    static let constraintsNotCritical = LintCheck(
        "constraints-not-critical", .error, "RFC 5280 §4.2.1.10, §4.2.1.11, §4.2.1.14",
        "nameConstraints, policyConstraints or inhibitAnyPolicy is not critical: who does not know it would pass over it"
    )

    static let extensionChecks = [
        keyUsageNotCritical, keyUsageUnfit, keyIdentifierCritical, keyIdentifierMissing, constraintsNotCritical,
    ]
}

/// What the extensions of a certificate, or of a request for one, say as far as they can be read.
struct LintedExtensions {
    let list: [LintedExtension]
    private(set) var isAuthority = false
    private(set) var hasPathLength = false
    private(set) var keyUsage: KeyUsage?
    private(set) var purposes: ExtendedKeyUsage?
    private(set) var subjectKeyIdentifier: [UInt8]?
    private(set) var authorityKeyIdentifier: [UInt8]?
    private(set) var names = LintedAlternativeNames()

    /// Those of RFC 5280 §4.2: who validates paths must know the first six, and may be asked to know the others.
    private static let known: Set<String> = [
        "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.32", "2.5.29.37", "2.5.29.9", "2.5.29.14",
        "2.5.29.18", "2.5.29.31", "2.5.29.33", "2.5.29.35", "2.5.29.36", "2.5.29.46", "2.5.29.54",
    ]

    /// Reads the extensions; what cannot be read is noted.
    /// - Parameter wrapped: the element that holds the SEQUENCE OF Extension; nil for none.
    init(_ wrapped: DERValue?, _ findings: inout LintFindings) {
        list = wrapped.map { LintedExtension.all($0, known: Self.known, &findings) } ?? []
        for one in list where one.isCanonical { read(one, &findings) }
    }

    private mutating func read(_ one: LintedExtension, _ findings: inout LintFindings) {
        if one.identifier == "2.5.29.17" {
            names = LintedAlternativeNames(one.value, &findings)
            return
        }
        if one.identifier == "2.5.29.19", hasPathLengthWithoutAuthority(one.value) {
            hasPathLength = true
            return
        }
        do throws(X509Error) {
            take(try CertificateExtensions(one.encoding.span))
        } catch {
            findings.report(error, one.name, as: .malformedExtension)
        }
    }

    private mutating func take(_ view: CertificateExtensions) {
        if let constraints = view.basicConstraints {
            isAuthority = constraints.isCertificateAuthority
            hasPathLength = constraints.pathLength != nil
        }
        if let usage = view.keyUsage { keyUsage = usage }
        if let usage = view.extendedKeyUsage { purposes = usage }
        if let identifier = view.subjectKeyIdentifier { subjectKeyIdentifier = array(identifier) }
        if let identifier = view.authorityKeyIdentifier { authorityKeyIdentifier = array(identifier) }
    }

    /// What certificates have in common, whatever they are for.
    func check(_ certificate: LintedCertificate, _ findings: inout LintFindings) {
        checkKeyUsage(certificate.key, &findings)
        for identifier in ["2.5.29.14", "2.5.29.35"] {
            guard let one = list[identifier], one.isCritical else { continue }
            findings.report(.keyIdentifierCritical, "\(one.name) is critical")
        }
        for identifier in ["2.5.29.30", "2.5.29.36", "2.5.29.54"] {
            guard let one = list[identifier] else { continue }
            findings.require(
                one.isCritical, .constraintsNotCritical,
                "\(one.name) is not critical: who does not know it would pass over it")
        }
        if authorityKeyIdentifier == nil, !certificate.isSelfSigned { findings.report(.keyIdentifierMissing) }
    }

    /// keyUsage by itself, and with the key.
    func checkKeyUsage(_ key: LintedKey, _ findings: inout LintFindings) {
        guard let usage = keyUsage else { return }
        findings.require(list["2.5.29.15"]?.isCritical == true, .keyUsageNotCritical)
        let enciphers = usage.contains(.keyEncipherment) || usage.contains(.dataEncipherment)
        if key.isEllipticCurve, enciphers {
            findings.report(
                .keyUsageUnfit,
                "keyUsage of an elliptic-curve key has \(describe(usage).filter { $0.hasSuffix("Encipherment") }.joined(separator: " and "))"
            )
        }
    }
}

/// Whether a basicConstraints has a pathLenConstraint, but not cA.
private func hasPathLengthWithoutAuthority(_ value: [UInt8]) -> Bool {
    guard let fields = try? DERValue.only(value, .sequence).children() else { return false }
    return fields.first?.tag == .integer
}
