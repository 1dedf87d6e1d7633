// Paths (RFC 5280 §6), with crafted certificates: order, look-alikes, bounds, usages, times.
import TLSCrypto
import TestSupport
import Testing

@testable import X509

/// A chain of `count` intermediates A1 (next to the anchor), A2, …, and a leaf; leaf first, then in order upwards.
private func chain(intermediates count: Int, pathLengths: [Int: UInt8] = [:]) -> [[UInt8]] {
    var certificates: [[UInt8]] = []
    for index in 1..<(count + 1) {
        let authority = Crafted.authority(
            "A\(index)", issuer: index == 1 ? "Root" : "A\(index - 1)", key: .intermediate,
            pathLength: pathLengths[index])
        certificates.insert(authority.signed(by: index == 1 ? .root : .intermediate), at: 0)
    }
    let leaf = Crafted.leaf { $0.issuer = name(count == 0 ? "Root" : "A\(count)") }
    return [leaf.signed(by: count == 0 ? .root : .intermediate)] + certificates
}

private func bounded(depth: Int = 8, checks: Int = 24) -> PathRequirements {
    var requirements = requirements()
    requirements.maximumDepth = depth
    requirements.maximumSignatureChecks = checks
    return requirements
}

@Suite struct PathBuildingTests {
    @Test func everyOrderOfTheIntermediatesIsAccepted() throws {
        let certificates = chain(intermediates: 3)
        for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
            let path = try verify([certificates[0]] + order.map { certificates[$0] }).get()
            #expect(path.depth == 3)
            #expect(path.anchorIndex == 0)
            #expect(path.leafNotAfter == 2_208_988_800)
            #expect(array(path.leafDigest.bytes).count == 32)
        }
    }

    @Test func theLeafsKeyIsGivenOutForTheLeafAlone() throws {
        let certificates = chain(intermediates: 1)
        let path = try verify(certificates).get()
        let bytes = joined(certificates, withExtensions: true)
        let key = try path.leafPublicKey(in: CertificateSequence(bytes.span, .withExtensions))
        let info = Signer.leaf.publicKeyInfo
        let isSame = key.isSameKey(as: try PublicKey(subjectPublicKeyInfo: info.span))
        #expect(isSame)
    }

    @Test func duplicatesAndUnrelatedCertificatesAreTolerated() {
        let certificates = chain(intermediates: 2)
        let unrelated = Crafted.authority("Else", issuer: "Nobody", key: .other).signed(by: .other)
        #expect(fault(certificates + certificates + [unrelated]) == nil)
        #expect(fault([certificates[0], unrelated] + certificates.reversed()) == nil)
        // Also the anchor itself, and one that cannot be read.
        #expect(fault(certificates + [Crafted.root]) == nil)
        #expect(fault([certificates[0], sequence()] + certificates) == nil)
    }

    @Test func anAnchorNeedNotBeSelfSigned() throws {
        let certificates = chain(intermediates: 2)
        let path = try verify(certificates, anchors: [Crafted.root, certificates[1]]).get()
        #expect(path.anchorIndex == 1)
        #expect(path.depth == 0)
    }

    @Test func unusableAnchorsArePassedOver() throws {
        let certificates = chain(intermediates: 1)
        let old = Crafted.authority("Root", issuer: "Root", key: .root) { $0.version = [] }.signed(by: .root)
        #expect(try verify(certificates, anchors: [sequence(), old, Crafted.root]).get().anchorIndex == 2)
        // Where it is the only one, its fault is told.
        #expect(fault(certificates, anchors: [old]) == X509Error(.unsupportedVersion, certificate: -1, anchor: 0))
    }

    /// Nobody looks at an anchor's own signature, algorithm or serial number.
    @Test func anAnchorsOwnSignatureDoesNotCount() {
        let anchor = Crafted.authority("Root", issuer: "Root", key: .root) {
            $0.algorithm = Algorithm.ecdsaSHA1
            $0.serial = integer(0)
        }.signed(by: .other)
        #expect(fault(chain(intermediates: 1), anchors: [anchor]) == nil)
    }

    @Test func anAnchorOfTheSameNameWithAnotherKeyIsRefused() {
        let impostor = Crafted.authority("Root", issuer: "Root", key: .other).signed(by: .other)
        #expect(fault(chain(intermediates: 0), anchors: [impostor]) == X509Error(.badSignature, certificate: 0))
        #expect(fault(chain(intermediates: 1), anchors: [impostor]) == X509Error(.badSignature, certificate: 1))
        #expect(fault(chain(intermediates: 1) + [Crafted.root], anchors: [impostor])?.reason == .badSignature)
        #expect(fault(chain(intermediates: 1), anchors: [impostor, Crafted.root]) == nil)
    }

    /// RFC 5280 §4.2.1.1: the key identifier tells issuers of one name apart.
    @Test func aKeyIdentifierThatDiffersIsAnotherIssuer() {
        let leaf = Crafted.leaf { $0.extensions!.append(Extension.authorityKeyIdentifier([1])) }.signed(by: .root)
        let anchor = { (identifier: [UInt8]) in
            Crafted.authority("Root", issuer: "Root", key: .root) {
                $0.extensions!.append(Extension.subjectKeyIdentifier(identifier))
            }.signed(by: .root)
        }
        #expect(fault([leaf], anchors: [anchor([1])]) == nil)
        #expect(fault([leaf], anchors: [anchor([2])]) == X509Error(.unknownIssuer, certificate: 0))
        #expect(fault([leaf], anchors: [Crafted.root]) == nil)
    }

    @Test func anIssuerWithoutANameIsNone() {
        let leaf = Crafted.leaf { $0.issuer = sequence() }.signed(by: .root)
        let anchor = Crafted.authority("", issuer: "", key: .root) { $0.subject = sequence() }.signed(by: .root)
        #expect(fault([leaf], anchors: [anchor])?.reason == .unknownIssuer)
    }

    /// threats: "look-alike and cross-signed intermediates"
    @Test func lookAlikeAndCrossSignedIntermediatesAreGotAround() {
        let certificates = chain(intermediates: 1)
        let lookAlike = Crafted.authority("A1", issuer: "Root", key: .other).signed(by: .root)
        let otherIssuer = Crafted.authority("A1", issuer: "Gone", key: .intermediate).signed(by: .other)
        let expired = Crafted.authority("A1", issuer: "Root", key: .intermediate) {
            $0.notAfter = utcTime("210101000000Z")
        }.signed(by: .root)
        for decoy in [lookAlike, otherIssuer, expired] {
            #expect(fault([certificates[0], decoy, certificates[1]]) == nil)
            #expect(fault([certificates[0], certificates[1], decoy]) == nil)
            #expect(fault([certificates[0], decoy]) != nil)
        }
        // Two authorities that have certified each other lead round in a circle, and out of it.
        let ab = Crafted.authority("A1", issuer: "B", key: .intermediate).signed(by: .other)
        let ba = Crafted.authority("B", issuer: "A1", key: .other).signed(by: .intermediate)
        #expect(fault([certificates[0], ab, ba, certificates[1]]) == nil)
        #expect(fault([certificates[0], ab, ba]) == X509Error(.unknownIssuer, certificate: 2))
    }

    @Test func aMissingIntermediateIsNamed() {
        let certificates = chain(intermediates: 3)
        #expect(fault([certificates[0]]) == X509Error(.unknownIssuer, certificate: 0))
        #expect(
            fault([certificates[0], certificates[2], certificates[1]]) == X509Error(.unknownIssuer, certificate: 1))
    }
}

