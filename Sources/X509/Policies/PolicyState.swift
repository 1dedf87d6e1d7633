// Processing of certificate policies (RFC 5280 §6.1.2 to §6.1.5), from the anchor down to the leaf.
//
// RFC 5280 grows a tree; RFC 9618 shows that it can grow exponentially (CVE-2023-0464) and replaces it by a graph. Since
// qualifiers are not reported, all that the levels above are needed for is whether a policy goes back to one that the caller
// accepts. So only the lowest level is kept: which policies the next certificate may have, and for each whether it goes
// back to an acceptable one. The work is bounded by the policies and mappings of one certificate, squared.

import Bytes

/// What the caller requires of the policies of a path (RFC 5280 §6.1.1 (c), (e), (f), (g)).
public struct PolicyRequirements: Sendable {
    /// The policies of which the path must have one (user-initial-policy-set); none for any.
    public private(set) var acceptable = FixedList<8, ObjectIdentifier>(filler: .anyPolicy)
    /// The path must be valid for an acceptable policy (initial-explicit-policy).
    public var requiresExplicitPolicy = false
    /// Policies are not mapped (initial-policy-mapping-inhibit).
    public var inhibitsPolicyMapping = false
    /// anyPolicy does not stand for every policy (initial-any-policy-inhibit).
    public var inhibitsAnyPolicy = false

    /// Nothing: a path is refused only where one of its certificates requires a policy.
    public init() {}

    /// Adds an acceptable policy.
    /// - Returns: false, and nothing is added, where there are eight already.
    @discardableResult
    public mutating func accept(_ policy: ObjectIdentifier) -> Bool { acceptable.append(policy) }

    fileprivate func accepts(_ policy: ObjectIdentifier) -> Bool {
        if acceptable.count == 0 { return true }
        let all = acceptable.elements
        for index in all.indices where all[index] == policy || all[index] == .anyPolicy { return true }
        return false
    }
}

/// Policies of one level, each once.
private struct PolicyLevel {
    struct Node: BitwiseCopyable, Sendable {
        var policy: ObjectIdentifier
        /// Whether it goes back to a policy that the caller accepts.
        var isAcceptable: Bool
    }

    private(set) var nodes = FixedList<32, Node>(filler: Node(policy: .anyPolicy, isAcceptable: false))
    /// Whether there is a node for anyPolicy.
    var hasAny = false

    var isEmpty: Bool { nodes.count == 0 && !hasAny }

    /// Whether a policy is there and, if so, whether it is acceptable.
    func isAcceptable(_ policy: ObjectIdentifier) -> Bool? {
        let all = nodes.elements
        for index in all.indices where all[index].policy == policy { return all[index].isAcceptable }
        return nil
    }

    /// Adds a policy. It goes back to whatever either of two of the same name goes back to.
    mutating func add(_ policy: ObjectIdentifier, isAcceptable: Bool) throws(X509Error) {
        var merged = FixedList<32, Node>(filler: Node(policy: .anyPolicy, isAcceptable: false))
        var isNew = true
        do {
            let all = nodes.elements
            for index in all.indices {
                var node = all[index]
                if node.policy == policy {
                    node.isAcceptable = node.isAcceptable || isAcceptable
                    isNew = false
                }
                merged.append(node)
            }
        }
        if isNew, !merged.append(Node(policy: policy, isAcceptable: isAcceptable)) {
            throw X509Error(.tooManyPolicies)
        }
        nodes = merged
    }
}

/// The state variables of RFC 5280 §6.1.2.
struct PolicyState {
    private let requirements: PolicyRequirements
    /// valid_policy_tree: the expected policies of its lowest level.
    private var level = PolicyLevel()
    private var explicitPolicy: Int
    private var policyMapping: Int
    private var inhibitAnyPolicy: Int

    /// RFC 5280 §6.1.2.
    /// - Parameters:
    ///   - count: certificates of the path, the anchor not counted.
    ///   - anchor: its constraints hold for what is below it (RFC 5937 §3.2).
    init(_ requirements: PolicyRequirements, count: Int, anchor: PolicyConstraints) {
        self.requirements = requirements
        level.hasAny = true
        explicitPolicy = requirements.requiresExplicitPolicy ? 0 : count + 1
        policyMapping = requirements.inhibitsPolicyMapping ? 0 : count + 1
        inhibitAnyPolicy = requirements.inhibitsAnyPolicy ? 0 : count + 1
        lower(by: anchor)
    }

