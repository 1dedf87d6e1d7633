// swiftlet ca revoke and ca crl, and what others make of the lists.
import Foundation
import TestSupport
import Testing

@Suite struct RevocationCommandTests {
    private let files: TemporaryDirectory
    private let authority: String

    init() throws {
        files = try TemporaryDirectory()
        authority = files.file("ca")
        try swiftlet("ca", "init", "--dir", authority, "--name", "Test")
    }

    private func issue(_ name: String) throws -> String {
        try swiftlet("ca", "issue", "--ca", authority, "--name", name, "--out", files.file(name))
        return "\(files.file(name))/cert.pem"
    }

    private func list(_ options: String...) throws -> String {
        let result = try runProgram([programPath, "ca", "crl", "--ca", authority] + options, mustSucceed: false)
        #expect(result.status == 0, "\(result.errors)")
        return try files.write("list.pem", result.standardOutput)
    }

    private func openSSLVerify(_ certificate: String, _ list: String) throws -> ProgramResult {
        try runProgram(
            [
                "openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", "\(authority)/ca.pem", "-CRLfile", list,
                certificate,
            ], mustSucceed: false)
    }

    @Test func whatIsRevokedIsRefusedByOthersAndByUs() throws {
        let (good, bad, lost) = (try issue("good.example"), try issue("bad.example"), try issue("lost.example"))
        #expect(try swiftlet("ca", "revoke", "--ca", authority, bad, "--reason", "keyCompromise").status == 0)
        let serial = try runProgram(["openssl", "x509", "-in", lost, "-noout", "-serial"]).output
            .trimmingCharacters(in: .whitespacesAndNewlines).replacing("serial=", with: "")
        #expect(try swiftlet("ca", "revoke", "--ca", authority, "--serial", serial).status == 0)
        let list = try list()
        #expect(try openSSLVerify(good, list).status == 0)
        for revoked in [bad, lost] {
            let verdict = try openSSLVerify(revoked, list)
            #expect(verdict.status != 0 && verdict.errors.contains("certificate revoked"))
        }
        let text = try runProgram([
            "openssl", "crl", "-in", list, "-noout", "-text", "-CAfile", "\(authority)/ca.pem",
        ])
        #expect((text.output + text.errors).contains("verify OK"))
        #expect(text.output.contains("Key Compromise") && text.output.contains(serial))
        #expect(text.output.contains("Version 2") && text.output.contains("X509v3 Authority Key Identifier"))
        let gnutls = try runProgram(["certtool", "--crl-info", "--infile", list])
        #expect(gnutls.output.contains("Revoked certificates (2)"))
        try runProgram(["certtool", "--verify-crl", "--load-ca-certificate", "\(authority)/ca.pem", "--infile", list])
        let anchor = "\(authority)/ca.pem"
        #expect(try swiftlet("verify", "--anchor", anchor, "--crl", list, good).status == 0)
        expectFailure(try swiftlet("verify", "--anchor", anchor, "--crl", list, bad), 3, "revoked")
        #expect(try swiftlet("lint", list).status == 0)
    }

    @Test func anAuthorityThatHasRevokedNothingSaysSo() throws {
        let good = try issue("good.example")
        let list = try list("--days", "2")
        #expect(try openSSLVerify(good, list).status == 0)
        #expect(try runProgram(["openssl", "crl", "-in", list, "-noout", "-text"]).output.contains("No Revoked"))
    }

    @Test func eachListHasANumberOfItsOwn() throws {
        func number() throws -> String {
            try runProgram(["openssl", "crl", "-in", try list(), "-noout", "-crlnumber"]).output
        }
        #expect(try number() == "crlNumber=0x01\n")
        #expect(try number() == "crlNumber=0x02\n")
        try Data("300\n".utf8).write(to: URL(fileURLWithPath: "\(authority)/crl-number"))
        #expect(try number() == "crlNumber=0x012D\n")
        try Data("many\n".utf8).write(to: URL(fileURLWithPath: "\(authority)/crl-number"))
        expectFailure(try swiftlet("ca", "crl", "--ca", authority), 1, "holds no number")
    }

    @Test func whatCannotBeRevokedIsRefused() throws {
        let certificate = try issue("a.example")
        #expect(try swiftlet("ca", "revoke", "--ca", authority, certificate).status == 0)
        expectFailure(try swiftlet("ca", "revoke", "--ca", authority, certificate), 1, "revoked already")
        expectFailure(
            try swiftlet("ca", "revoke", "--ca", authority, "--serial", "0102"), 1, "has issued no certificate")
        expectFailure(try swiftlet("ca", "revoke", "--ca", authority, "--serial", "xy"), 64, "--serial")
        expectFailure(try swiftlet("ca", "revoke", "--ca", authority), 64, "one of the two")
        expectFailure(
            try swiftlet("ca", "revoke", "--ca", authority, certificate, "--reason", "boredom"), 64, "keyCompromise")
        let foreign = files.file("foreign.pem")
        try runProgram([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=x",
            "-keyout", files.file("foreign.key"), "-out", foreign,
        ])
        expectFailure(try swiftlet("ca", "revoke", "--ca", authority, foreign), 1, "has issued no certificate")
        try Data("{}\n".utf8).write(to: URL(fileURLWithPath: "\(authority)/revoked.jsonl"))
        expectFailure(try swiftlet("ca", "crl", "--ca", authority), 1, "line 1 of")
    }
}
