// The names of a certificate held against the constraints of an authority above it (RFC 5280 §6.1.3 (b), (c)).
//
// RFC 5280 carries the intersection of what is permitted, and the union of what is excluded, down the path. Here each
// certificate is held against each authority above it, which comes to the same and keeps nothing.

import Bytes

/// How much comparing is left to one verification. Names and constraints both come from the peer, and what they cost is
/// their product.
struct ComparisonBudget {
    private var left = X509Limits.nameComparisons

    /// Takes the cost of one comparison.
    /// - Throws: `tooManyNameComparisons`
    mutating func spend(_ base: Span<UInt8>) throws(X509Error) {
        left -= 1 + base.count / 16
        guard left >= 0 else { throw X509Error(.tooManyNameComparisons) }
    }
}

extension NameConstraints {
    /// Requires that every name of `certificate` is permitted and none excluded.
    /// - Parameter readsCommonName: whether its common name may serve as a DNS name: then it is constrained as one.
    /// - Throws: `nameNotPermitted`, `nameExcluded`, `unsupportedNameConstraints`, `tooManyNameComparisons`
    func check(
        _ certificate: Certificate, readsCommonName: Bool, _ budget: inout ComparisonBudget
    ) throws(X509Error) {
        if !certificate.subject.isEmpty { try check(.directory, certificate.subject.der, &budget) }
        var names = certificate.extensions.subjectAltNames
        let hasAlternativeNames = !names.isEmpty
        while let name = names.next() { try check(name.kind, name.value, &budget) }
        var attributes = certificate.subject.attributes
        while let attribute = attributes.next() {
            switch attribute.type {
            // §4.2.1.10 has it where there is no subjectAltName; where there is one it does no harm.
            case .emailAddress: try check(.email, attribute.value.content, &budget)
            case .commonName where readsCommonName && !hasAlternativeNames:
                try checkCommonName(attribute.value.content, &budget)
            default: break
            }
        }
    }

    /// A common name that is no DNS name is never compared as one, so it need not be permitted as one.
    private func checkCommonName(_ name: Span<UInt8>, _ budget: inout ComparisonBudget) throws(X509Error) {
        guard isDNSName(name, wildcard: .allowed) else { return }
        try check(.dns, name, &budget)
    }

    private func check(
        _ kind: GeneralName.Kind, _ name: Span<UInt8>, _ budget: inout ComparisonBudget
    ) throws(X509Error) {
        var subtrees = excluded
        while let subtree = subtrees.next() {
            guard try subtree.applies(to: kind, &budget) else { continue }
            guard !subtree.matches(name, .excluded) else { throw X509Error(.nameExcluded) }
        }
        subtrees = permitted
        var isConstrained = false
        while let subtree = subtrees.next() {
            guard try subtree.applies(to: kind, &budget) else { continue }
            isConstrained = true
            if subtree.matches(name, .permitted) { return }
        }
        guard !isConstrained else { throw X509Error(.nameNotPermitted) }
    }
}

extension GeneralSubtree {
    /// Whether names of a kind are to be compared with it.
    /// - Throws: `unsupportedNameConstraints`: "the application MUST either process the constraint or reject the
    ///   certificate" (RFC 5280 §4.2.1.10); `tooManyNameComparisons`
    fileprivate func applies(to kind: GeneralName.Kind, _ budget: inout ComparisonBudget) throws(X509Error) -> Bool {
        // Those of other kinds have to be passed over, which is work as well.
        try budget.spend(self.kind == kind ? base : Span())
        guard self.kind == kind else { return false }
        if case .other = kind { throw X509Error(.unsupportedNameConstraints) }
        return true
    }
}
