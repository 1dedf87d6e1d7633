// swiftlet verify --crl and inspect, over revocation lists that openssl has made, with openssl's verdict beside ours.
import Foundation
import TestSupport
import Testing

@Suite struct VerifyRevocationTests {
    let factory: CertificateFactory
    let root: TestCertificate
    let authority: TestCertificate
    let leaf: TestCertificate
    /// The root's list, on which nothing is, and the authority's, with and without the leaf.
    let rootList: [UInt8]
    let cleanList: [UInt8]
    let revokingList: [UInt8]

    init() throws {
        factory = try CertificateFactory()
        root = try factory.authority("root")
        authority = try factory.authority("authority", issuer: root)
        leaf = try factory.leaf("leaf", issuer: authority, names: ["DNS:a.example"])
        rootList = try makeRevocationList(factory, issuer: root, revoked: nil)
        cleanList = try makeRevocationList(factory, issuer: authority, revoked: nil)
        revokingList = try makeRevocationList(factory, issuer: authority, revoked: leaf)
    }

    private func pem(_ list: [UInt8]) throws -> [UInt8] {
        try runProgram(["openssl", "crl", "-inform", "DER"], input: list).standardOutput
    }

    private func verify(_ lists: [[UInt8]], time: String? = nil) throws -> ProgramResult {
        var arguments = [programPath, "verify", "--anchor", root.certificatePath]
        arguments += ["--intermediate", authority.certificatePath]
        for (index, list) in lists.enumerated() {
            arguments += ["--crl", try factory.directory.write("list\(index)", list)]
        }
        return try runProgram(
            arguments + (time.map { ["--time", $0] } ?? []) + [leaf.certificatePath], mustSucceed: false)
    }

    /// Whether openssl accepts the leaf with these lists.
    private func opensslAccepts(_ lists: [[UInt8]], time: Int? = nil) throws -> Bool {
        let file = try factory.directory.write("lists.pem", try lists.flatMap(pem))
        let arguments = [
            "openssl", "verify", "-crl_check_all", "-CAfile", root.certificatePath, "-untrusted",
            authority.certificatePath, "-CRLfile", file,
        ]
        let attime = time.map { ["-attime", "\($0)"] } ?? []
        return try runProgram(arguments + attime + [leaf.certificatePath], mustSucceed: false).status == 0
    }

    @Test func aCertificateThatNoListNamesIsValid() throws {
        #expect(try verify([rootList, cleanList]).status == 0)
        #expect(try verify([try pem(cleanList), rootList]).status == 0)
        // One file may hold many.
        #expect(try verify([try pem(rootList) + pem(cleanList)]).status == 0)
        #expect(try opensslAccepts([rootList, cleanList]))
    }

    @Test func aRevokedCertificateIsNot() throws {
        expectFailure(try verify([rootList, revokingList]), 3, "CN=leaf", "revoked", "new key")
        #expect(try !opensslAccepts([rootList, revokingList]))
        // Also where there is an older list that does not name it.
        #expect(try verify([rootList, cleanList, revokingList]).status == 3)
        #expect(try verify([rootList, revokingList, cleanList]).status == 3)
    }

    /// CRLs: missing or stale is a hard failure (threats).
    @Test func aListThatIsMissingOrStaleIsAFailure() throws {
        expectFailure(try verify([cleanList]), 3, "CN=authority", "no revocation list", "--crl")
        expectFailure(try verify([rootList]), 3, "CN=leaf", "no revocation list")
        #expect(try !opensslAccepts([cleanList]))
        // Certificates last 30 days, lists 20.
        let later = Date(timeIntervalSinceNow: 25 * 86_400)
        let result = try verify([rootList, cleanList], time: later.formatted(.iso8601))
        expectFailure(result, 3, "out of date", "current list")
        #expect(try !opensslAccepts([rootList, cleanList], time: Int(later.timeIntervalSince1970)))
    }

    @Test func aListOfSomebodyElseCountsForNothing() throws {
        let impostors = try CertificateFactory()
        let impostor = try impostors.authority("authority", issuer: try impostors.authority("root"))
        let forged = try makeRevocationList(impostors, issuer: impostor, revoked: nil)
        expectFailure(try verify([rootList, forged]), 3, "signature")
        #expect(try !opensslAccepts([rootList, forged]))
        var damaged = cleanList
        damaged[damaged.count - 1] ^= 1
        expectFailure(try verify([rootList, damaged]), 3)
    }

