// Time, places and the end: timeouts, the end of the pool, signals, the service manager.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct LimitTests {
    @Test func aSilentClientIsClosedAfterTheHandshakeTimeout() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain", "handshake-timeout = 1"))
        try daemon.stage.play("silent", try daemon.endpoint("in"), "1")
        try daemon.expectLog("longer than handshake-timeout allows")
    }

    @Test func anIdleConnectionIsResetAfterTheIdleTimeout() throws {
        let plain = "127.0.0.1:\(try freePort())"
        let daemon = try DaemonProcess(serverTunnel(plain, "idle-timeout = 1"))
        try daemon.stage.play("idle", try daemon.endpoint("in"), plain, daemon.stage.path, "1")
        try daemon.expectLog("idle-timeout allows", "received 3 bytes, sent 3")
    }

    @Test func pastThePoolsEndAConnectionIsRefusedAndLogged() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain", "connections = 3"))
        try daemon.stage.play(
            "full", try daemon.endpoint("in"), "unix:\(daemon.files.path)/plain", daemon.stage.path, "3")
        try daemon.expectLog("refused: all 3 connections are in use", "raise connections")
    }

    @Test func silentClientsHoldWorkspacesNoLongerThanTheHandshakeTimeout() throws {
        let daemon = try DaemonProcess(
            "[daemon]\nhandshakes = 2\n" + serverTunnel("unix:TMP/plain", "handshake-timeout = 1"))
        try daemon.stage.play(
            "crowd", try daemon.endpoint("in"), "unix:\(daemon.files.path)/plain", daemon.stage.path, "4", "2")
    }

    @Test func establishedTrafficGoesOnUnderAFloodOfHandshakes() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        let result = try daemon.stage.play(
            "starved", try daemon.endpoint("in"), "unix:\(daemon.files.path)/plain", daemon.stage.path, "4")
        // Seconds; a debug build on a busy machine.
        let worst = try #require(Double(result.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(worst < 2)
    }

    @Test func theEndIsTellingEverybodyAndExitZero() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        try daemon.stage.play(
            "stopped", try daemon.endpoint("in"), "unix:\(daemon.files.path)/plain", daemon.stage.path, "\(daemon.pid)")
        #expect(try daemon.exitStatus() == 0)
        try daemon.expectLog("told to end")
    }

    @Test func aHangUpIsAnsweredInTheLog() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        daemon.signal(SIGHUP)
        try daemon.expectLog("no tunnel has crls or identity")
        daemon.signal(SIGINT)
        #expect(try daemon.exitStatus() == 0)
    }

    @Test func theServiceManagerIsTold() throws {
        let files = try TemporaryDirectory()
        let program = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.settimeout(20)
            s.bind(sys.argv[1])
            print(s.recv(100).decode())
            """
        let listener = Process()
        let output = Pipe()
        listener.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        listener.arguments = ["python3", "-c", program, files.file("notify")]
        listener.standardOutput = output
        try listener.run()
        while !FileManager.default.fileExists(atPath: files.file("notify")) { Thread.sleep(forTimeInterval: 0.02) }
        let daemon = try DaemonProcess(
            serverTunnel("unix:TMP/plain"), environment: ["NOTIFY_SOCKET": files.file("notify")])
        listener.waitUntilExit()
        let told = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(told == "READY=1\n")
        _ = daemon
    }

    @Test func aPortThatIsTakenEndsTheStartWithAReason() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        let stage = try Stage.shared.get()
        let text = serverTunnel("unix:/tmp/x", accept: try daemon.endpoint("in")).replacing("DIR", with: stage.path)
        let path = try daemon.files.write("second.conf", Array(text.utf8))
        let result = try runProgram([daemonPath, "--config", path], mustSucceed: false)
        #expect(result.status == 1)
        #expect(result.errors.contains("tunnel in, 127.0.0.1:"), "\(result.errors)")
        #expect(result.errors.contains("Address already in use; stop the program"), "\(result.errors)")
    }
}
