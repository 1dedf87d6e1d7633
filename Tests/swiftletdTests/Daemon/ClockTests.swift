// The device and its clock (threats.md: clock poisoning): years in which a board without a battery, or one that somebody has set
// wrong, believes to be, and clocks that jump while the daemon runs. The clock is faketime's; everybody else's is right.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ClockTests {
    private let stage: RenewalStage

    init() throws { stage = try RenewalStage() }

    private var store: String { stage.store }

    /// Runs one of the daemon's verbs under a clock.
    private func run(_ arguments: String..., at time: String) throws -> ProgramResult {
        let words = try fakeClock(time).map { "\($0)=\($1)" }
        return try runProgram(["env"] + words + [daemonPath] + arguments, mustSucceed: false)
    }

    private func lastKnownGood() throws -> String {
        try String(decoding: readFile("\(store)/clock"), as: UTF8.self)
    }

    // A device that does not know the time

    /// It learns the time that its certificate is from, from a server with a pinned anchor; and then it does not go back.
    @Test(arguments: ["@1970-01-01 00:00:10", "@2025-12-31 00:00:00"])
    func aClockThatWasNotSetIsNoReasonNotToEnrol(time: String) throws {
        let server = try ESTServer(stage.est)
        let enrolled = try run(
            "enroll", "--server", server.url, "--store", store, "--name", "device.example", "--anchor",
            stage.est.authority.certificatePath, at: time)
        #expect(enrolled.status == 0, "\(enrolled.errors)")
        let learnt = try lastKnownGood()
        #expect(learnt > "2026-01-01T00:00:00Z\n" && learnt.count == 21)
        let renewed = try run("renew", "--server", server.url, "--store", store, at: time)
        #expect(renewed.status == 0, "\(renewed.errors)")
        #expect(try lastKnownGood() >= learnt)
        #expect(try run("needs-renewal", "--store", store, at: time).status == 1)
    }

    /// An identity from before is due by what a later one has taught.
    @Test func whatIsDueIsDueByTheFloor() throws {
        try stage.install("old", daysAgo: 25)
        let past = "@2026-01-02 00:00:00"
        #expect(try run("needs-renewal", "--store", store, at: past).status == 1)
        let server = try ESTServer(stage.est)
        try runProgram([daemonPath, "renew", "--server", server.url, "--store", store])
        try runProgram([daemonPath, "identity", "rollback", "--store", store])
        #expect(try run("needs-renewal", "--store", store, at: past).status == 0)
        // Whoever asks about a time gets an answer for that.
        let asked = try run("needs-renewal", "--store", store, "--time", "2026-01-02T00:00:00Z", at: past)
        #expect(asked.status == 1)
    }

    /// What has expired by the floor has expired, whatever the clock says.
    @Test func aServerThatHasExpiredIsRefusedWhenOnlyTheFloorIsKnown() throws {
        // Good until the day before yesterday.
        let files = stage.files
        let (key, request, path) = (files.file("gone.key"), files.file("gone.csr"), files.file("gone.pem"))
        let section = try files.write("gone.ext", Array("subjectAltName=DNS:localhost".utf8))
        try runProgram([
            "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-subj", "/CN=localhost", "-out", request,
        ])
        try runProgram([
            "faketime", "-f", "-3d", "openssl", "x509", "-req", "-in", request, "-CA",
            stage.est.authority.certificatePath,
            "-CAkey", stage.est.authority.keyPath, "-set_serial", "0x77", "-days", "1", "-extfile", section, "-out",
            path,
        ])
        let gone = TestCertificate(keyPath: key, certificatePath: path, der: [], keyPEM: [])
        let (good, expired) = (try ESTServer(stage.est), try ESTServer(stage.est, certificate: gone))
        func renew(_ server: ESTServer) throws -> ProgramResult {
            try run("renew", "--server", server.url, "--store", store, at: "@1970-01-01 00:00:10")
        }
        try stage.install("old", daysAgo: 25)
        #expect(try renew(good).status == 0)
        // Now it knows, from the certificate that it was given, that it is today.
        let refused = try renew(expired)
        #expect(refused.status == 3 && refused.errors.contains("expired"), "\(refused.errors)")
    }

    /// A notBefore in the future is tolerated for the enrolment server and for nobody else.
    @Test func aTunnelRefusesPeersWhileTheTimeIsNotKnown() throws {
        let peer = try stage.est.factory.leaf("peer", issuer: stage.est.authority)
        try stage.install("own", daysAgo: 0)
        let echo = try stage.echo()
        let sections = stage.tunnel(echo.port).replacing(
            "client-certificates = none", with: "client-certificates = required")
        func talk(at time: String) throws -> (output: String, log: String) {
            let daemon = try DaemonProcess(sections, environment: try fakeClock(time))
            let client = try BackgroundProgram(
                try stage.client(daemon, "-cert", peer.certificatePath, "-key", peer.keyPath))
            client.send("hello\n")
            try daemon.wait { daemon.log.contains("tunnel t: peer") }
            if daemon.log.contains("established") { try client.wait(for: "hello") }
            return (client.output, daemon.log)
        }
        let lost = try talk(at: "@1970-01-01 00:00:10")
        #expect(lost.output.isEmpty && lost.log.contains("time"), "\(lost.log)")
        #expect(try talk(at: "+0d").output == "hello\n")
        // Two minutes behind the authority is a clock that was set: it is as late as our own certificate says.
        #expect(try talk(at: "-2m").output == "hello\n")
        _ = echo
    }

    // A device that is told a wrong time

    @Test(arguments: ["@2038-01-20 00:00:00", "@2106-02-08 00:00:00", "@9999-12-31 23:00:00"])
    func aClockInTheFutureHarmsNothingThatLasts(time: String) throws {
        try stage.install("own", daysAgo: 1)
        let server = try ESTServer(stage.est)
        let echo = try stage.echo()
        do {
            let daemon = try DaemonProcess(
                stage.tunnel(echo.port) + stage.renewal(server), environment: try fakeClock(time))
            // To that clock everybody's certificate has expired: an attempt is made too early, and fails.
            try daemon.expectLog("renewal own: due; asking")
            try daemon.expectLog("renewal own: failed: ", "expired", "next attempt in ")
            #expect(try stage.shown(by: daemon) == stage.leaf("0001"))
        }
        #expect(!FileManager.default.fileExists(atPath: "\(store)/clock"))
        // Back in the present all is as before.
        let daemon = try DaemonProcess(stage.tunnel(echo.port) + stage.renewal(server))
        #expect(try stage.shown(by: daemon) == stage.leaf("0001"))
        #expect(try stage.status()["generation"] as? Int == 1 && !daemon.log.contains("due; asking"))
        _ = echo
    }

    @Test func aClockThatWasNotSetMakesNoAttempt() throws {
        try stage.install("own", daysAgo: 1)
        let server = try ESTServer(stage.est)
        let echo = try stage.echo()
        let daemon = try DaemonProcess(
            stage.tunnel(echo.port) + stage.renewal(server), environment: try fakeClock("@1970-01-01 00:00:10"))
        try daemon.expectLog("renewal own: generation 1 is valid until")
        #expect(try stage.shown(by: daemon) == stage.leaf("0001"))
        #expect(!daemon.log.contains("due; asking"))
        _ = echo
    }

    /// The clock jumps under a running daemon: ahead into the time of renewal, and back to before anything was.
    @Test func jumpsUnderARunningDaemon() throws {
        try stage.install("own", daysAgo: 1)
        let server = try ESTServer(stage.est)
        let echo = try stage.echo()
        let file = try stage.files.write("offset", Array("+0d\n".utf8))
        var environment = try fakeClock("+0d")
        environment["FAKETIME"] = nil
        environment["FAKETIME_TIMESTAMP_FILE"] = file
        environment["FAKETIME_NO_CACHE"] = "1"
        let daemon = try DaemonProcess(stage.tunnel(echo.port) + stage.renewal(server), environment: environment)
        let live = try BackgroundProgram(try stage.client(daemon))
        live.send("one\n")
        try live.wait(for: "one\n")
        #expect(!daemon.log.contains("due; asking"))
        try Data("+24d\n".utf8).write(to: URL(fileURLWithPath: file))
        daemon.signal(SIGHUP)
        try daemon.expectLog("tunnel t: new handshakes show generation 2")
        // To that clock the new one is due at once: no storm of requests comes of it.
        try daemon.expectLog("renewal own: generation 2 is valid until")
        daemon.signal(SIGHUP)
        live.send("two\n")
        try live.wait(for: "two\n")
        try Data("-20000d\n".utf8).write(to: URL(fileURLWithPath: file))
        daemon.signal(SIGHUP)
        live.send("three\n")
        try live.wait(for: "three\n")
        #expect(try stage.shown(by: daemon) == stage.leaf("0002"))
        #expect(daemon.log.components(separatedBy: "due; asking").count == 2, "\(daemon.log)")
        // What it has learnt is when the certificate was issued, not what the clock said.
        let today = UInt64(Date().timeIntervalSince1970)
        let learnt = try #require(ISO8601DateFormatter().date(from: lastKnownGood().trimmingCharacters(in: .newlines)))
        #expect(learnt.timeIntervalSince1970 <= Double(today) + 1)
        _ = echo
    }
}