    @Test func theReasonIsInTheObject() throws {
        let list = try factory.directory.write("list.pem", try pem(rootList) + pem(revokingList))
        let result = try swiftlet(
            "verify", "--anchor", root.certificatePath, "--intermediate", authority.certificatePath, "--crl", list,
            "--json", leaf.certificatePath)
        #expect(result.status == 3)
        let object = try object(result.standardOutput)
        #expect(object["valid"] as? Bool == false)
        #expect((object["error"] as? [String: Any])?["detail"] as? String == "revoked")
    }

    @Test func wrongFiles() throws {
        func verify(_ file: String) throws -> ProgramResult {
            try swiftlet("verify", "--anchor", root.certificatePath, "--crl", file, leaf.certificatePath)
        }
        expectFailure(try verify("/nonexistent"), 1, "revocation list", "No such file")
        expectFailure(try verify(leaf.certificatePath), 1, "BEGIN X509 CRL")
        expectFailure(try verify(try factory.directory.write("empty", [])), 1, "BEGIN X509 CRL")
    }

    @Test func certificatesMayBeInDERToo() throws {
        let anchor = try factory.directory.write("root.der", root.der)
        let chain = try factory.directory.write("authority.der", authority.der)
        let file = try factory.directory.write("leaf.der", leaf.der)
        #expect(try swiftlet("verify", "--anchor", anchor, "--intermediate", chain, file).status == 0)
    }

    // MARK: inspect

    @Test func inspectShowsARevocationList() throws {
        let path = try factory.directory.write("list.pem", try pem(revokingList))
        let result = try swiftlet("inspect", "--json", path)
        #expect(result.status == 0)
        let list = try #require((try object(result.standardOutput)["objects"] as? [[String: Any]])?.first)
        #expect(list["type"] as? String == "revocation list")
        #expect(list["issuer"] as? String == "CN=authority")
        #expect(list["number"] as? String == "01")
        #expect(list["revoked_count"] as? Int == 1)
        let serial = try runProgram(["openssl", "x509", "-in", leaf.certificatePath, "-noout", "-serial"]).output
            .dropFirst("serial=".count).dropLast().lowercased()
        let revoked = try #require((list["revoked"] as? [String])?.first)
        #expect(revoked.contains(serial) && revoked.hasSuffix("(keyCompromise)"), "\(revoked) \(serial)")
        #expect(list["extensions"] as? [String] == ["authorityKeyIdentifier", "cRLNumber"])
        let text = try swiftlet("inspect", try factory.directory.write("list.der", cleanList)).output
        #expect(text.contains("list.der: revocation list\n") && text.contains("revoked count: 0\n"))
    }

    @Test func inspectNamesTheExtensions() throws {
        let certificate = try factory.make(
            "constrained",
            extensions: [
                "basicConstraints=critical,CA:TRUE",
                "nameConstraints=critical,permitted;DNS:a.example,permitted;IP:192.0.2.0/255.255.255.0,"
                    + "excluded;email:b.example",
                "crlDistributionPoints=URI:http://a.example/list.crl", "certificatePolicies=1.2.3.4,2.5.29.32.0",
            ])
        let result = try swiftlet("inspect", "--json", certificate.certificatePath)
        let object = try #require((try object(result.standardOutput)["objects"] as? [[String: Any]])?.first)
        #expect(object["permitted_names"] as? [String] == ["DNS:a.example", "IP:192.0.2.0/255.255.255.0"])
        #expect(object["excluded_names"] as? [String] == ["email:b.example"])
        #expect(object["revocation_lists"] as? [String] == ["URI:http://a.example/list.crl"])
        #expect(object["policies"] as? [String] == ["1.2.3.4", "anyPolicy"])
        let names = try #require(object["extensions"] as? [String])
        for name in ["basicConstraints (critical)", "nameConstraints (critical)", "cRLDistributionPoints"] {
            #expect(names.contains(name), "\(names)")
        }
    }
}
