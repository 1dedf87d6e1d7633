// Each reason has something that produces it.
import TLSCrypto
import TestSupport
import Testing

@testable import X509

@Suite struct EveryReasonTests {
    /// A chain of leaf and intermediate under the root, each changed as a test wants it.
    private static func chain(
        leaf changeLeaf: (inout Crafted) -> Void = { _ in }, authority change: (inout Crafted) -> Void = { _ in }
    ) -> [[UInt8]] {
        let leaf = Crafted.leaf {
            $0.issuer = name("Intermediate")
            changeLeaf(&$0)
        }
        let authority = Crafted.authority("Intermediate", issuer: "Root", key: .intermediate, change)
        return [leaf.signed(by: .intermediate), authority.signed(by: .root)]
    }

    private static func leaf(_ change: (inout Crafted) -> Void) -> X509Error? {
        fault([Crafted.leaf(change).signed(by: .root)])
    }

    private static func authority(_ change: (inout Crafted) -> Void) -> X509Error? { fault(chain(authority: change)) }

    private static func constraints(_ extensions: [UInt8]...) -> [[UInt8]] {
        [Extension.basicConstraints(ca: true)] + extensions
    }

    /// What produces `reason`.
    private func produce(_ reason: X509Error.Reason) -> X509Error? {
        switch reason {
        case .malformedDER, .unexpectedElement, .trailingData, .unsupportedVersion, .badSerialNumber,
            .algorithmMismatch, .badTime, .badName, .tooManyNames, .duplicateExtension, .tooManyExtensions,
            .badExtension, .unsupportedPublicKey, .badPublicKeySize, .badPublicKey:
            Self.leaf { encodingFault(reason, in: &$0) }
        case .unsupportedSignatureAlgorithm: Self.leaf { $0.algorithm = sequence(oid("1.3.101.112")) }
        case .weakSignatureAlgorithm: Self.leaf { $0.algorithm = Algorithm.ecdsaSHA1 }
        case .badSignature: fault([Crafted.leaf().signed(by: .other)])
        case .cryptoFailure: X509Error(verification: .outOfMemory)
        case .expired: fault(Self.chain(), requirements(time: .known(2_208_988_801)))
        case .notYetValid: fault(Self.chain(), requirements(time: .known(1_577_836_799)))
        case .timeUnknown: fault(Self.chain(), requirements(time: .unknown))
        case .notCertificateAuthority:
            Self.authority { $0.extensions = [Extension.basicConstraints(ca: false), Extension.keyCertSign] }
        case .missingKeyCertSign: Self.authority { $0.extensions = Self.constraints(Extension.digitalSignature) }
        case .missingDigitalSignature: Self.leaf { $0.extensions = [Extension.keyUsage(0x20)] }
        case .missingKeyEncipherment: withoutKeyEncipherment()
        case .wrongPurpose: Self.leaf { $0.extensions = [Extension.clientAuth] }
        case .unknownCriticalExtension:
            Self.leaf { $0.extensions!.append(certificateExtension("1.2.3.4", critical: true, null)) }
        default: produceConstraintFault(reason) ?? produceListFault(reason) ?? producePathFault(reason)
        }
    }

    private func withoutKeyEncipherment() -> X509Error? {
        var transport = requirements()
        transport.keyUse = .keyTransport
        let leaf = Crafted.leaf { $0.extensions = [Extension.digitalSignature] }
        return fault([leaf.signed(by: .root)], transport)
    }

    private func produceConstraintFault(_ reason: X509Error.Reason) -> X509Error? {
        switch reason {
        case .unsupportedNameConstraints:
            Self.authority {
                $0.extensions!.append(Extension.nameConstraints(permitted: [Extension.dns("a") + element(0x81, [1])]))
            }
        case .nameNotPermitted:
            Self.authority {
                $0.extensions!.append(Extension.nameConstraints(permitted: [Extension.dns("other.example")]))
            }
        case .nameExcluded:
            Self.authority { $0.extensions!.append(Extension.nameConstraints(excluded: [Extension.dns("example")])) }
        case .tooManyNameComparisons: tooManyComparisons()
        case .policyRequired: Self.authority { $0.extensions!.append(Extension.policyConstraints(explicit: 0)) }
        case .tooManyPolicies:
            Self.leaf {
                let policies = (0...X509Limits.policies).flatMap { sequence(oid("1.2.3.\($0)")) }
                $0.extensions!.append(certificateExtension("2.5.29.32", element(0x30, policies)))
            }
        default: nil
        }
    }

