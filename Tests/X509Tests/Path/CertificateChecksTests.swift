// What each certificate of a path must satisfy (RFC 5280 §6.1.3, §6.1.4): usages, pinned leaves, times.
import TestSupport
import Testing

@testable import X509

@Suite struct UsageTests {
    private func leaf(_ extensions: [UInt8]..., purpose: Purpose) -> X509Error.Reason? {
        let der = Crafted.leaf { $0.extensions = [Extension.basicConstraints(ca: false)] + extensions }
        return fault([der.signed(by: .root)], requirements(purpose: purpose))?.reason
    }

    private func authority(_ extensions: [UInt8]..., ca: Bool = true) -> X509Error.Reason? {
        let authority = Crafted.authority("A1", issuer: "Root", key: .intermediate) {
            $0.extensions = (ca ? [Extension.basicConstraints(ca: true)] : []) + extensions
            if $0.extensions!.isEmpty { $0.extensions = nil }
        }
        return fault([chain(intermediates: 1)[0], authority.signed(by: .root)])?.reason
    }

    @Test func leavesAreHeldToTheirPurpose() {
        #expect(leaf(Extension.serverAuth, purpose: .server) == nil)
        #expect(leaf(Extension.clientAuth, purpose: .client) == nil)
        #expect(leaf(Extension.serverAuth, purpose: .client) == .wrongPurpose)
        #expect(leaf(Extension.clientAuth, purpose: .server) == .wrongPurpose)
        let both = Extension.purposes("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1")
        #expect(leaf(both, purpose: .server) == nil)
        #expect(leaf(both, purpose: .client) == nil)
        #expect(leaf(Extension.anyPurpose, purpose: .server) == .wrongPurpose)
        #expect(leaf(Extension.purposes("1.3.6.1.5.5.7.3.4"), purpose: .server) == .wrongPurpose)
        // Without the extension any purpose is allowed (RFC 5280 §4.2.1.12).
        #expect(leaf(purpose: .server) == nil)
    }

    /// RFC 8446 §4.4.2.2
    @Test func leavesMustBeAllowedToSign() {
        #expect(leaf(Extension.digitalSignature, purpose: .server) == nil)
        #expect(leaf(Extension.keyUsage(0xA0), purpose: .server) == nil)
        #expect(leaf(Extension.keyUsage(0x20), purpose: .server) == .missingDigitalSignature)
        #expect(leaf(Extension.keyUsage(0x08), purpose: .client) == .missingDigitalSignature)
    }

    @Test func issuersMustBeAuthorities() {
        #expect(authority(Extension.keyCertSign) == nil)
        #expect(authority() == nil)
        #expect(authority(ca: false) == .notCertificateAuthority)
        #expect(authority(Extension.keyCertSign, ca: false) == .notCertificateAuthority)
        #expect(authority(Extension.basicConstraints(ca: false), ca: false) == .notCertificateAuthority)
        #expect(authority(Extension.digitalSignature) == .missingKeyCertSign)
        // cRLSign alone
        #expect(authority(Extension.keyUsage(0x02)) == .missingKeyCertSign)
    }

    @Test func issuersAreHeldToTheirPurposes() {
        #expect(authority(Extension.serverAuth) == nil)
        #expect(authority(Extension.anyPurpose) == nil)
        #expect(authority(Extension.clientAuth) == .wrongPurpose)
    }

    @Test func anchorsAreHeldToTheSameRules() {
        for (extensions, expected) in [
            ([Extension.basicConstraints(ca: false)], X509Error.Reason.notCertificateAuthority),
            ([Extension.basicConstraints(ca: true), Extension.digitalSignature], .missingKeyCertSign),
            ([Extension.basicConstraints(ca: true), Extension.clientAuth], .wrongPurpose),
        ] {
            let anchor = Crafted.authority("Root", issuer: "Root", key: .root) { $0.extensions = extensions }
            #expect(fault(chain(intermediates: 0), anchors: [anchor.signed(by: .root)])?.reason == expected)
        }
    }

    @Test func unknownCriticalExtensionsAreRefusedEverywhere() {
        let unknown = certificateExtension("1.2.3.4", critical: true, null)
        #expect(leaf(unknown, purpose: .server) == .unknownCriticalExtension)
        #expect(leaf(certificateExtension("1.2.3.4", null), purpose: .server) == nil)
        #expect(authority(unknown) == .unknownCriticalExtension)
        let anchor = Crafted.authority("Root", issuer: "Root", key: .root) { $0.extensions!.append(unknown) }
        #expect(
            fault(chain(intermediates: 0), anchors: [anchor.signed(by: .root)])
                == X509Error(.unknownCriticalExtension, certificate: -1, anchor: 0))
    }

    /// RFC 5280 §4.2.1.10: an empty sequence must not be issued, critical or not.
    @Test func emptyNameConstraintsAreRefused() {
        for critical in [true, false] {
            let constraints = certificateExtension("2.5.29.30", critical: critical, sequence())
            #expect(authority(constraints) == .badExtension)
        }
    }

    /// RFC 5280 §4.1.2.2
    @Test func serialNumbersOfIssuedCertificatesArePositive() {
        for (serial, expected) in [
            (integer(0), X509Error.Reason.badSerialNumber), (integer(0xFF), .badSerialNumber), (integer(1), nil),
        ] {
            #expect(fault([Crafted.leaf { $0.serial = serial }.signed(by: .root)])?.reason == expected)
        }
    }
}

