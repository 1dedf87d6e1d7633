// Tunnels whose key is in a PKCS#11 token of softhsm2, with openssl at the other end: keys of each kind, tokens that are slow,
// crash, or go away and come back (threats.md "Daemon": PKCS#11 modules run in a helper).
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct TokenTunnelTests {
    private let stage: Stage
    private let token: SoftToken

    init() throws {
        stage = try Stage.shared.get()
        token = try SoftToken()
    }

    /// The daemon's certificate with a key of its own, which is in the token and, for this test alone, in a file.
    private func add(_ key: TestKey, as name: String) throws -> String {
        let authority = TestCertificate(
            keyPath: "\(stage.path)/authority.key", certificatePath: "\(stage.path)/authority.pem", der: [], keyPEM: [])
        let leaf = try stage.factory.leaf("\(name)-\(key)", key: key, issuer: authority, names: ["DNS:device.example"])
        try token.add(leaf, as: name)
        return leaf.certificatePath
    }

    private func tunnel(
        _ name: String, certificate: String, key: String, connect: String, role: String = "server", _ more: String...
    ) -> String {
        """
        [tunnel \(name)]
        role = \(role)
        accept = 127.0.0.1:0
        connect = \(connect)
        certificate = \(certificate)
        key = \(key)
        anchors = DIR/authority.pem
        peer-name = peer.example
        \(more.joined(separator: "\n"))

        """
    }

    private func arguments(_ daemon: DaemonProcess, _ name: String, _ version: String) throws -> [String] {
        [
            "openssl", "s_client", version, "-brief", "-ign_eof", "-connect", try daemon.endpoint(name), "-cert",
            "\(stage.path)/peer.pem", "-key", "\(stage.path)/peer.key", "-CAfile", "\(stage.path)/authority.pem",
            "-verify_return_error", "-verify_hostname", "device.example",
        ]
    }

    private static let request = Array("GET /greeting HTTP/1.0\r\n\r\n".utf8)
    private static let greeting = "hello from behind the tunnel\n"

    /// What a client gets through a tunnel.
    private func fetch(_ daemon: DaemonProcess, _ name: String = "t", _ version: String = "-tls1_3") throws -> String {
        try runProgram(try arguments(daemon, name, version), input: Self.request, mustSucceed: false).output
    }

    @Test(arguments: [TestKey.p256, .p384, .rsa2048], ["-tls1_3", "-tls1_2"])
    func aServerSignsWithAKeyInAToken(key: TestKey, version: String) throws {
        let port = try freePort()
        let certificate = try add(key, as: "server")
        let daemon = try DaemonProcess(
            tunnel("t", certificate: certificate, key: token.uri("server"), connect: "127.0.0.1:\(port)"),
            environment: token.environment)
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        for _ in 0..<3 { #expect(try fetch(daemon, "t", version).hasSuffix(Self.greeting), "\(daemon.log)") }
        try daemon.expectLog("established", "peer authenticated")
        #expect(!daemon.log.contains(SoftToken.pin))
        _ = nginx
    }

    @Test(arguments: [TestKey.p256, .rsa2048]) func aClientSignsWithAKeyInAToken(key: TestKey) throws {
        let port = try freePort()
        let certificate = try add(key, as: "client")
        let daemon = try DaemonProcess(
            tunnel(
                "t", certificate: certificate, key: token.uri("client", pin: false), connect: "127.0.0.1:\(port)",
                role: "client", "pkcs11-pin-file = \(token.pinFile)"), environment: token.environment)
        let server = try Companion.openssl(port: port, in: stage.path)
        try waitFor(port: port)
        let page = try runProgram(["curl", "-sS", "--http1.0", "http://\(try daemon.endpoint("t"))/"]).output
        #expect(page.contains("DNS:device.example"))
        _ = server
    }

    /// Two tunnels, the first with a key in a token whose module does as the test wants.
    private func slowDaemon(_ module: SlowModule, port: Int) throws -> DaemonProcess {
        let certificate = try add(.p256, as: "slow")
        return try DaemonProcess(
            tunnel(
                "t", certificate: certificate, key: token.uri("slow", module: module.path), connect: "127.0.0.1:\(port)"
            )
                + tunnel(
                    "other", certificate: "DIR/device.pem", key: "DIR/device.key", connect: "127.0.0.1:\(port)"),
            environment: token.environment)
    }

    @Test func aSlowTokenHoldsUpItsOwnConnectionAlone() throws {
        let (port, module) = (try freePort(), try SlowModule())
        let daemon = try slowDaemon(module, port: port)
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        module.waits = true
        let waiting = try BackgroundProgram(try arguments(daemon, "t", "-tls1_3"))
        waiting.send(Self.request)
        try daemon.wait { module.isWaiting }
        // While the token holds that connection up, others of the daemon begin, carry data and end.
        for _ in 0..<3 { #expect(try fetch(daemon, "other").hasSuffix(Self.greeting), "\(daemon.log)") }
        #expect(module.isWaiting && !daemon.log.contains("tunnel t: peer"))
        module.waits = false
        try waiting.wait(for: "hello from behind the tunnel")
        _ = nginx
    }

    @Test func aTokenThatDoesNotAnswerIsGivenUp() throws {
        let (port, module) = (try freePort(), try SlowModule())
        let daemon = try slowDaemon(module, port: port)
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        module.waits = true
        let before = try helper(of: daemon)
        #expect(try fetch(daemon).isEmpty)
        try daemon.expectLog("tunnel t: peer", "our key cannot sign", "did not answer in time")
        module.waits = false
        #expect(try fetch(daemon).hasSuffix(Self.greeting), "\(daemon.log)")
        #expect(try helper(of: daemon) != before)
        _ = nginx
    }

    @Test func aModuleThatCrashesEndsItsConnectionAndIsStartedAgain() throws {
        let (port, module) = (try freePort(), try SlowModule())
        let daemon = try slowDaemon(module, port: port)
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        module.crashes = true
        let refused = try runProgram(try arguments(daemon, "t", "-tls1_3"), mustSucceed: false)
        #expect(refused.status != 0 && refused.errors.contains("alert internal error"), "\(refused.errors)")
        try daemon.expectLog("tunnel t: peer", "our key cannot sign", "helper process", "has ended")
        module.crashes = false
        // A helper is started once a second at most.
        try daemon.wait { ((try? fetch(daemon)) ?? "").hasSuffix(Self.greeting) }
        _ = nginx
    }

    @Test func aTokenThatGoesAwayAndComesBack() throws {
        let port = try freePort()
        let certificate = try add(.p256, as: "server")
        let daemon = try DaemonProcess(
            tunnel("t", certificate: certificate, key: token.uri("server"), connect: "127.0.0.1:\(port)"),
            environment: token.environment)
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        #expect(try fetch(daemon).hasSuffix(Self.greeting), "\(daemon.log)")
        // softhsm2 remembers what it has read; its process is what does not survive being pulled out.
        try token.setPresent(false)
        kill(try helper(of: daemon), SIGKILL)
        try daemon.wait { !((try? fetch(daemon)) ?? "").hasSuffix(Self.greeting) && daemon.log.contains("no token") }
        try daemon.expectLog("tunnel t: peer", "our key cannot sign", "there is no token", "plug the token in")
        try token.setPresent(true)
        try daemon.wait { ((try? fetch(daemon)) ?? "").hasSuffix(Self.greeting) }
        _ = nginx
    }

    /// The helper process of a daemon with one token.
    private func helper(of daemon: DaemonProcess) throws -> Int32 {
        let text = try runProgram(["pgrep", "-P", "\(daemon.pid)"]).output
        return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    @Test func aHelperEndsWithItsDaemon() throws {
        let certificate = try add(.p256, as: "server")
        let daemon = try DaemonProcess(
            tunnel("t", certificate: certificate, key: token.uri("server"), connect: "127.0.0.1:1"),
            environment: token.environment)
        let helper = try helper(of: daemon)
        daemon.signal(SIGKILL)
        try daemon.wait { kill(helper, 0) != 0 }
    }

    @Test func whatIsWrongIsToldWithItsLine() throws {
        let certificate = try add(.p256, as: "server")
        func refusal(_ key: String, _ more: String = "") throws -> String {
            let text = tunnel("t", certificate: certificate, key: key, connect: "unix:/x", more)
                .replacing("DIR", with: stage.path)
            let path = try token.files.write("test.conf", Array(text.utf8))
            let result = try runProgram(
                [daemonPath, "--config", path, "--check"], environment: token.environment, mustSucceed: false)
            #expect(result.status == 64 && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            #expect(!result.errors.contains(SoftToken.pin))
            return result.errors
        }
        let good = token.uri("server")
        let wrong = try token.files.write("wrong", Array("1234\n".utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: wrong)
        #expect(
            try refusal(token.uri("server", pin: false), "pkcs11-pin-file = \(wrong)").contains("CKR_PIN_INCORRECT"))
        #expect(try refusal(token.uri("server", pin: false)).contains("wants a PIN"))
        #expect(try refusal(good.replacing(token.pinFile, with: "/none")).contains("No such file"))
        #expect(try refusal(token.uri("none")).contains("no private key in the token"))
        #expect(try refusal(good.replacing("token=swiftlet", with: "token=other")).contains("no token"))
        #expect(try refusal(token.uri("server", module: "/none.so")).contains("cannot be loaded: /none.so"))
        let empty = token.files.file("empty.so")
        try runProgram(["cc", "-shared", "-xc", "/dev/null", "-o", empty])
        #expect(try refusal(token.uri("server", module: empty)).contains("is no PKCS#11 module"))
        #expect(try refusal("pkcs11:object=server").contains("names no module"))
        #expect(try refusal("\(good)&pin-value=\(SoftToken.pin)").contains(":6: key: the PKCS#11 URI has pin-value"))
        let authority = TestCertificate(
            keyPath: "\(stage.path)/authority.key", certificatePath: "\(stage.path)/authority.pem", der: [], keyPEM: [])
        let other = try stage.factory.leaf("tokenother", issuer: authority, names: ["DNS:device.example"])
        try token.add(other, as: "other", id: "02")
        #expect(try refusal(token.uri("other")).contains("not that of the first certificate"))
        #expect(try refusal(good.replacing(";object=server", with: "")).contains("several private keys"))
        #expect(
            try refusal("\(stage.path)/device.key", "pkcs11-pin-file = \(token.pinFile)").contains(
                ":9: pkcs11-pin-file"))
    }

    @Test func thePINCanBeACredential() throws {
        let certificate = try add(.p256, as: "server")
        let text = tunnel("t", certificate: certificate, key: token.uri("server", pin: false), connect: "unix:/x")
            .replacing("DIR", with: stage.path)
        let path = try token.files.write("test.conf", Array(text.utf8))
        try token.files.write("pkcs11-pin", Array(SoftToken.pin.utf8))
        let environment = token.environment.merging(["CREDENTIALS_DIRECTORY": token.files.path]) { $1 }
        #expect(
            try runProgram([daemonPath, "--config", path, "--check"], environment: environment).output.contains("good"))
    }
}