@Suite struct PathBoundsTests {
    /// threats: "bounded depth"
    @Test func depthIsBounded() {
        #expect(fault(chain(intermediates: 0), bounded(depth: 0)) == nil)
        #expect(fault(chain(intermediates: 3), bounded(depth: 3)) == nil)
        #expect(fault(chain(intermediates: 3), bounded(depth: 2)) == X509Error(.pathTooLong, certificate: 2))
        #expect(fault(chain(intermediates: 1), bounded(depth: -1))?.reason == .pathTooLong)
        #expect(fault(chain(intermediates: 16), bounded(depth: 1000)) == nil)
        #expect(fault(chain(intermediates: 17), bounded(depth: 1000))?.reason == .pathTooLong)
    }

    /// threats: "bounded signature checks"
    @Test func signatureChecksAreBounded() {
        #expect(fault(chain(intermediates: 2), bounded(checks: 3)) == nil)
        #expect(
            fault(chain(intermediates: 2), bounded(checks: 2)) == X509Error(.tooManySignatureChecks, certificate: 2))
        // Sixty look-alikes of the issuer, each another certificate.
        let leaf = chain(intermediates: 1)[0]
        let decoys = (1...60).map { serial in
            Crafted.authority("A1", issuer: "A1", key: .other) { $0.serial = integer(UInt8(serial)) }.signed(by: .other)
        }
        #expect(fault([leaf] + decoys) == X509Error(.tooManySignatureChecks, certificate: 0))
        // Authorities that certify each other under one name and key: every step up leads to sixty more.
        let tangle = (1...60).map { serial in
            Crafted.authority("A1", issuer: "A1", key: .intermediate) { $0.serial = integer(UInt8(serial)) }
                .signed(by: .intermediate)
        }
        #expect(
            fault([leaf] + tangle)?.reason == .tooManySignatureChecks || fault([leaf] + tangle)?.reason == .pathTooLong)
    }

    /// threats: "bounded names and constraints" has its limits tested in CertificateTests.
    @Test func certificatesAreBounded() {
        let chain = chain(intermediates: 1)
        let filler = [[UInt8]](repeating: Crafted.root, count: X509Limits.chainCertificates - 2)
        #expect(fault(chain + filler) == nil)
        #expect(fault(chain + filler + filler.prefix(1))?.reason == .tooManyCertificates)
    }

    /// RFC 5280 §4.2.1.9
    @Test func pathLengthsAreKept() {
        #expect(fault(chain(intermediates: 1, pathLengths: [1: 0])) == nil)
        #expect(fault(chain(intermediates: 2, pathLengths: [1: 1, 2: 0])) == nil)
        #expect(fault(chain(intermediates: 2, pathLengths: [1: 0])) == X509Error(.pathLengthExceeded, certificate: 2))
        #expect(
            fault(chain(intermediates: 3, pathLengths: [1: 1])) == X509Error(.pathLengthExceeded, certificate: 3))
        let anchor = Crafted.authority("Root", issuer: "Root", key: .root, pathLength: 1).signed(by: .root)
        #expect(fault(chain(intermediates: 1), anchors: [anchor]) == nil)
        #expect(
            fault(chain(intermediates: 2), anchors: [anchor])
                == X509Error(.pathLengthExceeded, certificate: -1, anchor: 0))
    }

    /// RFC 5280 §6.1.4 (l): a self-issued intermediate does not count; a leaf never does.
    @Test func selfIssuedIntermediatesDoNotCount() {
        let old = Crafted.authority("A1", issuer: "Root", key: .intermediate, pathLength: 0).signed(by: .root)
        let new = Crafted.authority("A1", issuer: "A1", key: .other).signed(by: .intermediate)
        let leaf = Crafted.leaf { $0.issuer = name("A1") }.signed(by: .other)
        #expect(fault([leaf, new, old]) == nil)
    }
}

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

    /// Not processed yet, so refused, critical (RFC 5280 §4.2.1.10: as it must be) or not.
    @Test func nameConstraintsAreRefused() {
        for critical in [true, false] {
            let constraints = certificateExtension("2.5.29.30", critical: critical, sequence())
            #expect(authority(constraints) == .unsupportedNameConstraints)
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