@Suite struct PinnedLeafTests {
    private func selfSigned(_ change: (inout Crafted) -> Void = { _ in }) -> [UInt8] {
        Crafted.leaf {
            $0.issuer = name("Leaf")
            change(&$0)
        }.signed(by: .leaf)
    }

    /// contracts: "A leaf identical to an anchor is accepted (self-signed); name, time and usage are still checked."
    @Test func isAcceptedAndStillChecked() throws {
        let der = selfSigned()
        let path = try verify([der], anchors: [Crafted.root, der], requirements(name: "device.example")).get()
        #expect(path.depth == 0)
        #expect(path.anchorIndex == 1)
        let anchors = [der]
        #expect(fault([der], anchors: anchors, requirements(name: "other.example"))?.reason == .nameMismatch)
        #expect(fault([der], anchors: anchors, requirements(purpose: .client))?.reason == .wrongPurpose)
        #expect(fault([der], anchors: anchors, requirements(time: .known(2_208_988_801)))?.reason == .expired)
        let weak = selfSigned { $0.extensions = [Extension.keyUsage(0x20)] }
        #expect(fault([weak], anchors: [weak])?.reason == .missingDigitalSignature)
    }

    @Test func mustBeIdentical() {
        let other = selfSigned { $0.serial = integer(2) }
        #expect(fault([selfSigned()], anchors: [other])?.reason == .notCertificateAuthority)
        let authority = selfSigned { $0.extensions = [Extension.basicConstraints(ca: true)] }
        #expect(fault([authority], anchors: [authority]) == nil)
    }

    /// A pinned leaf must not become an authority by being pinned.
    @Test func issuesNothing() {
        let pinned = selfSigned()
        let forged = Crafted.leaf {
            $0.issuer = name("Leaf")
            $0.subject = name("Other")
        }.signed(by: .leaf)
        #expect(
            fault([forged], anchors: [pinned]) == X509Error(.notCertificateAuthority, certificate: -1, anchor: 0))
    }
}

@Suite struct TimeTests {
    private let first: Int64 = 1_577_836_800
    private let last: Int64 = 2_208_988_800

    private func reason(_ time: CurrentTime, _ policy: UnknownTimePolicy = .require) -> X509Error.Reason? {
        fault(chain(intermediates: 1), requirements(time: time, policy: policy))?.reason
    }

    /// RFC 5280 §4.1.2.5: both ends are included.
    @Test func bothEndsAreValid() {
        #expect(reason(.known(first)) == nil)
        #expect(reason(.known(last)) == nil)
        #expect(reason(.known(first - 1)) == .notYetValid)
        #expect(reason(.known(last + 1)) == .expired)
        #expect(reason(.known(.min)) == .notYetValid)
        #expect(reason(.known(.max)) == .expired)
    }

    /// design §2: "A clock may be unknown. What then happens is a required argument, never a silent skip."
    @Test func anUnknownTimeIsRefusedOrHasAFloor() {
        #expect(reason(.unknown) == .timeUnknown)
        #expect(reason(.unknown, .floor(last)) == nil)
        #expect(reason(.unknown, .floor(last + 1)) == .expired)
        // notBefore cannot be checked: design §5.
        #expect(reason(.unknown, .floor(first - 1)) == nil)
        // A known time is used whatever the policy says.
        #expect(reason(.known(first - 1), .floor(0)) == .notYetValid)
    }

    @Test func everyCertificateOfThePathIsChecked() {
        let short: (inout Crafted) -> Void = { $0.notAfter = utcTime("210101000000Z") }
        let certificates = chain(intermediates: 1)
        let leaf = Crafted.leaf {
            $0.issuer = name("A1")
            short(&$0)
        }.signed(by: .intermediate)
        #expect(fault([leaf, certificates[1]]) == X509Error(.expired, certificate: 0))
        let authority = Crafted.authority("A1", issuer: "Root", key: .intermediate, short).signed(by: .root)
        #expect(fault([certificates[0], authority]) == X509Error(.expired, certificate: 1))
        let anchor = Crafted.authority("Root", issuer: "Root", key: .root, short).signed(by: .root)
        #expect(fault(certificates, anchors: [anchor]) == X509Error(.expired, certificate: -1, anchor: 0))
    }

    /// RFC 5280 §4.1.2.5: 99991231235959Z
    @Test func theEndOfTimeIsValid() {
        let leaf = Crafted.leaf { $0.notAfter = generalizedTime("99991231235959Z") }.signed(by: .root)
        #expect((try? verify([leaf]).get().leafNotAfter) == 253_402_300_799)
    }
}