    /// One certificate that is not the last (§6.1.3 (d) to (f), §6.1.4 (a), (b), (h) to (j)).
    mutating func take(issuer certificate: Certificate) throws(X509Error) {
        let isSelfIssued = certificate.isSelfIssued
        try descend(certificate, acceptsAny: inhibitAnyPolicy > 0 || isSelfIssued)
        try map(certificate)
        if !isSelfIssued {
            explicitPolicy = max(explicitPolicy - 1, 0)
            policyMapping = max(policyMapping - 1, 0)
            inhibitAnyPolicy = max(inhibitAnyPolicy - 1, 0)
        }
        lower(by: certificate.extensions.policyConstraints)
    }

    /// The last certificate (§6.1.3 (d) to (f), §6.1.5 (a), (b), (g)).
    mutating func take(leaf certificate: Certificate) throws(X509Error) {
        try descend(certificate, acceptsAny: inhibitAnyPolicy > 0)
        explicitPolicy = max(explicitPolicy - 1, 0)
        if certificate.extensions.policyConstraints.requireExplicitPolicy == 0 { explicitPolicy = 0 }
        guard explicitPolicy > 0 || hasAcceptable else { throw X509Error(.policyRequired) }
    }

    /// §6.1.5 (g): the intersection with what the caller accepts. A node for anyPolicy stands for all of that.
    private var hasAcceptable: Bool {
        if level.hasAny { return true }
        let all = level.nodes.elements
        for index in all.indices where all[index].isAcceptable { return true }
        return false
    }

    /// §6.1.3 (d) to (f): the level below, of the policies that the certificate has.
    private mutating func descend(_ certificate: Certificate, acceptsAny: Bool) throws(X509Error) {
        var below = PolicyLevel()
        // (e): without the extension nothing is left.
        if var policies = certificate.extensions.certificatePolicies {
            var hasAny = false
            while let policy = policies.next() {
                if policy == .anyPolicy {
                    hasAny = acceptsAny
                } else if let isAcceptable = level.isAcceptable(policy) {  // (d) (1) (i)
                    try below.add(policy, isAcceptable: isAcceptable)
                } else if level.hasAny {  // (d) (1) (ii)
                    try below.add(policy, isAcceptable: requirements.accepts(policy))
                }
            }
            // (d) (2)
            if hasAny { try below.addMissing(of: level) }
        }
        level = below
        // (f)
        guard explicitPolicy > 0 || !level.isEmpty else { throw X509Error(.policyRequired) }
    }

    /// §6.1.4 (b): what the issuer calls one policy, the next certificate calls another.
    private mutating func map(_ certificate: Certificate) throws(X509Error) {
        var expected = PolicyLevel()
        expected.hasAny = level.hasAny
        do {
            let all = level.nodes.elements
            for index in all.indices where !certificate.extensions.policyMappings.maps(all[index].policy) {
                try expected.add(all[index].policy, isAcceptable: all[index].isAcceptable)
            }
        }
        // With policy_mapping 0 those that are mapped are deleted.
        var mappings = certificate.extensions.policyMappings
        while policyMapping > 0, let mapping = mappings.next() {
            if let isAcceptable = level.isAcceptable(mapping.issuerDomainPolicy) {
                try expected.add(mapping.subjectDomainPolicy, isAcceptable: isAcceptable)
            } else if level.hasAny {
                try expected.add(
                    mapping.subjectDomainPolicy, isAcceptable: requirements.accepts(mapping.issuerDomainPolicy))
            }
        }
        level = expected
    }

    /// §6.1.4 (i), (j)
    private mutating func lower(by constraints: PolicyConstraints) {
        if let limit = constraints.requireExplicitPolicy { explicitPolicy = min(explicitPolicy, limit) }
        if let limit = constraints.inhibitPolicyMapping { policyMapping = min(policyMapping, limit) }
        if let limit = constraints.inhibitAnyPolicy { inhibitAnyPolicy = min(inhibitAnyPolicy, limit) }
    }
}

extension PolicyLevel {
    /// §6.1.3 (d) (2): with anyPolicy every policy that was expected is there.
    fileprivate mutating func addMissing(of level: PolicyLevel) throws(X509Error) {
        hasAny = level.hasAny
        let all = level.nodes.elements
        for index in all.indices where isAcceptable(all[index].policy) == nil {
            try add(all[index].policy, isAcceptable: all[index].isAcceptable)
        }
    }
}

extension PolicyMappings {
    fileprivate func maps(_ policy: ObjectIdentifier) -> Bool {
        var reader = self
        while let mapping = reader.next() {
            if mapping.issuerDomainPolicy == policy { return true }
        }
        return false
    }
}
