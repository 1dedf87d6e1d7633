// What an authority says beside its certificate: revocation lists, and the extensions that bound names and policies.
import Bytes
import TestSupport

@testable import X509

let authorityTargets: [FuzzTarget] = [
    FuzzTarget("revocation-list", layout: .der) { checkList($0) },
    FuzzTarget("certificate-revocation", longest: 8192, weight: 2, layout: .list(.vector(3, .der))) {
        checkRevocation($0)
    },
    extensionValue("name-constraints") { value throws(X509Error) in
        let constraints = try NameConstraints(extensionValue: value)
        walk(constraints.permitted)
        walk(constraints.excluded)
    },
    FuzzTarget("x509-names-within-constraints", layout: .sequence([.vector(3, .der), .der])) { checkConstraints($0) },
    extensionValue("certificate-policies") { value throws(X509Error) in
        var policies = try CertificatePolicies(extensionValue: value)
        while policies.next() != nil {}
    },
    extensionValue("policy-mappings") { value throws(X509Error) in
        var mappings = try PolicyMappings(extensionValue: value)
        while mappings.next() != nil {}
    },
    extensionValue("distribution-points") { value throws(X509Error) in
        _ = try DistributionPoints(extensionValue: value)
    },
    extensionValue("issuing-distribution-point") { value throws(X509Error) in
        _ = try IssuingDistributionPoint(value)
    },
]

/// A target whose input is the value of a certificate's extension.
private func extensionValue(
    _ name: String, _ read: @escaping @Sendable (Span<UInt8>) throws(X509Error) -> Void
) -> FuzzTarget {
    FuzzTarget("x509-\(name)", longest: 1024, layout: .der) { input in
        do throws(X509Error) { try read(input) } catch {}
    }
}

private func walk(_ subtrees: GeneralSubtrees) {
    var subtrees = subtrees
    while let subtree = subtrees.next() {
        guard subtree.kind == .ip else { continue }
        require([8, 32].contains(subtree.base.count), "an address range of \(subtree.base.count) bytes")
    }
}

private func checkList(_ input: Span<UInt8>) {
    do throws(X509Error) {
        let list = try RevocationList(input)
        require(list.der.count == input.count, "a list of other bytes than were given")
        try list.checkUsable()
        require(list.nextUpdate != nil, "a list without nextUpdate is usable")
        var entries = list.entries
        while let entry = try entries.next() {
            let isFound = try list.entry(serialNumber: entry.serialNumber) != nil
            require(isFound, "an entry of a list is not found in it")
            // The search is linear, and so would many of them be quadratic.
            if input.count > 1024 { break }
        }
    } catch {}
}

/// A revocation list, the chain, and at the end the anchor. A leaf that the list names is not accepted.
private func checkRevocation(_ input: Span<UInt8>) {
    do throws(X509Error) {
        var reader = CertificateSequence(input, .plain).reader
        guard let list = try reader.next() else { return }
        let start = 3 + list.count
        var last = start
        var end = start
        while let der = try reader.next() {
            last = end
            end += 3 + der.count
        }
        let chain = CertificateSequence(input.extracting(start..<last), .plain)
        let requirements = PathRequirements(
            purpose: .server, identities: ReferenceIdentities(.any), time: .known(Fixtures.time),
            unknownTimePolicy: .require)
        _ = try verifyPath(
            chain, anchors: CertificateSequence(input.extracting(last..<input.count), .plain),
            revocationLists: RevocationLists(input.extracting(0..<start), .required), requirements)
        guard let leaf = try chain.certificate(at: 0) else { fatalError("a path without a leaf") }
        let revoked = try RevocationList(list).entry(serialNumber: try Certificate(leaf).serialNumber)
        require(revoked == nil || revoked?.reason == .removeFromCRL, "a revoked certificate was accepted")
    } catch {}
}

/// The value of nameConstraints with its length in three bytes, and a certificate below it.
private func checkConstraints(_ input: Span<UInt8>) {
    var reader = ByteReader(input)
    guard let value = reader.readVector24() else { return }
    do throws(X509Error) {
        var budget = ComparisonBudget()
        try NameConstraints(extensionValue: value).check(
            try Certificate(reader.readRest()), readsCommonName: true, &budget)
    } catch {}
}
