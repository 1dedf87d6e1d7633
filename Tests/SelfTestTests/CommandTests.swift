// swiftlet-selftest as a user runs it: exit codes, lines, JSON.
import Foundation
import TLSCrypto
import TestSupport
import Testing

@Suite struct CommandTests {
    /// The path of the program: beside the test bundle, or in the build folder of the package.
    static let path: String = {
        var folders = CommandLine.arguments.filter { $0.contains(".xctest") }.map {
            URL(fileURLWithPath: $0.components(separatedBy: ".xctest")[0]).deletingLastPathComponent()
        }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        folders.append(package.appendingPathComponent(".build/debug"))
        let candidates = folders.map { $0.appendingPathComponent("swiftlet-selftest").path }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
    }()

    private func selftest(_ arguments: String...) throws -> ProgramResult {
        try runProgram([Self.path] + arguments, mustSucceed: false)
    }

    @Test func aQuickRunIsHealthy() throws {
        let result = try selftest("--quick")
        #expect(result.status == 0, "\(result.output)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.last == "verdict: healthy (26 checks, 0 failed, 0 degraded)")
        #expect(lines.contains { $0.hasPrefix("chacha20-poly1305 ") && $0.contains(" passed ") && $0.hasSuffix(" ms") })
    }

    @Test func theListHasOneCheckALine() throws {
        let result = try selftest("--list")
        #expect(result.status == 0)
        let names = result.output.split(separator: "\n").map { $0.split(separator: " ")[0] }
        #expect(names.count == 26)
        #expect(Set(names).isSuperset(of: ["sha256", "rsa-pss", "handshake", "link", "memory", "speed"]))
    }

    @Test func onlyAndSkipChoose() throws {
        let result = try selftest("--only", "sha256,hmac,base64", "--skip=hmac")
        #expect(result.status == 0)
        #expect(
            result.output.split(separator: "\n").map { $0.split(separator: " ")[0] } == [
                "sha256", "base64", "verdict:",
            ])
    }

    @Test func breakFailsWithOne() throws {
        let result = try selftest("--only", "sha256,sha384", "--break", "sha384")
        #expect(result.status == 1)
        #expect(result.output.contains("verdict: failed (2 checks, 1 failed, 0 degraded)"))
    }

    @Test func theSpeedIsStored() throws {
        let files = try TemporaryDirectory()
        let path = try files.write("speed", Array("what was there before".utf8))
        let result = try selftest("--only", "speed", "--quick", "--store", path)
        #expect(result.status == 0, "\(result.errors)")
        let text = try readFile(path)
        let stored = ProcessorSpeed(text.span)
        let speed = try #require(stored)
        #expect(result.output.contains(" \(speed.aes128GCM) kB/s"))
        #expect(result.output.contains(" \(speed.chaCha20Poly1305) kB/s"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: files.path) == ["speed"])
        let refused = try selftest("--only", "speed", "--quick", "--store", files.file("none/speed"))
        #expect(refused.status == 1)
        #expect(refused.errors.contains("No such file or directory; make its directory"))
    }

    @Test func jsonIsOneObject() throws {
        let result = try selftest("--json", "--quick", "--skip", "speed", "--break", "hkdf")
        #expect(result.status == 1)
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(result.standardOutput)) as? [String: Any])
        #expect(object["verdict"] as? String == "failed")
        let checks = try #require(object["checks"] as? [[String: Any]])
        #expect(checks.count == 25)
        let failed = checks.filter { $0["outcome"] as? String == "failed" }
        #expect(failed.compactMap { $0["name"] as? String } == ["hkdf"])
        #expect(failed.allSatisfy { $0["why"] is String && $0["milliseconds"] is Double })
        let memory = try #require(checks.first { $0["name"] as? String == "memory" })
        let figures = try #require(memory["figures"] as? [[String: Any]])
        #expect(
            figures.contains {
                $0["name"] as? String == "connection_16384_byte_records" && $0["unit"] as? String == "B"
            })
    }

    @Test(arguments: [
        (["--only", "nonsense"], "'nonsense'; the checks are: sha256 "), (["--only", "sha256,"], "the checks are:"),
        (["--unknown"], "unknown option '--unknown'"), (["--only"], "no argument after '--only'"),
        (["extra"], "unexpected argument 'extra'"), (["--only", "hmac", "--skip", "hmac"], "no check is left"),
        (["--only", "hmac", "--break", "hkdf"], "not run"), (["--only", "hmac", "--store", "x"], "'speed'"),
        (["--only", "a\u{1B}[31m"], "a\\x1b[31m"),
        (["--only", String(repeating: "x", count: 500)], "'" + String(repeating: "x", count: 128) + "'"),
    ])
    func wrongUsageIs64AndOneLine(_ arguments: [String], _ text: String) throws {
        let result = try runProgram([Self.path] + arguments, mustSucceed: false)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains(text), "\(result.errors)")
        #expect(result.errors.hasPrefix("swiftlet-selftest: ") && result.errors.split(separator: "\n").count == 1)
    }

    @Test func helpAndVersionEndWithZero() throws {
        #expect(try selftest("--help").output.contains("--break NAME"))
        #expect(try selftest("--version").output.hasPrefix("swiftlet-selftest "))
        #expect(try selftest("--help").status == 0)
    }
}
