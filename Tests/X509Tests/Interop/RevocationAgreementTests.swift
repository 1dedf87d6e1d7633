// Certificates and lists that openssl has made, judged by us, by `openssl verify -crl_check_all` and by certtool.
import TestSupport
import Testing

@testable import X509

@Suite struct RevocationAgreementTests {
    private let factory: CertificateFactory
    private let root: TestCertificate
    private let middle: TestCertificate
    private let leaf: TestCertificate

    init() throws {
        factory = try CertificateFactory()
        root = try factory.authority("Revoking root")
        middle = try factory.authority("Revoking middle", issuer: root)
        leaf = try factory.leaf("Revoked leaf", issuer: middle)
    }

    private func agree(_ lists: [String], at seconds: Int64 = 0, _ expected: X509Error?) throws {
        guard case .known(let known) = now else { return }
        let time = known + seconds
        let ders = try lists.map {
            try runProgram(["openssl", "crl", "-in", $0, "-outform", "DER"]).standardOutput
        }
        let verdict = fault(
            [leaf.der, middle.der], anchors: [root.der], lists: ders, requirements(time: .known(time)))
        #expect(verdict == expected)
        let files = lists.flatMap { ["-CRLfile", $0] }
        let theirs = try runProgram(
            [
                "openssl", "verify", "-x509_strict", "-crl_check_all", "-no-CApath", "-no-CAstore", "-attime",
                "\(time)",
                "-CAfile", root.certificatePath, "-untrusted", middle.certificatePath,
            ] + files + [leaf.certificatePath], mustSucceed: false)
        #expect((theirs.status == 0) == (expected == nil), "\(theirs.output)\(theirs.errors)")
    }

    @Test func weAgreeWithOpenSSL() throws {
        let lists = [
            try factory.revocationList("root", issuer: root), try factory.revocationList("middle", issuer: middle),
        ]
        let withMiddle = try factory.revocationList("root-middle", issuer: root, revoking: [middle])
        let withLeaf = try factory.revocationList("middle-leaf", issuer: middle, revoking: [leaf])
        let stranger = try factory.authority("Revoking middle 2")
        let foreign = try factory.revocationList("foreign", issuer: stranger, revoking: [leaf])
        try agree(lists, nil)
        try agree(lists + [foreign], nil)
        try agree([lists[0], withLeaf], X509Error(.revoked, certificate: 0))
        try agree([withMiddle, lists[1]], X509Error(.revoked, certificate: 1))
        try agree([lists[0]], X509Error(.revocationListMissing, certificate: 0))
        try agree([lists[1]], X509Error(.revocationListMissing, certificate: 1))
        // 25 days on the certificates are valid still, the lists are not.
        try agree(lists, at: 25 * 86_400, X509Error(.revocationListExpired, certificate: 0))
        try agree(lists, at: -3600, X509Error(.notYetValid, certificate: 0))
    }

    @Test func weAgreeWithCerttool() throws {
        let good = try factory.revocationList("good", issuer: middle)
        let bad = try factory.revocationList("bad", issuer: middle, revoking: [leaf])
        for (list, isGood) in [(good, true), (bad, false)] {
            let der = try runProgram(["openssl", "crl", "-in", list, "-outform", "DER"]).standardOutput
            // The middle as anchor: certtool looks at the leaf alone.
            let verdict = fault([leaf.der], anchors: [middle.der], lists: [der], requirements(time: now))
            #expect((verdict == nil) == isGood)
            let theirs = try runProgram(
                [
                    "certtool", "--verify", "--load-ca-certificate", middle.certificatePath, "--load-crl", list,
                    "--infile",
                    leaf.certificatePath,
                ], mustSucceed: false)
            #expect((theirs.status == 0) == isGood, "\(theirs.output)\(theirs.errors)")
        }
    }
}
