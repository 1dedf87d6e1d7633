// The command line, and what --check and --explain say (contracts.md).
import Foundation
import TestSupport
import Testing

@Suite struct CommandLineTests {
    private func run(_ arguments: String...) throws -> ProgramResult {
        try runProgram([daemonPath] + arguments, mustSucceed: false)
    }

    /// Writes a configuration and checks it.
    private func check(_ text: String, _ verb: String = "--check") throws -> (ProgramResult, TemporaryDirectory) {
        let files = try TemporaryDirectory()
        let stage = try Stage.shared.get()
        let path = try files.write("test.conf", Array(text.replacing("DIR", with: stage.path).utf8))
        return (try run("--config", path, verb), files)
    }

    private func expectRefusal(
        _ text: String, line: Int, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (result, files) = try check(text)
        #expect(result.status == 64, sourceLocation: sourceLocation)
        #expect(result.output.isEmpty, sourceLocation: sourceLocation)
        let errors = result.errors.split(separator: "\n")
        #expect(errors.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
        let start = "swiftletd: \(files.path)/test.conf:\(line): "
        #expect(result.errors.hasPrefix(start), "\(result.errors)", sourceLocation: sourceLocation)
        for word in words {
            #expect(result.errors.contains(word), "\(word) in \(result.errors)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [
        [], ["--colour"], ["--config"], ["--config", "a", "--config", "b"], ["--config", "a", "b"],
        ["--config", "a", "--check", "--explain"], ["--config", "/nowhere/at/all"],
    ]) func usageIsExit64AndOneLine(arguments: [String]) throws {
        let result = try runProgram([daemonPath] + arguments, mustSucceed: false)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("swiftletd: "))
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }

    @Test func helpAndVersion() throws {
        let help = try run("--help")
        #expect(help.status == 0)
        #expect(help.output.contains("--config") && help.output.contains("handshake-memory"))
        #expect(try run("--version").output.hasPrefix("swiftletd "))
    }

    @Test func aGoodConfigurationIsGood() throws {
        let (result, _) = try check(serverTunnel("127.0.0.1:1") + clientTunnel("localhost:2"))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasSuffix(": good\n"))
        #expect(result.errors.isEmpty)
    }

    @Test func explainTellsTheMemory() throws {
        let (result, _) = try check(serverTunnel("127.0.0.1:1", "connections = 10", "record-size = 2048"), "--explain")
        #expect(result.status == 0)
        #expect(result.output.contains("tunnel in: accepts TLS at 127.0.0.1:0, leads plain streams to 127.0.0.1:1"))
        let line = try #require(result.output.split(separator: "\n").first { $0.contains("connections: 10 at a time") })
        let numbers = line.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
        #expect(numbers.count == 3 && numbers[1] <= 8192 && numbers[2] == 10 * numbers[1], "\(line)")
    }

    @Test func explainCountsTheMemoryOfResumption() throws {
        let text = serverTunnel("127.0.0.1:1", "connections = 1") + clientTunnel("127.0.0.1:2", "connections = 1")
        let (result, _) = try check(text, "--explain")
        let lines = result.output.split(separator: "\n")
        func last(_ words: String) -> [Int] {
            lines.filter { $0.contains(words) }.compactMap { line in
                line.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }.last
            }
        }
        let (parts, total) = (last("  resumption: ") + last(" at a time, "), last("memory of all"))
        #expect(parts.count == 5 && total == [parts.reduce(0, +)], "\(result.output)")
        #expect(result.output.contains("tickets for a day, keys of 800 bytes"))
    }

    @Test func filesThatAreNotThereOrNotRight() throws {
        let good = serverTunnel("127.0.0.1:1")
        try expectRefusal(good.replacing("device.pem", with: "nothing.pem"), line: 5, "No such file")
        try expectRefusal(good.replacing("device.pem", with: "device.key"), line: 5, "expected PEM, BEGIN CERTIFICATE")
        try expectRefusal(good.replacing("device.key", with: "device.pem"), line: 6, "cannot use the key")
        try expectRefusal(
            good.replacing("device.key", with: "peer.key"), line: 6, "not the key of the first certificate")
        try expectRefusal(good.replacing("authority.pem", with: "peers.py"), line: 7, "cannot use the anchors")
    }

    @Test func anEncryptedKeyIsSaidToBeOne() throws {
        let stage = try Stage.shared.get()
        try runProgram([
            "openssl", "pkey", "-in", "\(stage.path)/device.key", "-aes256", "-passout", "pass:x", "-out",
            "\(stage.path)/encrypted.key",
        ])
        try expectRefusal(
            serverTunnel("127.0.0.1:1").replacing("device.key", with: "encrypted.key"), line: 6, "encrypted",
            "decrypt it")
    }

    @Test func aCertificateThatExpiresSoonIsWarnedOf() throws {
        let stage = try Stage.shared.get()
        let factory = stage.factory
        let own = try factory.make("shortlived", extensions: ["subjectAltName=DNS:a.example"], days: 3)
        let text = serverTunnel("127.0.0.1:1").replacing("DIR/device.pem", with: own.certificatePath)
            .replacing("DIR/device.key", with: own.keyPath)
        let (result, _) = try check(text)
        #expect(result.status == 0)
        #expect(result.errors.contains(" days; renew it"), "\(result.errors)")
    }
}
