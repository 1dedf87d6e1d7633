// The device's verbs with keys in a PKCS#11 token: made there, certified, stored, used by a tunnel.
import Foundation
import TestSupport
import Testing

@Suite struct TokenVerbTests {
    private let token: SoftToken

    init() throws { token = try SoftToken() }

    private func run(_ arguments: [String], mustSucceed: Bool = true) throws -> ProgramResult {
        let result = try runProgram(
            [daemonPath] + arguments, environment: token.environment, mustSucceed: mustSucceed)
        #expect(!result.errors.contains(SoftToken.pin) && !result.output.contains(SoftToken.pin))
        return result
    }

    /// Makes a key in the token and has it certified.
    /// - Returns: the certificate's path.
    private func certify(_ name: String, _ type: String) throws -> String {
        let stage = try Stage.shared.get()
        let uri = token.uri(name)
        _ = try run(["key", "new", "--key-uri", uri, "--type", type])
        let request = token.files.file("\(name).csr")
        _ = try run(["csr", "--key", uri, "--name", "device.example", "--out", request])
        let text = try runProgram(["openssl", "req", "-in", request, "-verify", "-noout", "-text"]).output
        #expect(text.contains("DNS:device.example"))
        let extensions = try token.files.write("ext", Array("subjectAltName=DNS:device.example".utf8))
        let certificate = token.files.file("\(name).pem")
        try runProgram([
            "openssl", "x509", "-req", "-in", request, "-days", "30", "-extfile", extensions, "-CA",
            "\(stage.path)/authority.pem", "-CAkey", "\(stage.path)/authority.key", "-set_serial", "7", "-out",
            certificate,
        ])
        return certificate
    }

    @Test(arguments: ["p256", "p384", "rsa2048", "rsa3072"]) func aKeyThatNeverLeavesTheToken(type: String) throws {
        let (uri, store) = (token.uri("device"), token.files.file("store"))
        let certificate = try certify("device", type)
        let again = try run(["key", "new", "--key-uri", uri, "--json"], mustSucceed: false)
        #expect(again.status == 1 && again.errors.contains("nothing is overwritten"))
        let anchors = "\(try Stage.shared.get().path)/authority.pem"
        _ = try run([
            "identity", "install", "--store", store, "--key", uri, "--cert", certificate, "--anchors", anchors,
        ])
        #expect(try String(contentsOfFile: "\(store)/0001/key.uri", encoding: .utf8) == uri)
        #expect(!FileManager.default.fileExists(atPath: "\(store)/0001/key.pem"))
        let mode = try FileManager.default.attributesOfItem(atPath: "\(store)/0001/key.uri")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        // What only looks needs no token.
        try token.setPresent(false)
        #expect(try run(["identity", "status", "--store", store]).output.contains("device.example"))
        #expect(try run(["needs-renewal", "--store", store], mustSucceed: false).status == 1)
    }

    @Test func aStoreGoesFromAFileToATokenAndBack() throws {
        let stage = try Stage.shared.get().path
        let (uri, store) = (token.uri("device"), token.files.file("store"))
        let certificate = try certify("device", "p256")
        let inFile = ["--key", "\(stage)/device.key", "--cert", "\(stage)/device.pem"]
        let inToken = ["--key", uri, "--cert", certificate]
        for words in [inFile, inToken, inToken, inFile] {
            _ = try run(["identity", "install", "--store", store] + words)
        }
        // The generations before the last two are gone, whole.
        #expect(try FileManager.default.contentsOfDirectory(atPath: store).sorted() == ["0003", "0004", "current"])
        _ = try run(["identity", "rollback", "--store", store])
        #expect(try run(["identity", "history", "--store", store]).output.contains("0003"))
        let configuration = """
            [tunnel t]
            role = server
            accept = 127.0.0.1:0
            connect = unix:/x
            identity = \(store)
            """
        let path = try token.files.write("test.conf", Array(configuration.utf8))
        #expect(try run(["--config", path, "--check"]).output.hasSuffix(": good\n"))
        // Changed behind our back: the hash no longer matches, and the generation before serves.
        try Data("\(uri)x".utf8).write(to: URL(fileURLWithPath: "\(store)/0003/key.uri"))
        let damaged = try run(["identity", "status", "--store", store], mustSucceed: false)
        #expect(damaged.status == 1 && damaged.errors.contains("0003/key.uri"), "\(damaged.errors)")
        _ = try run(["identity", "wipe", "--store", store])
        #expect(try FileManager.default.contentsOfDirectory(atPath: store).isEmpty)
    }

    @Test func whatCannotBeUsedIsNotInstalled() throws {
        let stage = try Stage.shared.get().path
        let (uri, store) = (token.uri("device"), token.files.file("store"))
        let certificate = try certify("device", "p256")
        func refusal(_ words: [String], status: Int32) throws -> String {
            let result = try run(["identity", "install", "--store", store] + words, mustSucceed: false)
            #expect(result.status == status && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: store))
            return result.errors
        }
        let other = try refusal(["--key", uri, "--cert", "\(stage)/device.pem"], status: 1)
        #expect(other.contains("not that of the first certificate"))
        let secret = try refusal(["--key", "\(uri)&pin-value=1234", "--cert", certificate], status: 64)
        #expect(secret.contains("pin-value") && !secret.contains("1234"))
        let none = try refusal(["--key", token.uri("none"), "--cert", certificate], status: 1)
        #expect(none.contains("no private key"))
        let file = try refusal(
            ["--key", "\(stage)/device.key", "--cert", certificate, "--pkcs11-pin-file", token.pinFile], status: 64)
        #expect(file.contains("--pkcs11-pin-file is for a key in a token"))
    }

    @Test(arguments: [
        ["key", "new", "--key-uri", "pkcs11:object=a", "--out", "b"], ["key", "new", "--pkcs11-pin-file", "a"],
        ["csr", "--key", "pkcs11:object=a", "--name", "b", "--password-file", "c"], ["pkcs11-helper"],
    ]) func usageIsExit64AndOneLine(arguments: [String]) throws {
        let result = try run(arguments, mustSucceed: false)
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.hasPrefix("swiftletd: ") && result.errors.split(separator: "\n").count == 1)
    }
}
