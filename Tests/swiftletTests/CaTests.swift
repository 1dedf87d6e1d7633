// swiftlet ca, as a user runs it, and what openssl and certtool make of its files.
import Foundation
import TestSupport
import Testing

@Suite struct CaTests {
    let files: TemporaryDirectory

    init() throws {
        files = try TemporaryDirectory()
        #expect(try swiftlet("ca", "init", "--dir", files.file("ca"), "--name", "Test CA").status == 0)
    }

    private var ca: String { files.file("ca") }
    private var anchor: String { files.file("ca/ca.pem") }

    private func records() throws -> [[String: Any]] {
        let text = String(decoding: try readFile(files.file("ca/issued.jsonl")), as: UTF8.self)
        return try text.split(separator: "\n").map { try object(Array(($0 + "\n").utf8)) }
    }

    // MARK: init

    @Test func initMakesThreeFilesWithTheirPermissions() throws {
        #expect(try names(in: ca) == ["ca.pem", "ca-key.pem", "issued.jsonl"])
        #expect(try permissions(ca) == 0o700)
        #expect(try permissions(files.file("ca/ca-key.pem")) == 0o600)
        #expect(try permissions(files.file("ca/issued.jsonl")) == 0o600)
        #expect(try permissions(anchor) == 0o644)
        try runProgram(["openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", anchor, anchor])
        let text = try runProgram(["certtool", "-i", "--infile", anchor]).output
        #expect(text.contains("Certificate Authority (CA): TRUE"))
        #expect(text.contains("Path Length Constraint: 0"))
    }

    @Test func initNeverOverwrites() throws {
        let before = try readFile(anchor)
        expectFailure(try swiftlet("ca", "init", "--dir", ca, "--name", "Other"), 1, "exists already", "--dir")
        #expect(try readFile(anchor) == before)
        try FileManager.default.removeItem(atPath: anchor)
        expectFailure(try swiftlet("ca", "init", "--dir", ca, "--name", "Other"), 1, "ca-key.pem", "exists already")
        #expect(try names(in: ca) == ["ca-key.pem", "issued.jsonl"])
    }

    @Test func initRefusesWhatCannotBe() throws {
        expectFailure(try swiftlet("ca", "init", "--dir", files.file("x/y"), "--name", "A"), 1, "parent must exist")
        expectFailure(try swiftlet("ca", "init", "--dir", files.file("n"), "--name", ""), 64, "--name", "1 to 64")
        expectFailure(try swiftlet("ca", "init", "--dir", files.file("n"), "--name", "a\u{1B}[2J"), 64, "\\1B[2J")
        expectFailure(try swiftlet("ca", "init", "--dir", files.file("n")), 64, "--name", "swiftlet ca init --help")
        expectFailure(
            try swiftlet("ca", "init", "--dir", files.file("n"), "--name", "A", "--days", "0"), 64, "1 to 36500")
        expectFailure(
            try swiftlet("ca", "init", "--dir", files.file("n"), "--name", "A", "--key-type", "dsa"), 64, "p256")
        #expect(try names(in: files.path) == ["ca"])
    }

