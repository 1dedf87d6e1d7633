// Revocation lists (RFC 5280 §5, §6.3): which are used, which are not, and what follows.
import TestSupport
import Testing

@testable import X509

private let leaf = Crafted.leaf().signed(by: .root)

private func verdict(_ lists: [UInt8]..., softFail: Bool = false) -> X509Error.Reason? {
    fault([leaf], lists: lists, softFail: softFail)?.reason
}

private func list(revoking serials: [UInt8] = [], _ change: (inout CraftedList) -> Void = { _ in }) -> [UInt8] {
    CraftedList.of(revoking: serials, change).signed()
}

@Suite struct RevocationTests {
    @Test func aCurrentListThatDoesNotNameTheCertificateIsEnough() {
        #expect(verdict(list()) == nil)
        #expect(verdict(list(revoking: [2, 3])) == nil)
        #expect(verdict(list { $0.entries = [] }) == nil)
        // Of version 1, as `openssl ca -gencrl` writes it without a section of extensions.
        #expect(
            verdict(
                list {
                    $0.version = []
                    $0.extensions = nil
                }) == nil)
        #expect(verdict(CraftedList.of("Somebody").signed(by: .other), list()) == nil)
    }

    @Test(arguments: [UInt8](0...10))
    func everyReasonRevokes(_ code: UInt8) {
        let isKnown = code != 7
        let revoked = list { $0.entries = [CraftedList.entry(1, extensions: [CraftedList.reason(code)])] }
        #expect(verdict(revoked) == (isKnown ? .revoked : .malformedRevocationList))
        do throws(X509Error) {
            let entry = try RevocationList(revoked.span).entry(serialNumber: [1].span)
            let reason = entry?.reason.rawValue
            #expect(reason == code)
        } catch {
            #expect(!isKnown)
        }
    }

    /// threats.md: missing or stale is a hard failure unless `unsafe-crl-soft-fail`.
    @Test func missingAndStaleListsAreHardFailures() {
        let stale = list { $0.nextUpdate = utcTime("291202000000Z") }
        let withoutEnd = list { $0.nextUpdate = [] }
        let early = list { $0.thisUpdate = utcTime("300102000000Z") }
        #expect(verdict() == .revocationListMissing)
        #expect(verdict(CraftedList.of("Somebody").signed()) == .revocationListMissing)
        #expect(verdict(stale) == .revocationListExpired)
        #expect(verdict(withoutEnd) == .revocationListWithoutNextUpdate)
        #expect(verdict(early) == .revocationListNotYetValid)
        for lists in [[], [stale], [withoutEnd], [early]] {
            #expect(fault([leaf], lists: lists, softFail: true) == nil)
        }
        // What is known to be revoked stays so.
        #expect(verdict(list(revoking: [1]), softFail: true) == .revoked)
        #expect(verdict(list(revoking: [1]) { $0.nextUpdate = utcTime("291202000000Z") }, softFail: true) == .revoked)
        // One that is current makes up for one that is not.
        #expect(verdict(stale, list()) == nil)
    }

    @Test func theLastSecondCounts() {
        func at(_ time: Int64) -> X509Error.Reason? {
            fault([leaf], lists: [list()], requirements(time: .known(time)))?.reason
        }
        // 2029-12-01T00:00:00Z to 2030-02-01T00:00:00Z
        #expect(at(1_890_777_600) == nil)
        #expect(at(1_890_777_599) == .revocationListNotYetValid)
        #expect(at(1_896_134_400) == nil)
        #expect(at(1_896_134_401) == .revocationListExpired)
    }

    @Test func withoutAClockTheFloorIsCompared() {
        func at(_ floor: Int64) -> X509Error.Reason? {
            fault([leaf], lists: [list()], requirements(time: .unknown, policy: .floor(floor)))?.reason
        }
        #expect(at(1_890_000_000) == nil)
        #expect(at(1_896_134_401) == .revocationListExpired)
    }

    @Test func everyCertificateBelowTheAnchorIsChecked() {
        let certificates = chain(intermediates: 2)
        func authorityList(_ name: String, _ serials: [UInt8] = []) -> [UInt8] {
            CraftedList.of(name, revoking: serials).signed(by: name == "Root" ? .root : .intermediate)
        }
        let authorities =
            [certificates[0]]
            + [("A2", "A1"), ("A1", "Root")].map { subject, issuer in
                Crafted.authority(subject, issuer: issuer, key: .intermediate) {
                    $0.serial = integer(9)
                    $0.extensions = [Extension.basicConstraints(ca: true), Extension.cRLSign]
                }.signed(by: issuer == "Root" ? .root : .intermediate)
            }
        let all = ["Root", "A1", "A2"]
        #expect(fault(authorities, lists: all.map { authorityList($0) }) == nil)
        for missing in all {
            let rest = all.filter { $0 != missing }.map { authorityList($0) }
            #expect(fault(authorities, lists: rest)?.reason == .revocationListMissing)
            let serial: UInt8 = missing == "A2" ? 1 : 9
            #expect(
                fault(authorities, lists: rest + [authorityList(missing, [serial])])
                    == X509Error(.revoked, certificate: 2 - all.firstIndex(of: missing)!))
        }
        // Intermediates that may not sign lists.
        #expect(fault(certificates, lists: all.map { authorityList($0) })?.reason == .missingCRLSign)
    }

    @Test func listsForAPartCoverThatPart() {
        func part(_ fields: [UInt8]...) -> [UInt8] {
            list { $0.extensions = [CraftedList.part(fields.flatMap { $0 })] }
        }
        #expect(verdict(part(CraftedList.flag(1))) == nil)
        #expect(verdict(part(CraftedList.flag(2))) == .partialRevocationList)
        #expect(verdict(part(CraftedList.flag(5))) == .partialRevocationList)
        #expect(verdict(part(CraftedList.flag(4))) == .indirectRevocationList)
        // keyCompromise to affiliationChanged, and the rest.
        let some = CraftedList.reasons(0x83, 0x70, unused: 4)
        let rest = CraftedList.reasons(0x83, 0x0F, 0x80, unused: 7)
        #expect(verdict(part(some)) == .revocationListMissing)
        #expect(verdict(part(some), part(rest)) == nil)
        #expect(verdict(part(CraftedList.flag(2)), part(CraftedList.flag(1))) == nil)
    }

    @Test func distributionPointsAreCompared() {
        let place = CraftedList.place("http://crl.example/1")
        let partial = list { $0.extensions = [CraftedList.part(place)] }
        func published(_ points: [UInt8]) -> X509Error.Reason? {
            let leaf = Crafted.leaf { $0.extensions!.append(Extension.distributionPoints(points)) }.signed(by: .root)
            return fault([leaf], lists: [partial])?.reason
        }
        #expect(published(place) == nil)
        #expect(published(CraftedList.place("http://crl.example/2")) == .partialRevocationList)
        #expect(verdict(partial) == .partialRevocationList)
        // A point of another issuer's is an indirect list.
        #expect(published(place + element(0xA2, element(0xA4, name("Somebody")))) == .partialRevocationList)
        #expect(published(place + CraftedList.reasons(0x81, 0x40, unused: 6)) == .revocationListMissing)
    }

    @Test func deltaAndIndirectListsProveNothing() {
        let delta = list { $0.extensions = [CraftedList.number, CraftedList.delta] }
        #expect(verdict(delta) == .deltaRevocationList)
        #expect(verdict(delta, list()) == nil)
        #expect(verdict(list(), list(revoking: [1]) { $0.extensions = [CraftedList.delta] }) == .revoked)
        let foreign = list {
            $0.entries = [CraftedList.entry(5, extensions: [CraftedList.certificateIssuer])]
        }
        #expect(verdict(foreign) == .indirectRevocationList)
    }

    @Test func criticalExtensionsThatAreNotUnderstoodAreRefused() {
        let unknown = certificateExtension("1.2.3.4", critical: true, null)
        let harmless = certificateExtension("1.2.3.4", null)
        #expect(verdict(list { $0.extensions!.append(unknown) }) == .unknownCriticalListExtension)
        #expect(verdict(list { $0.extensions!.append(harmless) }) == nil)
        // In an entry about somebody else as well (RFC 5280 §5.3).
        #expect(
            verdict(list { $0.entries = [CraftedList.entry(5, extensions: [unknown])] })
                == .unknownCriticalListExtension)
        #expect(verdict(list { $0.entries = [CraftedList.entry(5, extensions: [harmless])] }) == nil)
    }

    @Test func onlyTheIssuersOwnSignatureCounts() {
        #expect(verdict(CraftedList.of().signed(by: .other)) == .badRevocationListSignature)
        #expect(verdict(list { $0.algorithm = Algorithm.ecdsaSHA1 }) == .weakRevocationListSignature)
        #expect(verdict(list { $0.algorithm = sequence(oid("1.3.101.112")) }) == .unsupportedRevocationListSignature)
        // Not by the revoked certificate itself, though it has the issuer's name.
        let selfIssued = Crafted.authority("Root", issuer: "Root", key: .other) {
            $0.serial = integer(7)
            $0.extensions = [Extension.basicConstraints(ca: true), Extension.keyUsage(0x86)]
        }.signed(by: .root)
        let own = CraftedList.of().signed(by: .other)
        #expect(fault([selfIssued], lists: [own])?.reason == .badRevocationListSignature)
        #expect(fault([selfIssued], lists: [own, list(revoking: [7])])?.reason == .revoked)
    }

    /// RFC 5280 §5: an authority may sign its lists with another key, which it has certified for that.
    @Test func aDelegateMustBeCertifiedAndNotRevoked() {
        func delegate(_ usage: [UInt8]?, signedBy signer: Signer = .root) -> [UInt8] {
            Crafted.authority("Root", issuer: "Root", key: .other) {
                $0.serial = integer(8)
                $0.extensions = usage.map { [$0] } ?? []
            }.signed(by: signer)
        }
        let own = CraftedList.of().signed(by: .other)
        let signer = delegate(Extension.keyUsage(0x02))
        // Nothing says whether the delegate is revoked.
        #expect(fault([leaf, signer], lists: [own])?.reason == .badRevocationListSignature)
        let other = list { $0.extensions = [CraftedList.part(CraftedList.place("http://elsewhere.example"))] }
        #expect(fault([leaf, signer], lists: [own, other])?.reason == .badRevocationListSignature)
        // With a list by the authority's main key that covers it, both lists are good.
        #expect(fault([leaf, signer], lists: [own, list()]) == nil)
        // Under a delegate that is revoked the list says nothing, and here the other one covers no leaf.
        let forAuthorities = list(revoking: [8])
        #expect(
            fault([leaf, signer], lists: [CraftedList.of(revoking: [1]).signed(by: .other), forAuthorities]) == nil)
        #expect(
            fault([leaf, signer], lists: [CraftedList.of(revoking: [1]).signed(by: .other), list()])?.reason == .revoked
        )
        for stranger in [
            delegate(nil), delegate(Extension.digitalSignature), delegate(Extension.keyUsage(0x02), signedBy: .other),
        ] {
            #expect(fault([leaf, stranger], lists: [CraftedList.of(revoking: [1]).signed(by: .other), list()]) == nil)
        }
    }

    /// A way on which an intermediate is revoked does not close the others; a leaf that is revoked is so on all.
    @Test func theSearchGoesOnWhereAnIntermediateIsRevoked() {
        func cross(_ serial: UInt8) -> [UInt8] {
            Crafted.authority("A", issuer: "Root", key: .intermediate) {
                $0.serial = integer(serial)
                $0.extensions = [Extension.basicConstraints(ca: true), Extension.cRLSign]
            }.signed(by: .root)
        }
        let leaf = Crafted.leaf { $0.issuer = name("A") }.signed(by: .intermediate)
        let lists = [CraftedList.of(revoking: [5]).signed(), CraftedList.of("A").signed(by: .intermediate)]
        #expect(fault([leaf, cross(5), cross(6)], lists: lists) == nil)
        #expect(fault([leaf, cross(5)], lists: lists) == X509Error(.revoked, certificate: 1))
        let revoked = [CraftedList.of().signed(), CraftedList.of("A", revoking: [1]).signed(by: .intermediate)]
        #expect(fault([leaf, cross(5), cross(6)], lists: revoked) == X509Error(.revoked, certificate: 0))
    }

    @Test func signatureChecksOnListsAreBounded() {
        let strangers = [[UInt8]](repeating: CraftedList.of().signed(by: .other), count: 30)
        #expect(fault([leaf], lists: strangers + [list()])?.reason == .tooManySignatureChecks)
        #expect(fault([leaf], lists: Array(strangers.prefix(20)) + [list()]) == nil)
    }

    /// What a list tells of itself when it is loaded.
    @Test func listsThatAreOfNoUseAreRefusedWhenTheyAreLoaded() {
        func fault(_ change: (inout CraftedList) -> Void) -> X509Error.Reason? {
            let der = list(change)
            do throws(X509Error) {
                try RevocationList(der.span).checkUsable()
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(fault { _ in } == nil)
        #expect(fault { $0.extensions = [CraftedList.delta] } == .deltaRevocationList)
        #expect(fault { $0.extensions = [CraftedList.part(CraftedList.flag(4))] } == .indirectRevocationList)
        #expect(fault { $0.nextUpdate = [] } == .revocationListWithoutNextUpdate)
        #expect(fault { $0.entries = [null] } == .unexpectedElement)
        #expect(fault { $0.version = integer(0) } == .unsupportedVersion)
        #expect(fault { $0.version = [] } == .unsupportedVersion)
        #expect(fault { $0.algorithm = Algorithm.ecdsaSHA1 } == .weakSignatureAlgorithm)
        #expect(fault { $0.outerAlgorithm = Algorithm.ecdsaSHA384 } == .algorithmMismatch)
        #expect(fault { $0.extensions = [] } == .badExtension)
        #expect(fault { $0.extensions = [CraftedList.number, CraftedList.number] } == .duplicateExtension)
        #expect(fault { $0.trailer = null } == .trailingData)
    }
}

@Suite struct RevocationListMutationTests {
    private let lists = [
        CraftedList.of(revoking: [2, 3]) {
            $0.entries!.append(CraftedList.entry(4, extensions: [CraftedList.reason(1)]))
            $0.extensions!.append(
                CraftedList.part(
                    CraftedList.place("http://crl.example/1"), CraftedList.reasons(0x83, 0x7F, 0x80, unused: 7)))
        }.signed()
    ]
    private let leaf = Crafted.leaf {
        $0.extensions!.append(Extension.distributionPoints(CraftedList.place("http://crl.example/1")))
    }.signed(by: .root)

    /// Whatever is cut off, nothing traps and nothing is accepted.
    @Test func everyTruncationIsRefused() {
        #expect(fault([leaf], lists: lists) == nil)
        for count in 1..<lists[0].count {
            let cut = Array(lists[0].prefix(count))
            #expect(fault([leaf], lists: [cut])?.reason == .malformedRevocationList)
        }
    }

    /// Whatever is changed, nothing traps, and no list is good that was not signed.
    @Test func everyChangedByteIsRefused() {
        for index in lists[0].indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var changed = lists[0]
                changed[index] ^= change
                #expect(fault([leaf], lists: [changed]) != nil, "\(index) \(change)")
                do throws(X509Error) { try RevocationList(changed.span).checkUsable() } catch {}
            }
        }
    }
}
