// threats.md, clock poisoning: what revocation lists prove of the time, and that nobody proves anything who is not trusted.
import TestSupport
import Testing

@testable import X509

/// 2029-12-01T00:00:00Z, thisUpdate of every list that says nothing else.
private let december: Int64 = 1_890_777_600

private func evidence(
    _ lists: [[UInt8]], anchors: [[UInt8]] = [Crafted.root], chain: [[UInt8]] = []
) -> Int64? {
    let (listBytes, anchorBytes, chainBytes) = (joined(lists), joined(anchors), joined(chain))
    return RevocationLists(listBytes.span, .required).evidenceOfTime(
        anchors: CertificateSequence(anchorBytes.span, .plain), chain: CertificateSequence(chainBytes.span, .plain))
}

private func list(
    _ issuer: String = "Root", at time: String = "291201000000Z", by signer: Signer = .root,
    _ change: (inout CraftedList) -> Void = { _ in }
) -> [UInt8] {
    CraftedList.of(issuer) {
        $0.thisUpdate = utcTime(time)
        change(&$0)
    }.signed(by: signer)
}

@Suite struct RevocationEvidenceTests {
    @Test func aListOfAnAnchorProvesItsThisUpdate() {
        #expect(evidence([list()]) == december)
        // The latest counts, whatever the order; that a list has gone out of date is no matter.
        let earlier = list(at: "291101000000Z")
        #expect(evidence([earlier]) == december - 30 * 86_400)
        #expect(evidence([list(), earlier]) == december && evidence([earlier, list()]) == december)
        #expect(evidence([list { $0.nextUpdate = utcTime("291201000001Z") }]) == december)
        #expect(evidence([]) == nil && evidence([list()], anchors: []) == nil)
    }

    /// A list of the far future whose signature does not verify, or of somebody whom nobody trusts.
    @Test func aForgedListProvesNothing() {
        let far = "391231235959Z"
        let forged = list(at: far, by: .other)
        #expect(evidence([forged]) == nil)
        #expect(evidence([forged, list()]) == december && evidence([list(), forged]) == december)
        #expect(evidence([list("Somebody", at: far, by: .other)]) == nil)
        var flipped = list(at: far)
        flipped[flipped.count - 1] ^= 1
        #expect(evidence([flipped]) == nil)
        // By an authority of the same name that is shown but leads nowhere.
        let impostor = Crafted.authority("Root", issuer: "Root", key: .other) {
            $0.extensions = [Extension.basicConstraints(ca: true), Extension.cRLSign]
        }.signed(by: .other)
        #expect(evidence([forged], chain: [impostor]) == nil)
        #expect(evidence([forged], anchors: [Crafted.root, impostor]) != nil)
        #expect(evidence([[1, 2, 3]]) == nil && evidence([[1, 2, 3], list()]) == december)
    }

    /// keyUsage without cRLSign, and no authority at all.
    @Test func whoMayNotSignListsProvesNothing() {
        #expect(evidence([list()], anchors: [Crafted.root(Extension.keyCertSign)]) == nil)
        let leaf = Crafted.authority("Root", issuer: "Root", key: .root) {
            $0.extensions = [Extension.basicConstraints(ca: false)]
        }.signed(by: .root)
        #expect(evidence([list()], anchors: [leaf]) == nil)
        let plain = Crafted.authority("Root", issuer: "Root", key: .root) {
            $0.extensions = [Extension.basicConstraints(ca: true)]
        }.signed(by: .root)
        #expect(evidence([list()], anchors: [plain]) == december)
    }

    /// A key proves no time at which its certificate was not valid: one that leaks later moves no clock beyond that.
    @Test func nothingIsProvenBeyondTheSignersOwnTime() {
        func anchor(_ from: String, _ to: String) -> [UInt8] {
            Crafted.authority("Root", issuer: "Root", key: .root) {
                $0.extensions = [Extension.basicConstraints(ca: true), Extension.cRLSign]
                ($0.notBefore, $0.notAfter) = (utcTime(from), utcTime(to))
            }.signed(by: .root)
        }
        #expect(evidence([list()], anchors: [anchor("200101000000Z", "291201000000Z")]) == december)
        #expect(evidence([list()], anchors: [anchor("200101000000Z", "291130235959Z")]) == nil)
        #expect(evidence([list()], anchors: [anchor("291201000001Z", "390101000000Z")]) == nil)
    }

    /// An intermediate of our own chain counts where it leads to an anchor, and is not revoked.
    @Test func anIntermediateThatLeadsToAnAnchor() {
        func intermediate(_ change: (inout Crafted) -> Void = { _ in }) -> [UInt8] {
            Crafted.authority("A1", issuer: "Root", key: .intermediate) {
                $0.serial = integer(9)
                $0.extensions = [Extension.basicConstraints(ca: true), Extension.keyUsage(0x06)]
                change(&$0)
            }.signed(by: .root)
        }
        let leaf = Crafted.leaf { $0.issuer = name("A1") }.signed(by: .intermediate)
        let lists = [list("A1", by: .intermediate)]
        #expect(evidence(lists, chain: [leaf, intermediate()]) == december)
        #expect(evidence(lists, chain: [leaf]) == nil)
        #expect(evidence(lists, anchors: [], chain: [leaf, intermediate()]) == nil)
        #expect(
            evidence(lists, chain: [leaf, intermediate { $0.extensions?[1] = Extension.keyCertSign }]) == nil)
        let revoking = CraftedList.of("Root", revoking: [9]) { $0.thisUpdate = utcTime("290101000000Z") }.signed()
        #expect(evidence(lists + [revoking], chain: [leaf, intermediate()]) == 1_861_920_000)
        // One that is limited to clients.
        let clients = intermediate { $0.extensions?.append(Extension.clientAuth) }
        #expect(evidence(lists, chain: [leaf, clients]) == december)
    }
}
