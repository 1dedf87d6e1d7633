// swiftlet lint: each check finds its own mistake and nothing else, and nothing is found where nothing is wrong.
import Foundation
import TestSupport
import Testing

@Suite struct LintTests {
    private func lint(_ arguments: [String]) throws -> (result: ProgramResult, objects: [[String: Any]]) {
        let result = try runProgram([programPath, "lint", "--json"] + arguments, mustSucceed: false)
        return (result, try #require(try object(result.standardOutput)["objects"] as? [[String: Any]]))
    }

    /// The findings of all objects.
    private func findings(_ objects: [[String: Any]]) throws -> [(check: String, severity: String)] {
        try objects.flatMap { object in
            try #require(object["findings"] as? [[String: String]]).map { ($0["check"] ?? "", $0["severity"] ?? "") }
        }
    }

    private func listedChecks() throws -> [String: String] {
        let list = try swiftlet("lint", "--list", "--json")
        #expect(list.status == 0)
        let checks = try #require(try object(list.standardOutput)["checks"] as? [[String: String]])
        for check in checks { #expect(Set(check.keys) == ["check", "severity", "source", "summary"]) }
        return Dictionary(uniqueKeysWithValues: checks.map { ($0["check"] ?? "", $0["severity"] ?? "") })
    }

    @Test func everyCheckFindsItsMistakeAndNoOther() throws {
        let maker = try LintCaseMaker()
        let listed = try listedChecks()
        let cases = try maker.all()
        #expect(Set(cases.map(\.check)) == Set(listed.keys))
        for one in cases {
            let path = try maker.factory.directory.write("case", one.file)
            let (result, objects) = try lint((one.time.map { ["--time", $0] } ?? []) + [path])
            let found = try findings(objects)
            #expect(found.map(\.check) == [one.check], "\(one.check): \(result.output)")
            #expect(found.map(\.severity) == [listed[one.check]], "\(one.check)")
            #expect(result.status == (listed[one.check] == "error" ? 3 : 0), "\(one.check)")
        }
    }

    @Test func whatIsGoodHasNoFindings() throws {
        let maker = try LintCaseMaker()
        let directory = maker.factory.directory
        let chain = try directory.write(
            "chain.pem", try readFile(maker.leaf.certificatePath) + readFile(maker.authority.certificatePath))
        let list = try directory.write("list.crl", maker.list)
        let request = try directory.write("request.der", maker.request)
        let (result, objects) = try lint([chain, maker.root.certificatePath, list, request])
        #expect(result.status == 0)
        #expect(try findings(objects).isEmpty, "\(result.output)")
        #expect(
            objects.map { $0["type"] as? String } == [
                "certificate", "certificate", "certificate", "revocation list", "certificate request",
            ])
        #expect(objects.map { $0["subject"] as? String }.contains("CN=leaf"))
    }

    /// A device's certificate may be without end (RFC 5280 §4.1.2.5).
    @Test func aValidityWithoutEndIsNoMistake() throws {
        let maker = try LintCaseMaker()
        var tree = DERTree(maker.leaf.der)
        tree.validity[1] = DERTree(0x18, Array("99991231235959Z".utf8))
        let path = try maker.factory.directory.write("device", tree.bytes)
        #expect(try swiftlet("lint", path).output == "\(path): certificate CN=leaf: no findings\n")
    }

    /// Whatever becomes of the bytes, lint says something and ends well.
    @Test func damageIsFoundAndNeverMore() throws {
        let maker = try LintCaseMaker()
        for der in [maker.leaf.der, maker.list, maker.request] {
            for index in stride(from: 0, to: der.count, by: 7) {
                for changed in [Array(der[..<index]), der[..<index] + [der[index] ^ 0x21] + der[(index + 1)...]] {
                    let path = try maker.factory.directory.write("damaged", changed)
                    let status = try swiftlet("lint", path).status
                    #expect([0, 1, 3].contains(status), "\(index)")
                }
            }
        }
    }

    /// What a file says is cut before it is shown (log and terminal injection, threats).
    @Test func anIdentifierWithoutEndIsCut() throws {
        let maker = try LintCaseMaker()
        var tree = DERTree(maker.leaf.der)
        let endless = [0x2A] + [UInt8](repeating: 3, count: 5000)
        tree.extensions.append(.sequence(.identifier(endless), .yes, .octets([5, 0])))
        let path = try maker.factory.directory.write("endless", tree.bytes)
        let result = try swiftlet("lint", path)
        #expect(result.status == 3)
        #expect(result.output.contains("unknown-critical-extension") && result.output.utf8.count < 1000)
        #expect(try swiftlet("inspect", path).output.utf8.count < 2000)
    }

    @Test func forPeopleAFindingIsALine() throws {
        let maker = try LintCaseMaker()
        var tree = DERTree(maker.leaf.der)
        tree.serial.content = [0]
        tree.removeExtension(37)
        let path = try maker.factory.directory.write("bad.der", tree.bytes)
        let result = try swiftlet("lint", path)
        #expect(result.status == 3)
        #expect(
            result.output == """
                \(path): certificate CN=leaf: error serial-not-positive: the serial number is zero (RFC 5280 §4.1.2.2)
                \(path): certificate CN=leaf: warning purpose-missing: there is no extKeyUsage: good for every purpose \
                (RFC 5280 §4.2.1.12)

                """)
        #expect(result.errors.hasPrefix("swiftlet: 1 errors and 1 warnings in 1 objects;"))
    }

    @Test func wrongArguments() throws {
        let files = try TemporaryDirectory()
        expectFailure(try swiftlet("lint"), 64, "<file>")
        expectFailure(try swiftlet("lint", "/nonexistent"), 1, "No such file")
        expectFailure(try swiftlet("lint", try files.write("junk", Array("hello".utf8))), 1, "revocation list")
        expectFailure(try swiftlet("lint", "--time", "now", "x"), 64, "2026-03-01T12:00:00Z")
    }

    /// What our own authority issues has nothing that lint finds.
    @Test(arguments: ["p256", "p384", "rsa2048"])
    func whatCaIssuesHasNoFindings(_ type: String) throws {
        let files = try TemporaryDirectory()
        let ca = files.file("ca")
        func run(_ arguments: String...) throws -> ProgramResult { try runProgram([programPath] + arguments) }
        _ = try run("ca", "init", "--dir", ca, "--name", "Test CA", "--key-type", type)
        _ = try run(
            "ca", "issue", "--ca", ca, "--name", "a.example", "192.0.2.1", "--key-type", type, "--out", files.file("a"))
        _ = try run("ca", "issue", "--ca", ca, "--name", "b.example", "--client", "--out", files.file("b"))
        // Too long for a common name: the subject is empty.
        let long = String(repeating: "a", count: 60) + ".device.example"
        _ = try run("ca", "issue", "--ca", ca, "--name", long, "--server", "--out", files.file("c"))
        try runProgram([
            "openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", files.file("d.key"), "-subj",
            "/CN=d.example", "-addext", "subjectAltName=DNS:d.example", "-out", files.file("d.csr"),
        ])
        let signed = try run("ca", "sign", "--ca", ca, files.file("d.csr"))
        let paths = ["ca/ca.pem", "a/cert.pem", "b/cert.pem", "c/cert.pem"].map(files.file)
        let (result, objects) = try lint(
            paths + [try files.write("d.pem", signed.standardOutput), files.file("d.csr")])
        #expect(objects.count == 6)
        #expect(try findings(objects).isEmpty, "\(result.output)")
    }
}