    /// As many names as there may be, against as many constraints.
    private func tooManyComparisons() -> X509Error? {
        let names = (0..<X509Limits.alternativeNames).map { Extension.dns("n\($0).example") }
        let constraints = (0..<X509Limits.nameConstraints).map { Extension.dns("c\($0).example") }
        return fault(
            Self.chain(
                leaf: { $0.extensions = [certificateExtension("2.5.29.17", element(0x30, names.flatMap { $0 }))] },
                authority: { $0.extensions!.append(Extension.nameConstraints(excluded: constraints)) }))
    }

    private func produceListFault(_ reason: X509Error.Reason) -> X509Error? {
        func verdict(_ lists: [UInt8]...) -> X509Error? { fault([Crafted.leaf().signed(by: .root)], lists: lists) }
        func changed(_ change: (inout CraftedList) -> Void) -> X509Error? {
            verdict(CraftedList.of("Root", change).signed())
        }
        return switch reason {
        case .revoked: verdict(CraftedList.of(revoking: [1]).signed())
        case .revocationListMissing: verdict()
        case .revocationListExpired: changed { $0.nextUpdate = utcTime("291202000000Z") }
        case .revocationListNotYetValid: changed { $0.thisUpdate = utcTime("300102000000Z") }
        case .revocationListWithoutNextUpdate: changed { $0.nextUpdate = [] }
        case .indirectRevocationList: changed { $0.extensions = [CraftedList.part(CraftedList.flag(4))] }
        case .deltaRevocationList: changed { $0.extensions = [CraftedList.delta] }
        case .partialRevocationList: changed { $0.extensions = [CraftedList.part(CraftedList.flag(2))] }
        case .malformedRevocationList: verdict(sequence())
        case .unknownCriticalListExtension:
            changed { $0.extensions = [certificateExtension("1.2.3.4", critical: true, null)] }
        case .badRevocationListSignature: verdict(CraftedList.of().signed(by: .other))
        case .weakRevocationListSignature: changed { $0.algorithm = Algorithm.ecdsaSHA1 }
        case .unsupportedRevocationListSignature: changed { $0.algorithm = sequence(oid("1.3.101.112")) }
        case .missingCRLSign:
            fault(
                [Crafted.leaf().signed(by: .root)],
                anchors: [Crafted.root(Extension.keyCertSign)], lists: [CraftedList.of().signed()])
        default: nil
        }
    }

    private func producePathFault(_ reason: X509Error.Reason) -> X509Error? {
        switch reason {
        case .noCertificate: fault([])
        case .noAnchors: fault(Self.chain(), anchors: [])
        case .malformedSequence: fault([[]])
        case .tooManyCertificates: fault([[UInt8]](repeating: Crafted.root, count: X509Limits.chainCertificates + 1))
        case .unknownIssuer: fault([Self.chain()[0]])
        case .pathTooLong:
            fault(
                Self.chain(),
                { (r) in
                    var r = r
                    r.maximumDepth = 0
                    return r
                }(requirements()))
        case .tooManySignatureChecks:
            fault(
                Self.chain(),
                { (r) in
                    var r = r
                    r.maximumSignatureChecks = 1
                    return r
                }(requirements()))
        case .pathLengthExceeded:
            fault(
                Self.chain(),
                anchors: [Crafted.authority("Root", issuer: "Root", key: .root, pathLength: 0).signed(by: .root)])
        case .nameMismatch: fault(Self.chain(), requirements(name: "other.example"))
        case .noComparableName:
            fault(
                [Crafted.leaf { $0.extensions = [Extension.serverAuth] }.signed(by: .root)],
                requirements(name: "device.example"))
        case .badReferenceIdentity:
            fault(
                Self.chain(),
                PathRequirements(
                    purpose: .server, identities: ReferenceIdentities(), time: .known(year2030),
                    unknownTimePolicy: .require))
        case .differentLeaf: differentLeaf()
        default: nil
        }
    }

