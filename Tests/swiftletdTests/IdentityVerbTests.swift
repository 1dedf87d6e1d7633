// The device's own verbs about its identity store (contracts.md).
import Foundation
import TestSupport
import Testing

@Suite struct IdentityVerbTests {
    private let files: TemporaryDirectory
    private let store: String

    init() throws {
        files = try TemporaryDirectory()
        store = files.file("store")
        for name in ["one", "two"] {
            try runProgram([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "90", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name).example,IP:192.0.2.1", "-keyout",
                files.file("\(name).key"), "-out", files.file("\(name).pem"),
            ])
        }
    }

    private func verb(_ arguments: String...) throws -> ProgramResult {
        try runProgram([daemonPath] + arguments + ["--store", store], mustSucceed: false)
    }

    private func install(_ name: String) throws -> ProgramResult {
        try verb(
            "identity", "install", "--key", files.file("\(name).key"), "--cert", files.file("\(name).pem"),
            "--anchors=\(files.file("\(name).pem"))")
    }

    private func object(_ result: ProgramResult) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(result.standardOutput)) as? [String: Any])
    }

    @Test func installStatusHistoryRollbackWipe() throws {
        #expect(try install("one").output == "installed generation 0001\n")
        #expect(try install("two").output == "installed generation 0002\n")
        let status = try verb("identity", "status", "--json")
        #expect(status.status == 0 && status.errors.isEmpty)
        let told = try object(status)
        #expect(told["generation"] as? Int == 2)
        #expect(told["subject"] as? String == "CN=two")
        #expect(told["names"] as? [String] == ["DNS:two.example", "IP:192.0.2.1"])
        #expect(told["fell_back"] as? Bool == false)
        let text = try verb("identity", "status").output
        #expect(text.contains("subject      CN=two\n"))
        let fingerprint = try runProgram([
            "openssl", "x509", "-in", files.file("two.pem"), "-noout", "-fingerprint", "-sha256",
        ]).output.replacing(":", with: "").lowercased()
        #expect(fingerprint.contains(try #require(told["sha256"] as? String)))
        let history = try object(try verb("identity", "history", "--json"))
        let generations = try #require(history["generations"] as? [[String: Any]])
        #expect(generations.map { $0["state"] as? String } == ["current", "kept"])
        #expect(try verb("identity", "rollback").output == "current generation 0001\n")
        #expect(try verb("identity", "wipe").output == "wiped\n")
        let empty = try verb("identity", "status", "--json")
        #expect(empty.status == 1 && empty.errors.contains("identity install"))
        let error = try #require(try object(empty)["error"] as? [String: Any])
        #expect(error["kind"] as? String == "store")
    }

    /// A store without an identity has no history, and one that is not there has neither: said as `status` says it.
    @Test(arguments: ["status", "history", "rollback"]) func aStoreWithoutAnIdentity(action: String) throws {
        let absent = try verb("identity", action)
        #expect(absent.status == 1 && absent.output.isEmpty)
        #expect(absent.errors.contains("No such file or directory; give the directory of a store"))
        try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: false)
        let empty = try verb("identity", action)
        #expect(empty.status == 1 && empty.output.isEmpty)
        #expect(
            empty.errors
                == "swiftletd: cannot read the identity store '\(store)': there is no identity in it; put one there with 'enroll' or 'identity install'\n"
        )
        let told = try verb("identity", action, "--json")
        #expect(told.status == 1)
        #expect(try (object(told)["error"] as? [String: Any])?["kind"] as? String == "store")
    }

    @Test func fallingBackIsSaidLoudly() throws {
        _ = try install("one")
        _ = try install("two")
        try Data().write(to: URL(fileURLWithPath: "\(store)/0002/key.pem"))
        let status = try verb("identity", "status")
        #expect(status.status == 0 && status.output.contains("CN=one"))
        #expect(status.errors.contains("0002/key.pem") && status.errors.contains("FALLING BACK to generation 0001"))
        #expect(status.errors.split(separator: "\n").count == 1)
        #expect(try verb("identity", "history").output.contains("0002  damaged"))
    }

    @Test func needsRenewalAnswersByItsExitCode() throws {
        #expect(try verb("needs-renewal").status == 64)
        _ = try install("one")
        let formatter = ISO8601DateFormatter()
        func status(afterDays days: Double) throws -> Int32 {
            let time = formatter.string(from: Date(timeIntervalSinceNow: days * 86_400))
            return try verb("needs-renewal", "--time", time).status
        }
        #expect(try verb("needs-renewal").status == 1)
        #expect(try status(afterDays: 55) == 1)
        #expect(try status(afterDays: 65) == 0)
        #expect(try status(afterDays: 1000) == 0)
    }

    @Test(arguments: [
        ["identity"], ["identity", "frobnicate"], ["renew-all"], ["identity", "status"],
        ["identity", "status", "--store"], ["identity", "status", "--store", "a", "--store", "b"],
        ["identity", "status", "--store", "a", "--key", "b"], ["identity", "status", "--store", "a", "b"],
        ["identity", "install", "--store", "a"], ["needs-renewal", "--store", "a", "--time", "yesterday"],
        ["identity", "status", "--store", ""],
    ]) func usageIsExit64AndOneLine(arguments: [String]) throws {
        let result = try runProgram([daemonPath] + arguments, in: files.path, mustSucceed: false)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("swiftletd: ") && result.errors.split(separator: "\n").count == 1)
    }

    @Test func aBadIdentityLeavesTheStoreAsItWas() throws {
        _ = try install("one")
        let other = try verb(
            "identity", "install", "--key", files.file("one.key"), "--cert", files.file("two.pem"), "--json")
        #expect(other.status == 1 && other.errors.contains("not that of the first certificate"))
        let missing = try verb("identity", "install", "--key", files.file("none"), "--cert", files.file("two.pem"))
        #expect(missing.status == 1 && missing.errors.contains("cannot read the key"))
        #expect(try verb("identity", "status").output.contains("CN=one"))
    }
}
