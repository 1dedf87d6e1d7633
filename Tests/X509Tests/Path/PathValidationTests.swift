// Paths (RFC 5280 §6), with crafted certificates: order, look-alikes, bounds.
import TLSCrypto
import TestSupport
import Testing

@testable import X509

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
        // A self-signed certificate, sent many times over, is tried once on each path and not on top of itself.
        let selfSigned = Crafted.authority("A2", issuer: "A2", key: .intermediate).signed(by: .intermediate)
        let repeated = [[UInt8]](repeating: selfSigned, count: 10)
        #expect(fault([certificates[0]] + repeated)?.reason == .unknownIssuer)
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

    /// RFC 4158 §3.5.12: the key identifier is a hint at which issuers of one name to try first; the signature decides.
    @Test func keyIdentifiersAreHints() {
        let leaf = Crafted.leaf { $0.extensions!.append(Extension.authorityKeyIdentifier([1])) }.signed(by: .root)
        let anchor = { (identifier: [UInt8]) in
            Crafted.authority("Root", issuer: "Root", key: .root) {
                $0.extensions!.append(Extension.subjectKeyIdentifier(identifier))
            }.signed(by: .root)
        }
        #expect(fault([leaf], anchors: [anchor([1])]) == nil)
        #expect(fault([leaf], anchors: [anchor([2])]) == nil)
        #expect(fault([leaf], anchors: [Crafted.root]) == nil)
        // The one that is hinted at is tried first: one check is enough.
        #expect(fault([leaf], anchors: [anchor([2]), anchor([1])], bounded(checks: 1)) == nil)
        // Of a stranger that the hint contradicts nothing is said but that it is not the issuer.
        let stranger = Crafted.authority("Root", issuer: "Root", key: .other) {
            $0.extensions!.append(Extension.subjectKeyIdentifier([2]))
        }
        #expect(
            fault([leaf], anchors: [stranger.signed(by: .other)]) == X509Error(.unknownIssuer, certificate: 0))
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

    /// An intermediate that stood on a path that failed may stand on another.
    @Test func aWayRoundThatIsTooLongIsLeftForAShorterOne() {
        let anchor = Crafted.authority("Root", issuer: "Root", key: .root, pathLength: 2).signed(by: .root)
        let shared = Crafted.authority("B", issuer: "Root", key: .intermediate).signed(by: .root)
        let short = Crafted.authority("A1", issuer: "B", key: .intermediate).signed(by: .intermediate)
        let long = Crafted.authority("A1", issuer: "D", key: .intermediate).signed(by: .intermediate)
        let detour = Crafted.authority("D", issuer: "B", key: .intermediate).signed(by: .intermediate)
        let leaf = chain(intermediates: 1)[0]
        #expect(fault([leaf, long, detour, shared, short], anchors: [anchor]) == nil)
        #expect(fault([leaf, long, detour, shared], anchors: [anchor])?.reason == .pathLengthExceeded)
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
