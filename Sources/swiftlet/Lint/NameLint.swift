// Lint of distinguished names (RFC 5280 §4.1.2.4, §4.1.2.6, Appendix A.1).
import X509

extension LintCheck {
    static let emptyIssuer = LintCheck(
        "empty-issuer", .error, "RFC 5280 §4.1.2.4, §5.1.2.3", "the issuer's name is empty")
    static let countryCode = LintCheck(
        "country-code", .error, "RFC 5280 Appendix A.1, X.520 §6.3.1",
        "countryName is not a PrintableString of two capital letters")
    static let nameTooLong = LintCheck(
        "name-too-long", .error, "RFC 5280 Appendix A.1", "an attribute of a name is longer than its upper bound")
    static let printableString = LintCheck(
        "printable-string", .error, "X.680 §41.4", "a PrintableString has characters that it must not have")
    static let obsoleteString = LintCheck(
        "obsolete-string", .warning, "RFC 5280 §4.1.2.4",
        "a name is written as TeletexString, BMPString or UniversalString; new ones are PrintableString or UTF8String")

    static let distinguishedNameChecks = [
        emptyIssuer, countryCode, nameTooLong, printableString, obsoleteString,
    ]
}

/// The upper bounds of RFC 5280 Appendix A.1 that names run into, in characters.
private let upperBounds: [String: (name: String, bound: Int)] = [
    "2.5.4.3": ("commonName", 64), "2.5.4.5": ("serialNumber", 64), "2.5.4.7": ("localityName", 128),
    "2.5.4.8": ("stateOrProvinceName", 128), "2.5.4.10": ("organizationName", 64),
    "2.5.4.11": ("organizationalUnitName", 64), "2.5.4.12": ("title", 64),
]

/// A Name, as attributes.
struct LintedName {
    let der: [UInt8]
    private(set) var attributes: [(type: String, value: DERValue)] = []

    /// Whether it has no attribute.
    var isEmpty: Bool { attributes.isEmpty }

    /// Reads a Name; what cannot be read is noted.
    /// - Parameter what: whose name it is: "subject".
    init(_ value: DERValue, _ what: String, _ findings: inout LintFindings) {
        der = value.encoding
        do throws(X509Error) {
            var reader = DERReader(value.encoding.span)
            _ = try reader.readDistinguishedName()
            for set in try value.children() {
                for attribute in try set.children() {
                    var fields = try attribute.fields()
                    attributes.append((try fields.next().dottedIdentifier(), try fields.next()))
                }
            }
        } catch {
            findings.report(error, "the \(what)'s name")
        }
    }

    /// The values of its common names.
    var commonNames: [[UInt8]] { attributes.filter { $0.type == "2.5.4.3" }.map(\.value.content) }

    /// Looks at each attribute.
    func check(_ what: String, _ findings: inout LintFindings) {
        for (type, value) in attributes {
            let shown = "'\(escaped(value.content.span))' in the \(what)'s name"
            switch value.tag {
            case .printableString:
                findings.require(
                    value.content.allSatisfy(isPrintableStringCharacter), .printableString,
                    "the PrintableString \(shown) has other characters than letters, digits and ' ()+,-./:=?")
            case .teletexString, DERTag(0x1C), DERTag(0x1E):
                findings.report(.obsoleteString, "\(shown) is no PrintableString and no UTF8String")
            default: break
            }
            if type == "2.5.4.6" {
                let isCode = value.content.count == 2 && value.content.allSatisfy { (0x41...0x5A).contains($0) }
                findings.require(
                    isCode && value.tag == .printableString, .countryCode,
                    "countryName \(shown) is not a PrintableString of two capital letters")
            }
            if let limit = upperBounds[type] {
                // A character of UTF-8 has one octet that is not 10xxxxxx.
                let count = value.content.count { $0 & 0xC0 != 0x80 || value.tag != .utf8String }
                findings.require(
                    count <= limit.bound, .nameTooLong,
                    "\(limit.name) in the \(what)'s name has \(count) characters; \(limit.bound) are allowed")
            }
        }
    }
}

/// X.680 §41.4.
private func isPrintableStringCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x27...0x29, 0x2B...0x2F, 0x3A, 0x3D, 0x3F: true
    default: false
    }
}
