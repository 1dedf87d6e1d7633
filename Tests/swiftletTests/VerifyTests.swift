// swiftlet verify and inspect, over certificates made by openssl.
import Foundation
import TestSupport
import Testing

@Suite struct VerifyTests {
    let factory: CertificateFactory
    let root: TestCertificate
    let intermediate: TestCertificate
    let leaf: TestCertificate

    init() throws {
        factory = try CertificateFactory()
        root = try factory.authority("root")
        intermediate = try factory.authority("intermediate", issuer: root)
        leaf = try factory.leaf(
            "leaf", issuer: intermediate, names: ["DNS:a.example", "IP:192.0.2.1"], usages: "serverAuth")
    }

    private func verify(_ arguments: String...) throws -> ProgramResult {
        try runProgram([programPath, "verify"] + arguments, mustSucceed: false)
    }

    @Test func aGoodChainIsValid() throws {
        let result = try verify(
            "--anchor", root.certificatePath, "--intermediate", intermediate.certificatePath, "--name", "a.example",
            leaf.certificatePath)
        #expect(result.status == 0)
        #expect(result.output.contains("CN=leaf") && result.output.contains("CN=root"))
        #expect(result.errors.isEmpty)
        let bundle = try factory.directory.write(
            "bundle.pem", try readFile(leaf.certificatePath) + (try readFile(intermediate.certificatePath)))
        #expect(try verify("--anchor", root.certificatePath, "--ip", "192.0.2.1", bundle).status == 0)
        #expect(try verify("--anchor", leaf.certificatePath, leaf.certificatePath).status == 0)
        #expect(
            try verify("--anchor", intermediate.certificatePath, "--max-depth", "0", leaf.certificatePath).status == 0)
    }

    @Test func theObjectHasItsKeys() throws {
        let result = try verify(
            "--anchor", root.certificatePath, "--intermediate", intermediate.certificatePath, "--json",
            leaf.certificatePath)
        #expect(result.status == 0)
        let object = try object(result.standardOutput)
        #expect(Set(object.keys) == ["valid", "error", "chain"])
        #expect(object["valid"] as? Bool == true)
        #expect(object["error"] is NSNull)
        let chain = try #require(object["chain"] as? [[String: Any]])
        #expect(chain.map { $0["subject"] as? String } == ["CN=leaf", "CN=intermediate", "CN=root"])
    }

    @Test func whatIsNotValidIsExitThreeWithItsReason() throws {
        let anchor = ["--anchor", root.certificatePath, "--intermediate", intermediate.certificatePath]
        func fail(_ more: String...) throws -> ProgramResult {
            try runProgram([programPath, "verify"] + anchor + more + [leaf.certificatePath], mustSucceed: false)
        }
        expectFailure(try fail("--name", "b.example"), 3, "DNS:a.example")
        expectFailure(try fail("--ip", "192.0.2.2"), 3, "IP:192.0.2.1")
        expectFailure(try fail("--purpose", "client"), 3, "extended key usage")
        expectFailure(try fail("--time", "2001-01-01T00:00:00Z"), 3, "not yet valid")
        expectFailure(try fail("--time", "2901-01-01T00:00:00Z"), 3, "expired")
        expectFailure(try fail("--max-depth", "0"), 3, "CN=leaf", "depth")
        expectFailure(
            try verify("--anchor", root.certificatePath, leaf.certificatePath), 3, "CN=intermediate",
            "--anchor"
                .dropFirst(2).description)
    }

    @Test func aFailureAsAnObject() throws {
        let result = try verify("--anchor", root.certificatePath, "--json", leaf.certificatePath)
        #expect(result.status == 3)
        let object = try object(result.standardOutput)
        #expect(object["valid"] as? Bool == false)
        let error = try #require(object["error"] as? [String: Any])
        #expect(Set(error.keys) == ["kind", "message", "detail"])
        #expect(error["detail"] as? String == "unknownIssuer")
    }

    @Test func wrongArguments() throws {
        let (root, leaf) = (root.certificatePath, leaf.certificatePath)
        expectFailure(try verify(leaf), 64, "--anchor")
        expectFailure(try verify("--anchor", root), 64, "leaf.pem")
        expectFailure(try verify("--anchor", root, "--name", "192.0.2.1", leaf), 64, "DNS name")
        expectFailure(try verify("--anchor", root, "--ip", "a.example", leaf), 64, "IP address")
        expectFailure(try verify("--anchor", root, "--name", "a", "--ip", "::1", leaf), 64, "give one")
        expectFailure(try verify("--anchor", root, "--time", "yesterday", leaf), 64, "2026-03-01T12:00:00Z")
        expectFailure(try verify("--anchor", root, "--max-depth", "17", leaf), 64, "0 to 16")
        expectFailure(try verify("--anchor", root, "--crl", root, leaf), 1, "BEGIN X509 CRL")
        expectFailure(try verify("--anchor", "/nonexistent", leaf), 1, "No such file")
        expectFailure(try verify("--anchor", self.leaf.keyPath, leaf), 1, "BEGIN CERTIFICATE")
        let missing = try verify("--anchor", "/nonexistent", "--json", leaf)
        #expect(missing.status == 1)
        #expect(try object(missing.standardOutput)["error"] is [String: Any])
    }

    @Test func aDamagedLeafIsNotValid() throws {
        let text = String(decoding: try readFile(leaf.certificatePath), as: UTF8.self)
        var der = leaf.der
        der[4] = 0x31
        let base64 = try runProgram(["openssl", "base64"], input: der).output
        let body = "-----BEGIN CERTIFICATE-----\n\(base64)-----END CERTIFICATE-----\n"
        #expect(body.count == text.count)
        let path = try factory.directory.write("damaged.pem", Array(body.utf8))
        expectFailure(try verify("--anchor", root.certificatePath, path), 3)
    }

    // MARK: inspect

    @Test func inspectShowsWhatOpensslShows() throws {
        let result = try swiftlet("inspect", "--json", leaf.certificatePath)
        #expect(result.status == 0)
        let objects = try #require(try object(result.standardOutput)["objects"] as? [[String: Any]])
        let object = try #require(objects.first)
        #expect(object["type"] as? String == "certificate")
        #expect(object["names"] as? [String] == ["DNS:a.example", "IP:192.0.2.1"])
        #expect(object["key_type"] as? String == "P-256")
        let sha256 = try runProgram(
            ["openssl", "x509", "-in", leaf.certificatePath, "-noout", "-fingerprint", "-sha256"]
        ).output
        let digits = sha256.split(separator: "=")[1].filter { $0.isHexDigit }.lowercased()
        #expect(object["sha256"] as? String == digits)
        let publicKey = try runProgram(["openssl", "x509", "-in", leaf.certificatePath, "-noout", "-pubkey"])
        let info = try runProgram(["openssl", "pkey", "-pubin", "-outform", "DER"], input: publicKey.standardOutput)
        let hash = try runProgram(["openssl", "dgst", "-sha256", "-binary"], input: info.standardOutput)
        let pin = try runProgram(["openssl", "base64"], input: hash.standardOutput).output.dropLast()
        #expect(object["pin"] as? String == "sha256/" + pin)
    }

    @Test func inspectNeverShowsAKey() throws {
        let result = try swiftlet("inspect", leaf.keyPath)
        #expect(result.status == 0)
        #expect(result.output.contains("private key") && result.output.contains("P-256"))
        let lines = String(decoding: leaf.keyPEM, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-") }
        for line in lines { #expect(!result.output.contains(line)) }
    }

    @Test func anEncryptedKeyIsNamedAsSuch() throws {
        let path = factory.directory.file("encrypted.key")
        try runProgram(["openssl", "pkey", "-in", leaf.keyPath, "-aes256", "-passout", "pass:x", "-out", path])
        let result = try swiftlet("inspect", path)
        #expect(result.status == 0)
        #expect(result.output.hasSuffix("encrypted.key: encrypted private key\n"))
    }

    @Test func inspectTakesEveryForm() throws {
        let der = try factory.directory.write("leaf.der", leaf.der)
        let csr = factory.directory.file("leaf.csr")
        let result = try swiftlet("inspect", der, csr, root.certificatePath, leaf.keyPath)
        #expect(result.status == 0)
        #expect(result.output.contains("leaf.der: certificate\n"))
        #expect(result.output.contains("leaf.csr: certificate request\n"))
        #expect(result.output.contains("proof of possession: yes"))
    }

    @Test func inspectRefusesWhatItCannotRead() throws {
        let junk = try factory.directory.write("junk", Array("hello".utf8))
        expectFailure(try swiftlet("inspect", junk), 1, "no PEM block")
        expectFailure(try swiftlet("inspect"), 64, "<file>")
        expectFailure(try swiftlet("inspect", "/nonexistent"), 1, "No such file")
        expectFailure(try swiftlet("inspect", "/"), 1, "directory")
        let bad = try factory.directory.write(
            "bad.pem", Array("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8))
        let result = try swiftlet("inspect", bad)
        #expect(result.status == 1)
        #expect(result.output.contains("unreadable"))
    }

    @Test func whatAFileSaysIsEscapedAndCut() throws {
        let evil = try factory.make(
            "evil", extensions: ["subjectAltName=URI:\(String(repeating: "a", count: 300))"])
        let result = try swiftlet("inspect", evil.certificatePath)
        #expect(result.output.contains("aaa..."))
        #expect(!result.output.contains(String(repeating: "a", count: 128)))
        expectFailure(try swiftlet("inspect", "/\u{1B}]0;x\u{7}\n"), 1, "\\1B]0;x\\07\\0A")
    }
}