    @Test(arguments: ["p256", "p384", "rsa2048"])
    func everyKindOfKeySigns(_ type: String) throws {
        let directory = files.file("ca-\(type)")
        #expect(try swiftlet("ca", "init", "--dir", directory, "--name", "A", "--key-type", type).status == 0)
        let out = files.file("out-\(type)")
        #expect(
            try swiftlet("ca", "issue", "--ca", directory, "--name", "a.example", "--key-type", type, "--out", out)
                .status == 0)
        try runProgram([
            "openssl", "verify", "-x509_strict", "-CAfile", directory + "/ca.pem", out + "/cert.pem",
        ])
        try runProgram(["openssl", "pkey", "-in", out + "/key.pem", "-check", "-noout"])
    }

    // MARK: issue

    @Test func issueMakesAKeyAndACertificateAndNothingElse() throws {
        let out = files.file("device")
        let result = try swiftlet(
            "ca", "issue", "--ca", ca, "--name", "dev.example", "192.0.2.1", "--name", "2001:db8::1", "--out", out)
        #expect(result.status == 0)
        #expect(result.output.isEmpty && result.errors.isEmpty)
        #expect(try names(in: out) == ["cert.pem", "key.pem"])
        #expect(try permissions(out + "/key.pem") == 0o600)
        #expect(try permissions(out + "/cert.pem") == 0o644)
        try runProgram(["openssl", "verify", "-x509_strict", "-CAfile", anchor, out + "/cert.pem"])
        try runProgram(["certtool", "--verify", "--load-ca-certificate", anchor, "--infile", out + "/cert.pem"])
        let text = try runProgram(["openssl", "x509", "-in", out + "/cert.pem", "-noout", "-text"]).output
        #expect(text.contains("DNS:dev.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1"))
        #expect(text.contains("TLS Web Server Authentication, TLS Web Client Authentication"))
        let ofKey = try runProgram(["openssl", "pkey", "-in", out + "/key.pem", "-pubout"]).output
        let ofCertificate = try runProgram(["openssl", "x509", "-in", out + "/cert.pem", "-noout", "-pubkey"]).output
        #expect(ofKey == ofCertificate)
    }

    @Test func eachCertificateIsRecorded() throws {
        try swiftlet("ca", "issue", "--ca", ca, "--name", "a.example", "--server", "--out", files.file("a"))
        try swiftlet("ca", "issue", "--ca", ca, "--name", "b.example", "--client", "--out", files.file("b"))
        let records = try records()
        #expect(records.map { $0["subject"] as? String } == ["CN=a.example", "CN=b.example"])
        #expect(records.map { $0["names"] as? [String] } == [["DNS:a.example"], ["DNS:b.example"]])
        for (record, folder) in zip(records, ["a", "b"]) {
            let path = files.file(folder) + "/cert.pem"
            let serial = try runProgram(["openssl", "x509", "-in", path, "-noout", "-serial"]).output
            #expect(serial == "serial=\((record["serial"] as? String ?? "").uppercased())\n")
            let der = try runProgram(["openssl", "x509", "-in", path, "-outform", "DER"]).standardOutput
            let digest = try runProgram(["openssl", "dgst", "-sha256", "-r"], input: der).output
            #expect(digest.hasPrefix(record["sha256"] as? String ?? "?"))
        }
    }

    @Test func purposesAreThoseAskedFor() throws {
        try swiftlet("ca", "issue", "--ca", ca, "--name", "a.example", "--client", "--out", files.file("a"))
        let path = files.file("a") + "/cert.pem"
        try runProgram(["openssl", "verify", "-purpose", "sslclient", "-CAfile", anchor, path])
        let asServer = try runProgram(
            ["openssl", "verify", "-purpose", "sslserver", "-CAfile", anchor, path], mustSucceed: false)
        #expect(asServer.status != 0)
    }

    @Test func aNameTooLongForASubjectStandsInTheNamesAlone() throws {
        let name = String(repeating: "abcdefghi.", count: 8) + "example"
        #expect(try swiftlet("ca", "issue", "--ca", ca, "--name", name, "--out", files.file("long")).status == 0)
        let path = files.file("long/cert.pem")
        try runProgram(["openssl", "verify", "-x509_strict", "-verify_hostname", name, "-CAfile", anchor, path])
        let text = try runProgram(["openssl", "x509", "-in", path, "-noout", "-text"]).output
        #expect(text.contains("X509v3 Subject Alternative Name: critical"))
    }

    @Test func issueNeverOverwritesAndLeavesNothingBehind() throws {
        let out = files.file("device")
        try swiftlet("ca", "issue", "--ca", ca, "--name", "a.example", "--out", out)
        try FileManager.default.removeItem(atPath: out + "/key.pem")
        let before = try readFile(out + "/cert.pem")
        expectFailure(
            try swiftlet("ca", "issue", "--ca", ca, "--name", "b.example", "--out", out), 1, "cert.pem", "--out")
        #expect(try names(in: out) == ["cert.pem"])
        #expect(try readFile(out + "/cert.pem") == before)
        #expect(try records().count == 1)
    }

    @Test func aRecordThatCannotBeWrittenStopsTheIssue() throws {
        let record = files.file("ca/issued.jsonl")
        try FileManager.default.removeItem(atPath: record)
        try FileManager.default.createSymbolicLink(atPath: record, withDestinationPath: "/dev/full")
        expectFailure(
            try swiftlet("ca", "issue", "--ca", ca, "--name", "a.example", "--out", files.file("a")), 1,
            "issued.jsonl", "no certificate was issued")
        #expect(!FileManager.default.fileExists(atPath: files.file("a")))
    }

    @Test func issueRefusesWhatCannotBe() throws {
        let out = files.file("x")
        expectFailure(try swiftlet("ca", "issue", "--ca", ca, "--out", out), 64, "--name")
        expectFailure(
            try swiftlet("ca", "issue", "--ca", ca, "--name", "a..b", "--out", out), 64, "a..b", "device.example")
        expectFailure(try swiftlet("ca", "issue", "--ca", ca, "--name", "*.com", "--out", out), 64, "*.com")
        expectFailure(
            try swiftlet("ca", "issue", "--ca", ca, "--name", "a", "--days", "4000", "--out", out), 64, "outlive",
            "--days 36")
        expectFailure(
            try swiftlet("ca", "issue", "--ca", files.file("none"), "--name", "a", "--out", out), 1, "ca.pem",
            "No such file")
        #expect(!FileManager.default.fileExists(atPath: out))
    }

    @Test func aKeyThatIsNotTheAuthoritysIsRefused() throws {
        try swiftlet("ca", "init", "--dir", files.file("other"), "--name", "Other")
        let key = files.file("ca/ca-key.pem")
        try FileManager.default.removeItem(atPath: key)
        try FileManager.default.copyItem(atPath: files.file("other/ca-key.pem"), toPath: key)
        expectFailure(
            try swiftlet("ca", "issue", "--ca", ca, "--name", "a", "--out", files.file("x")), 1,
            "do not belong together")
    }

    // MARK: sign

    private func request(_ arguments: String...) throws -> String {
        let path = files.file("\(UUID().uuidString).csr")
        try runProgram(
            ["openssl", "req", "-new", "-nodes", "-keyout", files.file("key.pem"), "-out", path, "-newkey", "rsa:2048"]
                + arguments)
        return path
    }

    @Test func signAnswersARequest() throws {
        let csr = try request("-subj", "/CN=dev/O=Org", "-addext", "subjectAltName=DNS:dev.example,IP:192.0.2.9")
        let result = try swiftlet("ca", "sign", "--ca", ca, csr)
        #expect(result.status == 0)
        let path = try files.write("signed.pem", result.standardOutput)
        try runProgram(["openssl", "verify", "-x509_strict", "-CAfile", anchor, path])
        let text = try runProgram(["openssl", "x509", "-in", path, "-noout", "-text"]).output
        #expect(text.contains("Subject: CN = dev, O = Org"))
        #expect(text.contains("DNS:dev.example, IP Address:192.0.2.9"))
        let ofKey = try runProgram(["openssl", "pkey", "-in", files.file("key.pem"), "-pubout"]).output
        #expect(try runProgram(["openssl", "x509", "-in", path, "-noout", "-pubkey"]).output == ofKey)
        #expect(try records().count == 1)
    }

    @Test func signRefusesABadSignature() throws {
        let csr = try request("-subj", "/CN=dev")
        var der = try runProgram(["openssl", "req", "-in", csr, "-outform", "DER"]).standardOutput
        der[der.count - 1] ^= 1
        let bad = try runProgram(["openssl", "base64"], input: der).output
        let path = try files.write(
            "bad.csr",
            Array("-----BEGIN CERTIFICATE REQUEST-----\n\(bad)-----END CERTIFICATE REQUEST-----\n".utf8))
        expectFailure(try swiftlet("ca", "sign", "--ca", ca, path), 1, "signature", "right key")
        #expect(try records().isEmpty)
    }

    @Test func signRefusesWhatItDoesNotGive() throws {
        expectFailure(
            try swiftlet("ca", "sign", "--ca", ca, request("-subj", "/CN=x", "-addext", "basicConstraints=CA:TRUE")),
            1, "certificate authority")
        expectFailure(
            try swiftlet("ca", "sign", "--ca", ca, request("-subj", "/CN=x", "-addext", "subjectAltName=URI:x:y")), 1,
            "neither a DNS name nor an IP address")
        expectFailure(try swiftlet("ca", "sign", "--ca", ca, request("-subj", "/")), 1, "names nobody")
        expectFailure(try swiftlet("ca", "sign", "--ca", ca, anchor), 1, "BEGIN CERTIFICATE REQUEST")
        expectFailure(try swiftlet("ca", "sign", "--ca", ca), 64, "csr.pem")
        #expect(try records().isEmpty)
    }
}
