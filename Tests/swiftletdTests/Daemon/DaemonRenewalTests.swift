// The daemon renews its identity by itself, at an EST server that is not ours: under live sessions, and whatever fails leaves the
// identity as it was, with one line in the log.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct DaemonRenewalTests {
    private let stage: RenewalStage

    init() throws { stage = try RenewalStage() }

    private var store: String { stage.store }

    // What works

    @Test func anIdentityIsRenewedUnderLiveSessions() throws {
        let server = try ESTServer(stage.est, "--behave", "hold", "--need-certificate")
        let daemon = try stage.dueDaemon(stage.renewal(server))
        try daemon.expectLog("renewal own: due; asking https://localhost:")
        let session = stage.files.file("session")
        let live = try BackgroundProgram(try stage.client(daemon, "-sess_out", session))
        live.send("before\n")
        try live.wait(for: "before\n")
        let handshake = try BackgroundProgram(["python3", "-c", Self.lateHandshake, try daemon.endpoint("t")])
        try handshake.wait(for: "connected")
        let old = try stage.shown(by: daemon)
        #expect(try old == stage.leaf("0001"))
        // The session in the file is good for as long as nothing changes.
        #expect(try stage.summary(daemon, "-sess_in", session).contains("Reused"))
        try server.letGo()
        try daemon.expectLog("renewal own: a certificate was issued; it is tried")
        try daemon.expectLog("renewal own: renewed: generation 2 is stored")
        try daemon.expectLog("tunnel t: new handshakes show generation 2")
        let new = try stage.shown(by: daemon)
        #expect(try new == stage.leaf("0002") && new != old)
        // Whoever resumed would not see it.
        #expect(try stage.summary(daemon, "-sess_in", session).contains("New, TLSv1.3"))
        live.send("after\n")
        try live.wait(for: "after\n")
        // One that had connected before has the identity of then.
        handshake.send("go\n")
        try handshake.wait(for: "sha256")
        #expect(try stage.hash(old) == handshake.output.components(separatedBy: "sha256 ")[1].prefix(64))
        #expect(try stage.status()["generation"] as? Int == 2)
        #expect(try String(decoding: readFile("\(store)/clock"), as: UTF8.self).hasSuffix("Z\n"))
    }

    /// Connects, and makes its handshake when it is told to.
    private static let lateHandshake = """
        import hashlib, socket, ssl, sys
        host, port = sys.argv[1].rsplit(":", 1)
        raw = socket.create_connection((host, int(port)))
        print("connected", flush=True)
        sys.stdin.readline()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        der = context.wrap_socket(raw).getpeercert(True)
        print("sha256", hashlib.sha256(der).hexdigest(), flush=True)
        sys.stdin.readline()
        """

    /// The next key is made in the token, and both are used while handshakes are under way that began with the first.
    @Test(arguments: ["p256", "rsa2048"]) func anIdentityInATokenIsRenewedUnderLiveSessions(type: String) throws {
        let token = try SoftToken()
        try stage.install("tls", in: token, type: type, daysAgo: 25)
        let server = try ESTServer(stage.est, "--behave", "hold", "--need-certificate")
        let echo = try stage.echo()
        let daemon = try DaemonProcess(
            stage.tunnel(echo.port) + stage.renewal(server), environment: token.environment)
        let live = try BackgroundProgram(try stage.client(daemon))
        live.send("before\n")
        try live.wait(for: "before\n")
        let handshake = try BackgroundProgram(["python3", "-c", Self.lateHandshake, try daemon.endpoint("t")])
        try handshake.wait(for: "connected")
        let old = try stage.shown(by: daemon)
        try server.letGo()
        try daemon.expectLog("tunnel t: new handshakes show generation 2")
        let new = try stage.shown(by: daemon)
        #expect(try new == stage.leaf("0002") && new != old)
        let keys = try ["0001", "0002"].map { try readFile("\(store)/\($0)/key.uri") }
        #expect(keys[0] != keys[1])
        live.send("after\n")
        try live.wait(for: "after\n")
        handshake.send("go\n")
        try handshake.wait(for: "sha256")
        #expect(try stage.hash(old) == handshake.output.components(separatedBy: "sha256 ")[1].prefix(64))
        // Of the two helpers one is left.
        try daemon.wait { (try? stage.children(of: daemon).count) == 1 }
        #expect(try stage.shown(by: daemon) == new)
        _ = echo
    }

    /// A store, and in another test files, with what the device was made with.
    @Test(arguments: [true, false]) func anExpiredIdentityMakesWayForTheFactorys(isStore: Bool) throws {
        try stage.install("old", daysAgo: 40)
        let factory = try stage.est.factory.leaf(
            "factory", issuer: stage.est.authority, names: ["DNS:serial-1.example"])
        var settings = "factory-certificate = \(factory.certificatePath)\nfactory-key = \(factory.keyPath)"
        if isStore {
            try runProgram([
                daemonPath, "identity", "install", "--store", stage.files.file("factory-store"), "--key",
                factory.keyPath,
                "--cert", factory.certificatePath,
            ])
            settings = "factory-identity = \(stage.files.file("factory-store"))"
        }
        let server = try ESTServer(stage.est, "--need-certificate")
        let echo = try stage.echo()
        let daemon = try DaemonProcess(stage.tunnel(echo.port) + stage.renewal(server, settings))
        try daemon.expectLog("renewal own: the identity has expired; enrolling anew with the factory's at")
        try daemon.expectLog("tunnel t: new handshakes show generation 2")
        #expect(try stage.shown(by: daemon) == stage.leaf("0002"))
        let request = try runProgram([
            "openssl", "req", "-in", "\(server.log)/request-1.pem", "-noout", "-subject", "-text",
        ]).output
        #expect(request.contains("CN = old") && request.contains("DNS:device.example"), "\(request)")
        _ = echo
    }

    @Test func anotherOnesRenewalIsTakenUpAtSIGHUP() throws {
        try stage.install("first", daysAgo: 1)
        let echo = try stage.echo()
        let server = try ESTServer(stage.est)
        let daemon = try DaemonProcess(
            stage.tunnel(echo.port) + stage.tunnel(echo.port, name: "u") + stage.renewal(server))
        let first = try stage.shown(by: daemon)
        try runProgram([daemonPath, "renew", "--server", server.url, "--store", store])
        daemon.signal(SIGHUP)
        for name in ["t", "u"] { try daemon.expectLog("tunnel \(name): new handshakes show generation 2") }
        try daemon.expectLog("renewal own: generation 2 is valid until")
        let second = try stage.shown(by: daemon)
        #expect(try second == stage.leaf("0002") && second != first)
        // Once more: the places are used in turn, and nothing is taken from the heap.
        let memory = try daemon.residentMemory()
        for number in 3...12 {
            try stage.install("number-\(number)", daysAgo: 1)
            daemon.signal(SIGHUP)
            try daemon.expectLog("tunnel u: new handshakes show generation \(number)")
        }
        #expect(try stage.shown(by: daemon) == stage.leaf("0012"))
        #expect(try daemon.residentMemory() < memory + 512)
        // A store that has become unusable changes nothing.
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(store)/current"))
        daemon.signal(SIGHUP)
        try daemon.expectLog("the identity of", "stays as it was")
        #expect(try stage.shown(by: daemon) == stage.leaf("0012"))
        _ = echo
    }

    /// There is room for two: a third waits until handshakes that began with the first are over.
    @Test func aThirdIdentityWaitsForHandshakesOfTheFirst() throws {
        try stage.install("first", daysAgo: 1)
        let echo = try stage.echo()
        let daemon = try DaemonProcess(stage.tunnel(echo.port))
        let handshake = try BackgroundProgram(["python3", "-c", Self.lateHandshake, try daemon.endpoint("t")])
        try handshake.wait(for: "connected")
        let first = try stage.shown(by: daemon)
        try stage.install("second", daysAgo: 1)
        daemon.signal(SIGHUP)
        try daemon.expectLog("tunnel t: new handshakes show generation 2")
        try stage.install("third", daysAgo: 1)
        daemon.signal(SIGHUP)
        try daemon.expectLog("the new identity of", "is taken up when the handshakes")
        #expect(try stage.shown(by: daemon) == stage.leaf("0002"))
        handshake.send("go\n")
        try handshake.wait(for: "sha256")
        #expect(try stage.hash(first) == handshake.output.components(separatedBy: "sha256 ")[1].prefix(64))
        try daemon.expectLog("tunnel t: new handshakes show generation 3")
        #expect(try stage.shown(by: daemon) == stage.leaf("0003"))
        _ = echo
    }

    // What fails

    private func expectUnchanged(_ daemon: DaemonProcess, _ location: SourceLocation = #_sourceLocation) throws {
        #expect(try stage.shown(by: daemon) == stage.leaf("0001"), sourceLocation: location)
        #expect(try stage.status()["generation"] as? Int == 1, sourceLocation: location)
        #expect(!FileManager.default.fileExists(atPath: "\(store)/0002"), sourceLocation: location)
        let failures = daemon.log.split(separator: "\n").filter { $0.contains("renewal own: failed: ") }
        #expect(failures.count == 1 && failures[0].contains("the identity stays as it was, next attempt in "))
    }

    @Test func aServerThatIsDownIsAskedAgainLater() throws {
        let daemon = try stage.dueDaemon(stage.renewal(url: "https://localhost:\(try freePort())"))
        try daemon.expectLog("renewal own: failed: ", "refused", "next attempt in ", " s at the earliest")
        // The back-off holds, whoever wants it sooner.
        daemon.signal(SIGHUP)
        try expectUnchanged(daemon)
    }

    /// RFC 9110 §10.2.3: a server may say how long it wants to be left alone.
    @Test func aServerIsLeftAloneForAsLongAsItWants() throws {
        let server = try ESTServer(stage.est, "--behave", "busy:1800")
        let daemon = try stage.dueDaemon(stage.renewal(server))
        try daemon.expectLog("renewal own: failed: ", "status 503", "next attempt in 1800 s")
        try expectUnchanged(daemon)
    }

    /// RFC 7030 §4.2.3: within `wait` the same attempt asks again; beyond it the next one does, when the server wants.
    @Test func aServerThatHasNotDecidedIsAskedAgain() throws {
        try stage.install("old", daysAgo: 25)
        let echo = try stage.echo()
        do {
            let server = try ESTServer(stage.est, "--behave", "pending:9:900")
            let daemon = try DaemonProcess(stage.tunnel(echo.port) + stage.renewal(server, "wait = 0"))
            try daemon.expectLog("renewal own: failed: ", "not decided yet (202)", "next attempt in 900 s")
            try expectUnchanged(daemon)
        }
        let server = try ESTServer(stage.est, "--behave", "pending:1:1")
        let daemon = try DaemonProcess(stage.tunnel(echo.port) + stage.renewal(server))
        try daemon.expectLog("tunnel t: new handshakes show generation 2")
        _ = echo
    }

    /// The new identity must do for a connection with the server before it is used.
    @Test func anIdentityThatTheServerDoesNotTakeIsDropped() throws {
        let other = try stage.est.factory.authority("other-authority")
        let server = try ESTServer(
            stage.est, "--ca", other.certificatePath, "--ca-key", other.keyPath, "--cacerts",
            stage.est.authority.certificatePath, "--cacerts", other.certificatePath)
        let daemon = try stage.dueDaemon(stage.renewal(server))
        try daemon.expectLog("renewal own: a certificate was issued; it is tried")
        try daemon.expectLog("renewal own: failed: ", "alert")
        try expectUnchanged(daemon)
    }

    @Test func aProcessThatIsKilledIsAFailedAttempt() throws {
        let server = try ESTServer(stage.est, "--behave", "hold")
        let daemon = try stage.dueDaemon(stage.renewal(server))
        try daemon.wait { FileManager.default.fileExists(atPath: "\(server.log)/request-1.pem") }
        kill(try stage.child(of: daemon), SIGKILL)
        try daemon.expectLog("renewal own: failed: its process has ended without saying why")
        try expectUnchanged(daemon)
        try server.letGo()
        // Nothing is left of it.
        try daemon.wait { (try? stage.children(of: daemon)) == [] }
    }

    @Test func anAttemptEndsWithItsDaemon() throws {
        let server = try ESTServer(stage.est, "--behave", "hold")
        let daemon = try stage.dueDaemon(stage.renewal(server))
        try daemon.wait { FileManager.default.fileExists(atPath: "\(server.log)/request-1.pem") }
        let child = try stage.child(of: daemon)
        daemon.signal(SIGTERM)
        #expect(try daemon.exitStatus() == 0)
        try daemon.wait { !FileManager.default.fileExists(atPath: "/proc/\(child)/fd/0") }
        try server.letGo()
        #expect(try stage.status()["generation"] as? Int == 1)
    }

    @Test func whatAServerDoesNotWantIsTold() throws {
        let server = try ESTServer(stage.est, "--auth", "digest", "--user", "device:secret")
        let password = try stage.files.write("password", Array("wrong\n".utf8))
        let daemon = try stage.dueDaemon(stage.renewal(server, "user = device\npassword-file = \(password)"))
        try daemon.expectLog("renewal own: failed: ", "(401); check user and password-file")
        #expect(!daemon.log.contains("wrong"))
        try expectUnchanged(daemon)
    }
}