    private func differentLeaf() -> X509Error? {
        let root = joined([Crafted.root])
        guard case .success(let path) = verify(Self.chain()) else { return nil }
        do throws(X509Error) {
            _ = try path.leafPublicKey(in: CertificateSequence(root.span, .plain)).kind
            return nil
        } catch {
            return error
        }
    }

    private func encodingFault(_ reason: X509Error.Reason, in leaf: inout Crafted) {
        switch reason {
        case .malformedDER: leaf.serial = integer()
        case .unexpectedElement: leaf.serial = null
        case .trailingData: leaf.trailer = null
        case .unsupportedVersion: leaf.version = []
        case .badSerialNumber: leaf.serial = integer(0)
        case .algorithmMismatch: leaf.outerAlgorithm = Algorithm.ecdsaSHA384
        case .badTime: leaf.notAfter = utcTime("4001010000Z")
        case .badName: leaf.extensions = [Extension.names(Extension.ip(1, 2, 3, 4, 5))]
        case .tooManyNames:
            leaf.subject = element(0x30, (0...X509Limits.nameAttributes).flatMap { _ in name("a").dropFirst(2) })
        case .duplicateExtension: leaf.extensions!.append(Extension.serverAuth)
        case .tooManyExtensions:
            leaf.extensions = (0...X509Limits.extensions).map { certificateExtension("1.2.3.\($0)", null) }
        case .badExtension: leaf.extensions = [certificateExtension("2.5.29.37", sequence())]
        case .unsupportedPublicKey: leaf.publicKeyInfo = sequence(sequence(oid("1.3.101.112")), bits([1]))
        case .badPublicKeySize:
            let key = sequence(element(0x02, [0] + [UInt8](repeating: 0xFF, count: 128)), integer(3))
            leaf.publicKeyInfo = sequence(sequence(oid("1.2.840.113549.1.1.1"), null), bits(key))
        case .badPublicKey:
            leaf.publicKeyInfo = sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), bits([4, 1]))
        default: break
        }
    }

    @Test(arguments: X509Error.Reason.allCases)
    func isProduced(_ reason: X509Error.Reason) {
        #expect(produce(reason)?.reason == reason)
        #expect(reason.description.utf8CodeUnitCount > 10)
    }

    @Test func descriptionsAreAllDifferent() {
        let all = Set(X509Error.Reason.allCases.map { "\($0.description)" })
        #expect(all.count == X509Error.Reason.allCases.count)
    }

    @Test func anUnchangedChainIsAccepted() {
        #expect(fault(Self.chain(), requirements(name: "device.example")) == nil)
    }

    /// Each error says which certificate is at fault.
    @Test func theCertificateIsNamed() {
        #expect(fault(Self.chain(leaf: { $0.version = [] })) == X509Error(.unsupportedVersion, certificate: 0))
        #expect(
            fault(Self.chain(authority: { $0.notAfter = utcTime("210101000000Z") }))
                == X509Error(.expired, certificate: 1))
        #expect(fault(Self.chain(authority: { $0.version = [] })) == X509Error(.unsupportedVersion, certificate: 1))
        let anchor = Crafted.authority("Root", issuer: "Root", key: .root) { $0.notAfter = utcTime("210101000000Z") }
        let old = fault(
            Self.chain(),
            anchors: [Crafted.authority("X", issuer: "X", key: .other).signed(by: .other), anchor.signed(by: .root)])
        #expect(old?.reason == .expired)
        #expect(old?.anchor == 1)
        #expect(old?.certificate == -1)
    }
}
