// `swiftlet serve` and `swiftlet connect` with keys in a PKCS#11 token of softhsm2, with OpenSSL at the other end.
import TestSupport
import Testing

@Suite struct TokenTests {
    private let factory: CertificateFactory
    private let token: SoftToken
    private let authority: TestCertificate

    init() throws {
        factory = try CertificateFactory()
        token = try SoftToken()
        authority = try factory.authority("authority")
    }

    private func add(_ key: TestKey, _ name: String) throws -> TestCertificate {
        let leaf = try factory.leaf(name, key: key, issuer: authority)
        try token.add(leaf, as: name)
        return leaf
    }

    @Test(arguments: [TestKey.p256, .p384, .rsa2048], ["-tls1_3", "-tls1_2"])
    func openSSLConnectsToAKeyInAToken(key: TestKey, version: String) throws {
        let leaf = try add(key, "server")
        let ours = try Ours(
            ["--http", "--cert", leaf.certificatePath, "--key", token.uri("server")], environment: token.environment)
        for _ in 0..<2 {
            let result = try runProgram(
                [
                    "openssl", "s_client", version, "-ign_eof", "-quiet", "-connect", "127.0.0.1:\(ours.port)",
                    "-CAfile",
                    authority.certificatePath, "-verify_return_error", "-verify_hostname", "localhost",
                ], input: Array("GET / HTTP/1.0\r\n\r\n".utf8))
            #expect(result.output.contains("200 OK"), "\(result.errors)\(ours.program.errors)")
        }
    }

    @Test(arguments: [TestKey.p256, .p384, .rsa2048], ["1.3", "1.2"])
    func weConnectWithAKeyInAToken(key: TestKey, version: String) throws {
        let (server, client) = (try factory.leaf("server", issuer: authority), try add(key, "client"))
        let port = try freePort()
        let peer = try BackgroundProgram([
            "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-cert", server.certificatePath, "-key",
            server.keyPath, "-CAfile", authority.certificatePath, "-Verify", "3", "-verify_return_error",
        ])
        try peer.wait(for: "ACCEPT")
        let arguments = [
            programPath, "connect", "127.0.0.1:\(port)", "--servername", "localhost", "--ca", authority.certificatePath,
            "--versions", version, "--cert", client.certificatePath, "--key",
        ]
        let result = try runProgram(
            arguments + [token.uri("client", pin: false), "--pkcs11-pin-file", token.pinFile],
            input: Array("GET / HTTP/1.0\r\n\r\n".utf8), environment: token.environment)
        #expect(
            result.output.contains("Subject: CN=client") || result.output.contains("CN = client"), "\(result.output)")
        let none = try runProgram(
            arguments + [token.uri("none"), "--json"], environment: token.environment, mustSucceed: false)
        #expect(none.status == 1 && none.errors.contains("no private key in the token"), "\(none.errors)")
        let secret = try runProgram(
            arguments + ["pkcs11:object=client?pin-value=\(SoftToken.pin)"], environment: token.environment,
            mustSucceed: false)
        #expect(secret.status == 64 && secret.errors.contains("pin-value") && !secret.errors.contains(SoftToken.pin))
    }

    @Test func aTokenThatFailsIsToldAndFoundAgain() throws {
        let module = try SlowModule()
        let leaf = try add(.p256, "server")
        let ours = try Ours(
            ["--http", "--cert", leaf.certificatePath, "--key", token.uri("server", module: module.path)],
            environment: token.environment)
        func fetch() throws -> ProgramResult {
            try runProgram(
                ["openssl", "s_client", "-ign_eof", "-quiet", "-connect", "127.0.0.1:\(ours.port)"],
                input: Array("GET / HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        }
        module.crashes = true
        #expect(try fetch().errors.contains("alert internal error"))
        ours.expectLog("our key cannot sign", "helper process", "has ended")
        module.crashes = false
        // A helper is started once a second at most.
        try ours.program.wait("the token") { ((try? fetch().output) ?? "").contains("200 OK") }
    }

    @Test func theCommandsOfADevice() throws {
        let uri = token.uri("device")
        func run(_ arguments: String...) throws -> ProgramResult {
            try runProgram([programPath] + arguments, environment: token.environment, mustSucceed: false)
        }
        #expect(try run("key", "new", "--key-uri", uri, "--type", "p384").status == 0)
        let request = try run("csr", "--key", uri, "--name", "device.example")
        try runProgram(["openssl", "req", "-verify", "-noout"], input: request.standardOutput)
        let path = try token.files.write("request.pem", request.standardOutput)
        #expect(try run("ca", "init", "--dir", token.files.file("ca"), "--name", "CA").status == 0)
        let signed = try run("ca", "sign", "--ca", token.files.file("ca"), path)
        let certificate = try token.files.write("cert.pem", signed.standardOutput)
        let store = token.files.file("store")
        let installed = try run("identity", "install", "--store", store, "--key", uri, "--cert", certificate)
        #expect(installed.status == 0 && installed.output == "installed generation 0001\n", "\(installed.errors)")
        #expect(try run("identity", "status", "--store", store).output.contains("P-384"))
        #expect(try run("key", "new", "--key-uri", uri).errors.contains("nothing is overwritten"))
        #expect(try run("key", "new").status == 64)
    }
}
