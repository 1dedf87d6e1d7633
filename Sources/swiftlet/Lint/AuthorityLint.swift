// Lint of certificate authorities and of end entities: what RFC 5280 §4.2.1 asks of the one and of the other.
import Bytes
import X509

extension LintCheck {
    static let basicConstraintsNotCritical = LintCheck(
        "basic-constraints-not-critical", .error, "RFC 5280 §4.2.1.9",
        "basicConstraints of an authority is not critical")
    static let authorityWithoutKeyUsage = LintCheck(
        "authority-without-key-usage", .error, "RFC 5280 §4.2.1.3", "an authority without keyUsage")
    static let authorityWithoutKeyCertSign = LintCheck(
        "authority-without-key-cert-sign", .error, "RFC 5280 §4.2.1.3",
        "an authority whose keyUsage lacks keyCertSign")
    static let authorityWithoutSubject = LintCheck(
        "authority-without-subject", .error, "RFC 5280 §4.1.2.6", "an authority whose subject is empty")
    static let authorityWithoutKeyIdentifier = LintCheck(
        "subject-key-identifier-missing", .error, "RFC 5280 §4.2.1.2", "an authority without subjectKeyIdentifier")

    static let authorityChecks = [
        basicConstraintsNotCritical, authorityWithoutKeyUsage, authorityWithoutKeyCertSign, authorityWithoutSubject,
        authorityWithoutKeyIdentifier,
    ]
}

/// What an authority must be.
func lintAuthority(_ certificate: LintedCertificate, _ findings: inout LintFindings) {
    let extensions = certificate.extensions
    findings.require(extensions.list["2.5.29.19"]?.isCritical == true, .basicConstraintsNotCritical)
    if let usage = extensions.keyUsage {
        findings.require(usage.contains(.keyCertSign), .authorityWithoutKeyCertSign)
    } else if extensions.list["2.5.29.15"] == nil {
        findings.report(.authorityWithoutKeyUsage)
    }
    findings.require(!certificate.subject.isEmpty, .authorityWithoutSubject)
    findings.require(extensions.list["2.5.29.14"] != nil, .authorityWithoutKeyIdentifier)
}

extension LintCheck {
    static let pathLengthWithoutAuthority = LintCheck(
        "path-length-without-authority", .error, "RFC 5280 §4.2.1.9",
        "basicConstraints has a pathLenConstraint without cA")
    static let keyCertSignWithoutAuthority = LintCheck(
        "key-cert-sign-without-authority", .error, "RFC 5280 §4.2.1.9",
        "keyUsage has keyCertSign, but the certificate is no authority")
    static let constraintsOnEndEntity = LintCheck(
        "constraints-on-end-entity", .error, "RFC 5280 §4.2.1.10",
        "nameConstraints in a certificate that is no authority")
    static let noDigitalSignature = LintCheck(
        "no-digital-signature", .error, "RFC 8446 §4.4.2.2", "keyUsage lacks digitalSignature: of no use in TLS 1.3")
    static let purposeMissing = LintCheck(
        "purpose-missing", .warning, "RFC 5280 §4.2.1.12", "there is no extKeyUsage: good for every purpose")
    static let purposeAny = LintCheck(
        "purpose-any", .warning, "RFC 5280 §4.2.1.12",
        "extKeyUsage has anyExtendedKeyUsage: good for every purpose, and refused by some, Swiftlet among them")
    static let namesMissing = LintCheck(
        "names-missing", .error, "RFC 9525 §6.1, RFC 5280 §4.2.1.6",
        "can be a TLS server's, but has no DNS name and no IP address in subjectAltName: no client will accept it")
    static let commonNameNotInNames = LintCheck(
        "common-name-not-in-names", .warning, "RFC 9525 §2",
        "the common name is a host name or an address that subjectAltName does not have")
    static let namesNotCritical = LintCheck(
        "names-not-critical", .error, "RFC 5280 §4.2.1.6",
        "the subject is empty, but there is no critical subjectAltName")
    static let namesCritical = LintCheck(
        "names-critical", .warning, "RFC 5280 §4.2.1.6", "subjectAltName is critical beside a subject that is not empty"
    )
    static let selfSigned = LintCheck(
        "self-signed", .warning, "RFC 5280 §3.2", "self-signed: nobody can revoke it, and each peer must be given it")

    static let endEntityChecks = [
        pathLengthWithoutAuthority, keyCertSignWithoutAuthority, constraintsOnEndEntity, noDigitalSignature,
        purposeMissing, purposeAny, namesMissing, commonNameNotInNames, namesNotCritical, namesCritical, selfSigned,
    ]
}

/// What the certificate of a server, a client or a device must be.
func lintEndEntity(_ certificate: LintedCertificate, _ findings: inout LintFindings) {
    let extensions = certificate.extensions
    findings.require(!extensions.hasPathLength, .pathLengthWithoutAuthority)
    if let usage = extensions.keyUsage {
        findings.require(!usage.contains(.keyCertSign), .keyCertSignWithoutAuthority)
        findings.require(usage.contains(.digitalSignature), .noDigitalSignature)
    }
    findings.require(extensions.list["2.5.29.30"] == nil, .constraintsOnEndEntity)
    lintPurposes(extensions, &findings)
    lintSubject(certificate, &findings)
    if certificate.isSelfSigned { findings.report(.selfSigned) }
}

private func lintPurposes(_ extensions: LintedExtensions, _ findings: inout LintFindings) {
    if let purposes = extensions.purposes {
        findings.require(!purposes.contains(.any), .purposeAny)
    } else if extensions.list["2.5.29.37"] == nil {
        findings.report(.purposeMissing)
    }
    let mayBeServer = extensions.purposes.map { $0.contains(.serverAuth) || $0.contains(.any) } ?? true
    let hasNames = !extensions.names.dns.isEmpty || !extensions.names.addresses.isEmpty
    findings.require(hasNames || !mayBeServer, .namesMissing)
}

/// Subject and subjectAltName together.
private func lintSubject(_ certificate: LintedCertificate, _ findings: inout LintFindings) {
    let names = certificate.extensions.list["2.5.29.17"]
    if certificate.subject.isEmpty {
        findings.require(names?.isCritical == true, .namesNotCritical)
    } else {
        findings.require(names?.isCritical != true, .namesCritical)
    }
    lintCommonNames(certificate.subject, certificate.extensions.names, &findings)
}

/// A common name that somebody could take for the name of a host.
func lintCommonNames(_ subject: LintedName, _ names: LintedAlternativeNames, _ findings: inout LintFindings) {
    for text in subject.commonNames {
        guard let identity = try? ReferenceIdentity(pattern: text.span) else { continue }
        if case .dns = identity, !text.contains(UInt8(ascii: ".")) { continue }
        findings.require(
            names.contains(text), .commonNameNotInNames,
            "the common name '\(escaped(text.span))' is a host name or an address that subjectAltName does not have")
    }
}
