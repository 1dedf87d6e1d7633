// A daemon whose machine's clock is set while it runs, as a time service does soon after a board without a battery has started: it is
// noticed at once, without a signal. The clock is faketime's, and the news of it come from Tests/ClockSetting.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ClockSetTests {
    private let stage: RenewalStage
    private let offset: String
    private let fifo: String

    init() throws {
        stage = try RenewalStage()
        offset = stage.files.file("offset")
        fifo = stage.files.file("fifo")
    }

    /// Starts a daemon whose clock can be set.
    private func daemon(_ sections: String, at time: String) throws -> DaemonProcess {
        let library = stage.files.file("clock_setting.so")
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        try runProgram([
            "cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-DFIFO=\"\(fifo)\"",
            tests.appendingPathComponent("ClockSetting/clock_setting.c").path, "-o", library,
        ])
        try runProgram(["mkfifo", fifo])
        try write(time)
        return try DaemonProcess(
            sections,
            environment: [
                "LD_PRELOAD": "\(library):\(try faketimeLibrary())", "FAKETIME_TIMESTAMP_FILE": offset,
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC",
            ])
    }

    private func write(_ time: String) throws { try stage.files.write("offset", Array("\(time)\n".utf8)) }

    /// Sets the daemon's clock.
    private func setClock(to time: String) throws {
        try write(time)
        let pipe = try FileHandle(forWritingTo: URL(fileURLWithPath: fifo))
        try pipe.write(contentsOf: Data([0]))
    }

    /// What is due by the clock that was set is asked for at once; and back again, a clock that cannot be is called so.
    @Test func aClockThatIsSetIsNoticedAtOnce() throws {
        try stage.install("own", daysAgo: 1)
        let server = try ESTServer(stage.est)
        let echo = try stage.echo()
        let daemon = try daemon(stage.tunnel(echo.port) + stage.renewal(server), at: "+0d")
        try daemon.expectLog("renewal own: generation 1 is valid until")
        #expect(try stage.shown(by: daemon) == stage.leaf("0001") && !daemon.log.contains("due; asking"))
        try setClock(to: "+24d")
        try daemon.expectLog("the clock of this machine was set to ")
        try daemon.expectLog("tunnel t: new handshakes show generation 2")
        #expect(!daemon.log.contains("which cannot be"))
        try setClock(to: "-20000d")
        try daemon.expectLog("the clock of this machine was set to 19", ", which cannot be: it is later than 20")
        // It is no evidence, and nothing has been asked for a second time.
        #expect(daemon.log.components(separatedBy: "due; asking").count == 2, "\(daemon.log)")
        #expect(try stage.shown(by: daemon) == stage.leaf("0002"))
        _ = echo
    }

    /// A board that starts before the time of anything, and gets the time then: peers are let in from then on.
    @Test func aClockThatIsSetAfterTheStart() throws {
        let peer = try stage.est.factory.leaf("peer", issuer: stage.est.authority)
        try stage.install("own", daysAgo: 25)
        let server = try ESTServer(stage.est)
        let echo = try stage.echo()
        let sections = stage.tunnel(echo.port).replacing(
            "client-certificates = none", with: "client-certificates = required")
        let daemon = try daemon(sections + stage.renewal(server), at: "@1970-01-01 00:00:10")
        func visit() throws { _ = try stage.summary(daemon, "-cert", peer.certificatePath, "-key", peer.keyPath) }
        try visit()
        try daemon.expectLog("tunnel t: peer", "time")
        #expect(!daemon.log.contains("due; asking"))
        try setClock(to: "+0d")
        try daemon.expectLog("the clock of this machine was set to 20")
        try daemon.expectLog("tunnel t: new handshakes show generation 2")
        #expect(!daemon.log.contains("established"))
        try visit()
        try daemon.expectLog("established")
        _ = echo
    }

    /// The kernel has been asked to tell: a timer on CLOCK_REALTIME with TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET.
    @Test func theKernelIsAskedToTell() throws {
        try stage.install("own", daysAgo: 1)
        let daemon = try DaemonProcess(stage.tunnel(try freePort()))
        let folder = "/proc/\(daemon.pid)/fdinfo"
        let timers = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
            try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }.filter { $0.contains("clockid:") }
        #expect(timers.count == 1 && timers[0].contains("clockid: 0\n") && timers[0].contains("settime flags: 03\n"))
    }
}
