// Lint of encodings (X.690 §10, §11): what can be read at all, and in which form it is written.
import X509

extension LintCheck {
    static let malformed = LintCheck(
        "malformed", .error, "RFC 5280 §4.1, §5.1; RFC 2986 §4", "is not built as such an object must be")
    static let notDER = LintCheck("not-der", .error, "X.690 §10, §11", "has a value that is not in DER")
    static let malformedExtension = LintCheck(
        "malformed-extension", .error, "RFC 5280 §4.2, §5.2", "an extension breaks the rules of its own contents")
    static let duplicateExtension = LintCheck(
        "duplicate-extension", .error, "RFC 5280 §4.2", "the same extension stands twice")
    static let unknownCriticalExtension = LintCheck(
        "unknown-critical-extension", .error, "RFC 5280 §4.2, §5.2",
        "a critical extension that RFC 5280 does not know: who does not know it must refuse the whole")

    static let encodingChecks = [
        malformed, notDER, duplicateExtension, malformedExtension, unknownCriticalExtension,
    ]
}

extension LintFindings {
    /// Notes that a part cannot be read, as X509 says it.
    /// - Parameters:
    ///   - what: the part: "basicConstraints".
    ///   - check: which rule that is, unless it is the encoding itself.
    mutating func report(_ error: X509Error, _ what: String, as check: LintCheck = .malformed) {
        report(error.reason == .malformedDER ? .notDER : check, "\(what) \(reason(error))")
    }
}

/// One extension of a certificate, a request or a revocation list.
struct LintedExtension {
    /// In dotted form.
    let identifier: String
    let isCritical: Bool
    /// Whether `critical` is written as DER has it.
    let isCanonical: Bool
    let value: [UInt8]
    /// The whole Extension.
    let encoding: [UInt8]

    /// Its name, or its identifier where it is none of RFC 5280's.
    var name: String { knownExtensions[identifier] ?? identifier }

    /// Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
    init(_ sequence: DERValue, _ findings: inout LintFindings) throws(X509Error) {
        guard sequence.tag == .sequence else { throw X509Error(.unexpectedElement) }
        var fields = try sequence.fields()
        identifier = try fields.next(.objectIdentifier).dottedIdentifier()
        let critical = fields.nextIf(.boolean)
        isCritical = critical.map { $0.content != [0] } ?? false
        value = try fields.next(.octetString).content
        try fields.finish()
        encoding = sequence.encoding
        // X.690 §11.1: TRUE is 0xFF; §11.5: what is the default is left out.
        isCanonical = critical == nil || critical?.content == [0xFF]
        findings.require(isCanonical, .notDER, "'critical' of \(name) is neither left out nor FF")
    }

    /// The extensions of a list, as far as they can be read. What is wrong with the list is noted.
    static func all(
        _ wrapped: DERValue, known: Set<String>, _ findings: inout LintFindings
    ) -> [LintedExtension] {
        var extensions: [LintedExtension] = []
        do throws(X509Error) {
            let list = try DERValue.only(wrapped.content, .sequence).children()
            // RFC 5280 §4.1: SIZE (1..MAX)
            findings.require(!list.isEmpty, .malformedExtension, "the list of extensions is empty")
            for element in list { extensions.append(try LintedExtension(element, &findings)) }
        } catch {
            findings.report(error, "the list of extensions")
        }
        var seen: Set<String> = []
        for one in extensions {
            findings.require(seen.insert(one.identifier).inserted, .duplicateExtension, "\(one.name) stands twice")
            if one.isCritical, !known.contains(one.identifier) {
                findings.report(
                    .unknownCriticalExtension, "\(one.name) is critical, and who does not know it must refuse the whole"
                )
            }
        }
        return extensions
    }
}

extension [LintedExtension] {
    /// The extension of this identifier, the first where there are several.
    subscript(_ identifier: String) -> LintedExtension? { first { $0.identifier == identifier } }
}

/// The extensions of RFC 5280 §4.2, §5.2 and §5.3, and a few others that are common, by their identifiers.
let knownExtensions = [
    "2.5.29.9": "subjectDirectoryAttributes", "2.5.29.14": "subjectKeyIdentifier", "2.5.29.15": "keyUsage",
    "2.5.29.17": "subjectAltName", "2.5.29.18": "issuerAltName", "2.5.29.19": "basicConstraints",
    "2.5.29.20": "cRLNumber", "2.5.29.21": "reasonCode", "2.5.29.24": "invalidityDate",
    "2.5.29.27": "deltaCRLIndicator", "2.5.29.28": "issuingDistributionPoint", "2.5.29.29": "certificateIssuer",
    "2.5.29.30": "nameConstraints", "2.5.29.31": "cRLDistributionPoints", "2.5.29.32": "certificatePolicies",
    "2.5.29.33": "policyMappings", "2.5.29.35": "authorityKeyIdentifier", "2.5.29.36": "policyConstraints",
    "2.5.29.37": "extKeyUsage", "2.5.29.46": "freshestCRL", "2.5.29.54": "inhibitAnyPolicy",
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess", "1.3.6.1.5.5.7.1.11": "subjectInfoAccess",
    "1.3.6.1.5.5.7.1.24": "tlsFeature", "1.3.6.1.4.1.11129.2.4.2": "signedCertificateTimestamps",
    "1.3.6.1.5.5.7.48.1.5": "ocspNoCheck",
]
