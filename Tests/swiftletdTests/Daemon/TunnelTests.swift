// The daemon between other programs: what goes through a tunnel, and what must not. The names of threats.md "Daemon" and
// of the truncation, exhaustion and injection lines are in the tests' names.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct TunnelTests {
    @Test(arguments: ["no", "near", "far"]) func carriesBothWaysAndHalfClosesAsServer(waits: String) throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        try daemon.stage.play(
            "transfer", "server", try daemon.endpoint("in"), "unix:\(daemon.files.path)/plain", daemon.stage.path,
            "300000", waits)
        try daemon.expectLog("established", "TLS 1.3", "peer authenticated")
        try daemon.expectLog("closed; received 300000 bytes, sent 300000")
    }

    @Test(arguments: ["no", "near", "far"]) func carriesBothWaysAndHalfClosesAsClient(waits: String) throws {
        let daemon = try DaemonProcess(clientTunnel("unix:TMP/tls"))
        try daemon.stage.play(
            "transfer", "client", "unix:\(daemon.files.path)/tls", try daemon.endpoint("out"), daemon.stage.path,
            "300000", waits)
        try daemon.expectLog("closed; received 300000 bytes, sent 300000")
    }

    @Test func carriesTenMegabytesBothWaysAtOnceOverTCP() throws {
        let plain = "127.0.0.1:\(try freePort())"
        let tls = "127.0.0.1:\(try freePort())"
        let daemon = try DaemonProcess(serverTunnel(plain) + clientTunnel(tls))
        try daemon.stage.play("transfer", "server", try daemon.endpoint("in"), plain, daemon.stage.path, "10000000")
        try daemon.stage.play("transfer", "client", tls, try daemon.endpoint("out"), daemon.stage.path, "10000000")
    }

    @Test(arguments: [512, 2048, 16384]) func twoDaemonsCarryRecordsOfAnySize(recordSize: Int) throws {
        let far = try DaemonProcess(serverTunnel("unix:TMP/plain", "record-size = \(recordSize)"))
        let near = try DaemonProcess(
            clientTunnel(try far.endpoint("in"), certificate: "peer", peer: "device.example"))
        try far.stage.play("chain", try near.endpoint("out"), "unix:\(far.files.path)/plain", "2000000")
        try near.expectLog("closed; received 2000000 bytes, sent 2000000")
    }

    @Test func listensAtUnixSocketsAndRemovesThem() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain", accept: "unix:TMP/in"))
        let path = daemon.files.file("in")
        try daemon.stage.play(
            "transfer", "server", "unix:\(path)", "unix:\(daemon.files.path)/plain", daemon.stage.path, "1000")
        daemon.signal(SIGTERM)
        #expect(try daemon.exitStatus() == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func slowReadersHoldSendersBackAndMemoryDoesNotGrow() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain") + clientTunnel("unix:TMP/tls"))
        let plain = "unix:\(daemon.files.path)/plain"
        try daemon.stage.play("transfer", "server", try daemon.endpoint("in"), plain, daemon.stage.path, "100000")
        let before = try daemon.residentMemory()
        try FileManager.default.removeItem(atPath: daemon.files.file("plain"))
        try daemon.stage.play("slow", "server", try daemon.endpoint("in"), plain, daemon.stage.path, "5000000")
        try daemon.stage.play(
            "slow", "client", "unix:\(daemon.files.path)/tls", try daemon.endpoint("out"), daemon.stage.path, "5000000")
        #expect(try daemon.residentMemory() - before < 1024)
    }

    @Test func twoHundredConnectionsOneAfterTheOtherLeaveNothingBehind() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        let plain = "unix:\(daemon.files.path)/plain"
        try daemon.stage.play("echoes", try daemon.endpoint("in"), plain, daemon.stage.path, "50", "one")
        try daemon.wait { daemon.log.components(separatedBy: "closed; received").count == 51 }
        let (memory, descriptors) = (try daemon.residentMemory(), try daemon.descriptors())
        try FileManager.default.removeItem(atPath: daemon.files.file("plain"))
        try daemon.stage.play("echoes", try daemon.endpoint("in"), plain, daemon.stage.path, "200", "one")
        try daemon.wait { daemon.log.components(separatedBy: "closed; received").count == 251 }
        #expect(try daemon.descriptors() == descriptors)
        #expect(try daemon.residentMemory() - memory < 1024)
    }

    @Test func fiftyConnectionsAtOnceWithFewerWorkspaces() throws {
        let daemon = try DaemonProcess(
            "[daemon]\nhandshakes = 4\n" + serverTunnel("unix:TMP/plain", "connections = 50"))
        try daemon.stage.play(
            "echoes", try daemon.endpoint("in"), "unix:\(daemon.files.path)/plain", daemon.stage.path, "50", "together")
    }

    // Truncation and resets

    @Test(arguments: ["reset", "fin"]) func aTruncatedTLSStreamIsNeverACleanEnd(how: String) throws {
        let plain = "127.0.0.1:\(try freePort())"
        let daemon = try DaemonProcess(serverTunnel(plain))
        try daemon.stage.play("broken", how, "server", try daemon.endpoint("in"), plain, daemon.stage.path)
        try daemon.expectLog(how == "reset" ? "broken off" : "truncated", "received 5000 bytes")
    }

    @Test func aResetOfThePlainSideIsNeverACloseNotify() throws {
        let tls = "127.0.0.1:\(try freePort())"
        let daemon = try DaemonProcess(clientTunnel(tls))
        try daemon.stage.play("broken", "reset", "client", tls, try daemon.endpoint("out"), daemon.stage.path)
        try daemon.expectLog("plain side broken off", "sent 5000")
    }

    @Test func aPlainSideThatIsNotThereIsToldInTheLog() throws {
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(try freePort())"))
        let result = try runProgram(
            [
                "openssl", "s_client", "-connect", try daemon.endpoint("in"), "-cert", "\(daemon.stage.path)/peer.pem",
                "-key", "\(daemon.stage.path)/peer.key", "-ign_eof",
            ], mustSucceed: false)
        _ = result
        try daemon.expectLog("cannot connect: Connection refused", "check that the other program is running")
    }

    // Who may not

    @Test(arguments: [
        ("-", "certificate required", "showed no certificate"), ("stranger", "unknown ca", "neither an anchor"),
        ("othername", "bad certificate", "other names"),
    ]) func aClientIsRefused(name: String, alert: String, log: String) throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        try daemon.stage.play(
            "refused", try daemon.endpoint("in"), "unix:\(daemon.files.path)/plain", daemon.stage.path, name, alert)
        try daemon.expectLog(log, "received 0 bytes, sent 0")
    }

    @Test(arguments: [("stranger", "neither an anchor"), ("othername", "other names")])
    func aServerIsRefused(name: String, log: String) throws {
        let daemon = try DaemonProcess(clientTunnel("unix:TMP/tls"))
        try daemon.stage.play(
            "untrusted", "unix:\(daemon.files.path)/tls", try daemon.endpoint("out"), daemon.stage.path, name)
        try daemon.expectLog(log, "received 0 bytes, sent 0")
    }

    @Test func garbageHarmsNobody() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        let plain = "unix:\(daemon.files.path)/plain"
        try daemon.stage.play("garbage", try daemon.endpoint("in"), plain, daemon.stage.path)
        try FileManager.default.removeItem(atPath: daemon.files.file("plain"))
        try daemon.stage.play("echoes", try daemon.endpoint("in"), plain, daemon.stage.path, "1", "one")
        #expect(daemon.log.utf8.allSatisfy { $0 == 10 || (0x20...0x7E).contains($0) })
    }
}
