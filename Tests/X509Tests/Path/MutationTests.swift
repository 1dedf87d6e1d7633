// Good chains with bytes changed or cut off: never a trap, and never accepted where what is signed, or the signature,
// has changed.
import TestSupport
import Testing
import X509

@Suite struct MutationTests {
    private let leaf = Crafted.leaf { $0.issuer = name("A1") }.signed(by: .intermediate)
    private let authority = Crafted.authority("A1", issuer: "Root", key: .intermediate).signed(by: .root)

    @Test func isAcceptedUnchanged() {
        #expect(fault([leaf, authority], requirements(name: "device.example")) == nil)
    }

    @Test func everyTruncationIsRefused() {
        for count in 0..<leaf.count {
            #expect(parseFault(Array(leaf[..<count])) == .malformedDER)
            #expect(fault([Array(leaf[..<count]), authority]) != nil)
        }
        for count in 0..<authority.count { #expect(fault([leaf, Array(authority[..<count])]) != nil) }
    }

    @Test(arguments: [0x01, 0x80, 0xFF] as [UInt8])
    func everyChangedByteIsRefused(_ mask: UInt8) {
        for index in leaf.indices {
            var changed = leaf
            changed[index] ^= mask
            #expect(fault([changed, authority]) != nil, "byte \(index)")
        }
        for index in authority.indices {
            var changed = authority
            changed[index] ^= mask
            #expect(fault([leaf, changed]) != nil, "byte \(index)")
        }
    }

    /// An anchor's signature is not looked at; a change anywhere else must not be accepted by accident or trap.
    @Test func changedAnchorsNeverTrap() {
        for index in Crafted.root.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var changed = Crafted.root
                changed[index] ^= mask
                _ = fault([leaf, authority], anchors: [changed])
            }
        }
        for count in 0..<Crafted.root.count {
            #expect(fault([leaf, authority], anchors: [Array(Crafted.root[..<count])]) != nil)
        }
    }

    /// A sequence cut off anywhere is an error, or ends at a certificate.
    @Test func everyTruncatedSequenceIsRefused() {
        let bytes = joined([leaf, authority], withExtensions: true)
        let anchors = joined([Crafted.root])
        for count in 0..<bytes.count {
            let cut = Array(bytes[..<count])
            var isAccepted = true
            do throws(X509Error) {
                _ = try verifyPath(
                    CertificateSequence(cut.span, .withExtensions),
                    anchors: CertificateSequence(anchors.span, .plain), requirements())
            } catch {
                isAccepted = false
            }
            #expect(!isAccepted)
        }
    }
}
