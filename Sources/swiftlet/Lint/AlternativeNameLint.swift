// Lint of subjectAltName (RFC 5280 §4.2.1.6, RFC 9525 §6).
import Bytes
import X509

extension LintCheck {
    static let dnsNameMalformed = LintCheck(
        "dns-name-malformed", .error, "RFC 5280 §4.2.1.6, RFC 1123 §2.1",
        "a dNSName is no host name: labels of 1 to 63 letters, digits and hyphens, 253 in all")
    static let dnsNameUnderscore = LintCheck(
        "dns-name-underscore", .warning, "RFC 5280 §4.2.1.6, RFC 1123 §2.1",
        "a dNSName has an underscore, which host names do not have")
    static let dnsNameIsAddress = LintCheck(
        "dns-name-is-address", .error, "RFC 9525 §6.2", "a dNSName is an IP address; that belongs into iPAddress")
    static let dnsNameTrailingDot = LintCheck(
        "dns-name-trailing-dot", .error, "RFC 5280 §4.2.1.6, RFC 1034 §3.5", "a dNSName ends with a dot")
    static let dnsNameWildcard = LintCheck(
        "dns-name-wildcard", .error, "RFC 9525 §6.3",
        "a wildcard is not the whole left-most label of a name that has two more")
    static let ipAddressLength = LintCheck(
        "ip-address-length", .error, "RFC 5280 §4.2.1.6", "an iPAddress has neither 4 nor 16 octets")

    static let alternativeNameChecks = [
        dnsNameMalformed, dnsNameUnderscore, dnsNameIsAddress, dnsNameTrailingDot, dnsNameWildcard, ipAddressLength,
    ]
}

/// The names of a subjectAltName extension.
struct LintedAlternativeNames {
    private(set) var dns: [[UInt8]] = []
    private(set) var addresses: [[UInt8]] = []

    /// No names.
    init() {}

    /// Reads the names and looks at each.
    init(_ value: [UInt8], _ findings: inout LintFindings) {
        do throws(X509Error) {
            let names = try DERValue.only(value, .sequence).children()
            findings.require(!names.isEmpty, .malformedExtension, "subjectAltName is empty")
            for name in names { take(name, &findings) }
        } catch {
            findings.report(error, "subjectAltName", as: .malformedExtension)
        }
    }

    private mutating func take(_ name: DERValue, _ findings: inout LintFindings) {
        switch name.tag {
        case .context(2):
            dns.append(name.content)
            lintDNSName(name.content, &findings)
        case .context(7):
            addresses.append(name.content)
            findings.require(
                [4, 16].contains(name.content.count), .ipAddressLength,
                "an iPAddress has \(name.content.count) octets; 4 or 16 are allowed")
        case .context(1), .context(6):
            findings.require(
                name.content.allSatisfy { $0 != 0 && $0 < 0x80 }, .malformedExtension,
                "'\(escaped(name.content.span))' in subjectAltName is not ASCII")
        case .context(8), .contextConstructed(0), .contextConstructed(3), .contextConstructed(4),
            .contextConstructed(5):
            break
        default: findings.report(.malformedExtension, "subjectAltName has an element that is no name")
        }
    }

    /// Whether `text`, as it stands in a common name, is among the names.
    func contains(_ text: [UInt8]) -> Bool {
        if case .ip(let address) = try? ReferenceIdentity(text.span) {
            return addresses.contains(array(address.bytes))
        }
        let wanted = String(decoding: text, as: UTF8.self).lowercased()
        return dns.contains { String(decoding: $0, as: UTF8.self).lowercased() == wanted }
    }
}

/// Looks at one dNSName.
private func lintDNSName(_ name: [UInt8], _ findings: inout LintFindings) {
    let shown = "the dNSName '\(escaped(name.span))'"
    var text = name[...]
    if text.last == UInt8(ascii: ".") {
        findings.report(.dnsNameTrailingDot, "\(shown) ends with a dot")
        text.removeLast()
    }
    if case .ip = try? ReferenceIdentity(Array(text).span) {
        return findings.report(.dnsNameIsAddress, "\(shown) is an IP address; that belongs into iPAddress")
    }
    var labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if text.contains(UInt8(ascii: "*")) {
        let isWhole = labels.first.map(Array.init) == [UInt8(ascii: "*")] && labels.count >= 3
        guard isWhole, !labels.dropFirst().joined().contains(UInt8(ascii: "*")) else {
            return findings.report(
                .dnsNameWildcard,
                "the wildcard of \(shown) is not the whole left-most label of a name that has two more")
        }
        labels.removeFirst()
    }
    guard text.count <= 253, labels.allSatisfy(isHostLabel) else {
        return findings.report(
            .dnsNameMalformed, "\(shown) is no host name: labels of 1 to 63 letters, digits and hyphens, 253 in all")
    }
    findings.require(
        !text.contains(UInt8(ascii: "_")), .dnsNameUnderscore,
        "\(shown) has an underscore, which host names do not have")
}

/// RFC 1123 §2.1, and the underscore, of which the caller tells apart.
private func isHostLabel(_ label: ArraySlice<UInt8>) -> Bool {
    let isWord = label.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
    return isWord && (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
        && label.last != UInt8(ascii: "-")
}
