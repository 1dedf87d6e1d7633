// The device's own verbs about keys: the same as `swiftlet`'s, read by getopt_long(3).
import Foundation
import TestSupport
import Testing

@Suite struct KeyVerbTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func run(_ arguments: String...) throws -> ProgramResult {
        try runProgram([daemonPath] + arguments, mustSucceed: false)
    }

    @Test func aKeyAndARequestForIt() throws {
        let (key, request) = (files.file("key.pem"), files.file("request.pem"))
        #expect(try run("key", "new", "--out", key).status == 0)
        #expect(try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int == 0o600)
        #expect(
            try run("csr", "--key", key, "--name=device.example", "--san", "dns:a.example", "--out", request).status
                == 0)
        let openssl = try runProgram(["openssl", "req", "-in", request, "-verify", "-noout", "-text"])
        #expect(openssl.output.contains("DNS:a.example") && openssl.output.contains("CN = device.example"))
        let again = try run("key", "new", "--out", key, "--json")
        #expect(again.status == 1 && again.errors.contains("File exists") && again.output.hasPrefix("{\"error\":{"))
    }

    /// threats: keys wait for the kernel's random pool, as soon after a board's start as one may be made (Tests/RandomPool).
    @Test(arguments: ["p256", "p384", "rsa2048"]) func aKeyWaitsForTheRandomPool(type: String) throws {
        let (library, ready, waiting) = (files.file("pool.so"), files.file("ready"), files.file("waiting"))
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        try runProgram([
            "cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-DPROGRAM=\"swiftletd\"",
            "-DREADY=\"\(ready)\"", "-DWAITING=\"\(waiting)\"",
            tests.appendingPathComponent("RandomPool/random_pool.c").path, "-o", library,
        ])
        let key = files.file("key.pem")
        let program = try BackgroundProgram(
            [daemonPath, "key", "new", "--type", type, "--out", key], environment: ["LD_PRELOAD": library])
        try program.wait("waiting for the pool") { FileManager.default.fileExists(atPath: waiting) }
        #expect(program.isRunning && !FileManager.default.fileExists(atPath: key), "\(program.errors)")
        try files.write("ready", [])
        #expect(try program.finish().status == 0, "\(program.errors)")
        try runProgram(["openssl", "pkey", "-in", key, "-noout", "-check"])
    }

    @Test func aKeyUnderAPassword() throws {
        let key = files.file("key.pem")
        try runProgram([
            "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-aes128", "-pass",
            "pass:secret",
            "-out", key,
        ])
        let password = try files.write("password", Array("secret\n".utf8))
        let request = try run("csr", "--key", key, "--password-file", password, "--name", "device.example")
        #expect(request.status == 0, "\(request.errors)")
        try runProgram(["openssl", "req", "-verify", "-noout"], input: request.standardOutput)
        let without = try run("csr", "--key", key, "--name", "device.example")
        #expect(without.status == 1 && without.errors.contains("--password-file"))
        try files.write("password", Array("sesame\n".utf8))
        let wrong = try run("csr", "--key", key, "--password-file", password, "--name", "device.example")
        #expect(wrong.status == 1 && wrong.errors.contains("cannot be decrypted") && !wrong.errors.contains("sesame"))
    }

    @Test(arguments: [
        ["key"], ["key", "old"], ["key", "new"], ["key", "new", "--out", "a", "--type", "dsa"], ["csr", "--name", "a"],
        ["key", "new", "--out", "a", "--store", "b"],
    ]) func usageIsExit64AndOneLine(arguments: [String]) throws {
        let result = try runProgram([daemonPath] + arguments, in: files.path, mustSucceed: false)
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.hasPrefix("swiftletd: ") && result.errors.split(separator: "\n").count == 1)
    }
}
