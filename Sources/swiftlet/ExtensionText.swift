// How the extensions of certificates and revocation lists are shown: each by its name, and what those say that decide where
// a path may lead.
import Bytes
import X509

/// Names and contents of a certificate's extensions, as far as they can be read.
func extensionFields(_ certificate: Certificate) -> [(name: String, value: InspectedValue)] {
    let list = readableExtensions(ofSigned: array(certificate.signedPart))
    var fields: [(name: String, value: InspectedValue)] = []
    if let constraints = certificate.extensions.nameConstraints {
        fields.append(("permitted_names", .list(describe(constraints.permitted))))
        fields.append(("excluded_names", .list(describe(constraints.excluded))))
    }
    fields += [
        ("policies", .list(list["2.5.29.32"].map { policies($0.value) } ?? [])),
        ("revocation_lists", .list(list["2.5.29.31"].map { distributionPoints($0.value) } ?? [])),
        ("extensions", .list(list.map(describe))),
    ]
    return fields
}

/// Names of a revocation list's extensions, and what it covers.
func extensionFields(_ list: RevocationList) -> [(name: String, value: InspectedValue)] {
    var covers: [String] = []
    if let point = list.extensions.issuingDistributionPoint {
        if point.onlyContainsUserCerts { covers.append("end entities") }
        if point.onlyContainsCACerts { covers.append("authorities") }
        if point.onlyContainsAttributeCerts { covers.append("attribute certificates") }
        if point.reasons != .all { covers.append("some reasons") }
        if point.indirectCRL { covers.append("other issuers") }
        if point.name != nil { covers.append("one distribution point") }
    }
    return [
        ("delta", .flag(list.extensions.isDelta)), ("covers_only", .list(covers)),
        ("extensions", .list(readableExtensions(ofSigned: array(list.signedPart)).map(describe))),
    ]
}

/// The name of an extension.
private func describe(_ one: LintedExtension) -> String { one.name + (one.isCritical ? " (critical)" : "") }

/// The extensions of something that has been read already: the last field of what is signed, `[0]` or `[3]`.
private func readableExtensions(ofSigned signed: [UInt8]) -> [LintedExtension] {
    guard let last = try? DERValue.only(signed, .sequence).children().last,
        [.contextConstructed(0), .contextConstructed(3)].contains(last.tag)
    else { return [] }
    var findings = LintFindings()
    return LintedExtension.all(last, known: [], &findings)
}

/// The subtrees of name constraints, such as `DNS:example.com` and `IP:192.0.2.0/255.255.255.0`.
private func describe(_ subtrees: GeneralSubtrees) -> [String] {
    var subtrees = subtrees
    var texts: [String] = []
    while let subtree = subtrees.next() {
        let base = array(subtree.base)
        switch subtree.kind {
        case .dns: texts.append("DNS:\(escaped(base.span))")
        case .email: texts.append("email:\(escaped(base.span))")
        case .uri: texts.append("URI:\(escaped(base.span))")
        case .ip:
            let half = base.count / 2
            texts.append("IP:\(address(Array(base[..<half])))/\(address(Array(base[half...])))")
        case .directory:
            var reader = DERReader(base.span)
            texts.append("directory:" + ((try? describe(reader.readDistinguishedName())) ?? "(unreadable)"))
        default: texts.append("other")
        }
    }
    return texts
}

private func address(_ bytes: [UInt8]) -> String {
    textBuilt { IPAddressText.write(bytes.span, to: &$0) }
}

/// The identifiers of certificatePolicies.
private func policies(_ value: [UInt8]) -> [String] {
    guard let list = try? DERValue.only(value, .sequence).children() else { return [] }
    return list.compactMap { policy in
        let identifier = try? policy.children().first?.dottedIdentifier()
        return identifier == "2.5.29.32.0" ? "anyPolicy" : identifier
    }
}

/// The names of the places where revocation lists are.
private func distributionPoints(_ value: [UInt8]) -> [String] {
    guard let points = try? DERValue.only(value, .sequence).children() else { return [] }
    return points.flatMap { point -> [String] in
        // DistributionPoint: distributionPoint [0] { fullName [0] GeneralNames }
        guard let name = try? point.children().first, name.tag == .contextConstructed(0),
            let full = try? name.children().first, full.tag == .contextConstructed(0)
        else { return [] }
        let names = [DERTag.sequence.rawValue] + full.encoding.dropFirst()
        do throws(X509Error) { return describe(try GeneralNames(extensionValue: names.span)) } catch { return [] }
    }
}
