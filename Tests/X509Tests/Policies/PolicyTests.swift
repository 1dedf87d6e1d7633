// Certificate policies (RFC 5280 §6.1.2 to §6.1.5).
import TestSupport
import Testing

@testable import X509

private let (one, two, three) = ("1.2.3.1", "1.2.3.2", "1.2.3.3")

/// Why a path is refused whose certificates, from the one below the anchor down to the leaf, have these extensions.
private func verdict(
    _ levels: [[UInt8]]..., given change: (inout PolicyRequirements) -> Void = { $0.requiresExplicitPolicy = true }
) -> X509Error? {
    var certificates: [[UInt8]] = []
    for (index, extensions) in levels.enumerated() {
        let signer: Signer = index == 0 ? .root : .intermediate
        let issuer = index == 0 ? "Root" : "A\(index)"
        let certificate =
            index == levels.count - 1
            ? Crafted.leaf {
                $0.issuer = name(issuer)
                $0.extensions! += extensions
            } : Crafted.authority("A\(index + 1)", issuer: issuer, key: .intermediate) { $0.extensions! += extensions }
        certificates.insert(certificate.signed(by: signer), at: 0)
    }
    var requirements = requirements()
    change(&requirements.policies)
    return fault(certificates, requirements)
}

private func accepting(_ policies: String...) -> (inout PolicyRequirements) -> Void {
    { requirements in
        requirements.requiresExplicitPolicy = true
        for policy in policies {
            let content = Array(oid(policy).dropFirst(2))
            requirements.accept(try! ObjectIdentifier(content: content.span))
        }
    }
}

@Suite struct PolicyTests {
    @Test func withoutNeedPoliciesDoNotMatter() {
        #expect(verdict([], []) { _ in } == nil)
        #expect(verdict([Extension.policies(one)], [Extension.policies(two)]) { _ in } == nil)
    }

    @Test func anExplicitPolicyRunsThroughThePath() {
        #expect(verdict([Extension.policies(one)], [Extension.policies(one, two)]) == nil)
        #expect(verdict([Extension.policies(one)], [Extension.policies(two)])?.reason == .policyRequired)
        #expect(verdict([Extension.policies(one)], []) == X509Error(.policyRequired, certificate: 0))
        #expect(verdict([], [Extension.policies(one)]) == X509Error(.policyRequired, certificate: 1))
    }

    @Test func onlyAcceptablePoliciesCount() {
        #expect(verdict([Extension.policies(one)], [Extension.policies(one)], given: accepting(one)) == nil)
        #expect(
            verdict([Extension.policies(one)], [Extension.policies(one)], given: accepting(two))?.reason
                == .policyRequired)
        let any = Extension.policies("2.5.29.32.0")
        #expect(verdict([any], [Extension.policies(two)], given: accepting(one, two)) == nil)
        #expect(verdict([any], [any], given: accepting(two)) == nil)
    }

    @Test func aCertificateMayRequireAPolicy() {
        let required = { (skip: UInt8) in Extension.policyConstraints(explicit: skip) }
        #expect(verdict([required(0)], []) { _ in }?.reason == .policyRequired)
        #expect(verdict([required(1)], [], []) { _ in }?.reason == .policyRequired)
        #expect(verdict([required(5)], [], []) { _ in } == nil)
        #expect(verdict([Extension.policies(one), required(0)], [Extension.policies(one)]) { _ in } == nil)
        // RFC 5280 §6.1.5 (b): the leaf itself.
        #expect(verdict([], [required(0)]) { _ in }?.reason == .policyRequired)
    }

    @Test func mappings() {
        let mapping = Extension.policyMappings((one, two))
        #expect(verdict([Extension.policies(one), mapping], [Extension.policies(two)], given: accepting(one)) == nil)
        #expect(verdict([Extension.policies(one), mapping], [Extension.policies(one)])?.reason == .policyRequired)
        let inhibited = { (requirements: inout PolicyRequirements) in
            requirements.requiresExplicitPolicy = true
            requirements.inhibitsPolicyMapping = true
        }
        #expect(
            verdict([Extension.policies(one), mapping], [Extension.policies(two)], given: inhibited)?.reason
                == .policyRequired
        )
        let constrained = [Extension.policies(one), Extension.policyConstraints(mapping: 0)]
        #expect(
            verdict(constrained, [Extension.policies(one), mapping], [Extension.policies(two)])?.reason
                == .policyRequired)
        // Under anyPolicy a mapping goes back to what the issuer calls it.
        let any = [Extension.policies("2.5.29.32.0"), mapping]
        #expect(verdict(any, [Extension.policies(two)], given: accepting(one)) == nil)
        #expect(verdict(any, [Extension.policies(two)], given: accepting(three))?.reason == .policyRequired)
        // RFC 5280 §4.2.1.5: never to or from anyPolicy.
        #expect(verdict([Extension.policyMappings(("2.5.29.32.0", one))], []) { _ in } != nil)
    }

    @Test func anyPolicyCanBeInhibited() {
        let any = Extension.policies("2.5.29.32.0")
        let inhibited = { (requirements: inout PolicyRequirements) in
            requirements.requiresExplicitPolicy = true
            requirements.inhibitsAnyPolicy = true
        }
        #expect(verdict([any], [Extension.policies(one)]) == nil)
        #expect(verdict([any], [Extension.policies(one)], given: inhibited)?.reason == .policyRequired)
        #expect(verdict([Extension.policies(one), Extension.inhibitAnyPolicy(0)], [any])?.reason == .policyRequired)
        #expect(verdict([Extension.policies(one), Extension.inhibitAnyPolicy(1)], [any]) == nil)
    }

    /// CVE-2023-0464: every level maps every policy to every other, which makes a tree grow with their power.
    @Test func policiesThatMultiplyStayBounded() {
        let names = (0..<6).map { "1.2.3.\($0)" }
        let policies = certificateExtension("2.5.29.32", element(0x30, names.flatMap { sequence(oid($0)) }))
        let mappings = certificateExtension(
            "2.5.29.33",
            element(
                0x30, names.prefix(5).flatMap { a in names.map { (a, $0) } }.flatMap { sequence(oid($0.0), oid($0.1)) })
        )
        let level = [policies, mappings]
        #expect(verdict(level, level, level, level, level, level, level, [policies]) == nil)
    }
}
