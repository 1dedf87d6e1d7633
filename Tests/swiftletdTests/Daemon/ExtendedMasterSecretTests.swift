// Tunnels and a peer that cannot bind the master secret to the handshake (RFC 7627): BearSSL, in both roles. Refused, unless
// `unsafe-no-extended-master-secret` is named. threats.md, TLS 1.2: "tls-unique and exporters need it (Triple Handshake)".
import Foundation
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: Peer.installed.contains(.bearssl))) struct ExtendedMasterSecretTests {
    private let yes = "unsafe-no-extended-master-secret = yes"

    /// What both of BearSSL's roles are told of certificates.
    private func identity() throws -> [String] {
        let path = try Stage.shared.get().path
        return ["--tls12", "--ca", "\(path)/authority.pem", "--cert", "\(path)/peer.pem", "--key", "\(path)/peer.key"]
    }

    /// BearSSL's client at a server tunnel.
    private func connect(to daemon: DaemonProcess) throws -> ProgramResult {
        let port = try #require(daemon.endpoint("in").split(separator: ":").last)
        return try Peer.bearssl.client(String(port), identity())
    }

    @Test func aClientWithoutItIsRefused() throws {
        let echo = try Companion.echo(in: Stage.shared.get().path)
        let daemon = try DaemonProcess(
            serverTunnel("127.0.0.1:\(echo.port)", "unsafe-no-extended-master-secret = no"))
        let result = try connect(to: daemon)
        #expect(result.status == 1 && result.output.isEmpty, "\(result.output)")
        try daemon.expectLog("does not know extended_master_secret")
    }

    @Test func aClientWithoutItIsServedWhereThatIsNamed() throws {
        let echo = try Companion.echo(in: Stage.shared.get().path)
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(echo.port)", yes))
        let result = try connect(to: daemon)
        #expect(result.status == 0 && result.output.contains("echoed=1000"), "\(result.errors)\(daemon.log)")
        try daemon.expectLog("established: TLS 1.2", "peer authenticated", "without extended master secret")
        // A peer that has it is held to it, and the log says nothing of it.
        let directory = daemon.stage.path
        let other = try runProgram(
            [
                "openssl", "s_client", "-tls1_2", "-brief", "-connect", try daemon.endpoint("in"), "-cert",
                "\(directory)/peer.pem", "-key", "\(directory)/peer.key",
            ], mustSucceed: false)
        #expect(other.errors.contains("Protocol version: TLSv1.2"), "\(other.errors)")
        try daemon.wait { daemon.log.components(separatedBy: "established").count == 3 }
        #expect(daemon.log.components(separatedBy: "without extended master secret").count == 2)
    }

    /// BearSSL's server, ready for so many connections, and its port.
    private func server(connections: Int = 1, _ more: String...) throws -> (program: BackgroundProgram, port: String) {
        let program = try BackgroundProgram(
            [Peer.bearssl.program(), "server", "--connections", "\(connections)"] + identity() + more)
        try program.wait("listening PORT") { program.output.contains(/listening [0-9]+\n/) }
        return (program, String(try #require(program.output.firstMatch(of: /listening ([0-9]+)\n/)).1))
    }

    /// Sends a line through a client tunnel.
    /// - Returns: what came back.
    private func say(_ line: String, through daemon: DaemonProcess) throws -> String {
        try runProgram(
            ["socat", "-t", "10", "-", "TCP:\(try daemon.endpoint("out"))"], input: Array("\(line)\n".utf8),
            mustSucceed: false
        ).output
    }

    @Test func aServerWithoutItIsRefused() throws {
        let theirs = try server()
        let daemon = try DaemonProcess(clientTunnel("127.0.0.1:\(theirs.port)"))
        #expect(try say("hello", through: daemon).isEmpty)
        try daemon.expectLog("does not know extended_master_secret")
        #expect(!theirs.program.output.contains("connection 1"))
    }

    /// The session, which was not bound either, is resumed as one that was not: the two kinds are not mixed (RFC 7627 §5.3).
    @Test func aServerWithoutItIsReachedWhereThatIsNamed() throws {
        let theirs = try server(connections: 2, "--resume", "--session-ids")
        let daemon = try DaemonProcess(clientTunnel("127.0.0.1:\(theirs.port)", yes))
        for line in ["first", "second"] { #expect(try say(line, through: daemon) == "\(line)\n", "\(daemon.log)") }
        let log = daemon.log
        #expect(log.components(separatedBy: "without extended master secret").count == 3, "\(log)")
        #expect(theirs.program.output.components(separatedBy: "resumed=yes").count == 2, "\(theirs.program.output)")
        try daemon.expectLog("established: TLS 1.2", "resumed", "without extended master secret")
    }

    @Test func explainNamesIt() throws {
        let files = try TemporaryDirectory()
        let stage = try Stage.shared.get()
        for (setting, isNamed) in [(yes, true), ("policy = default", false)] {
            let text = serverTunnel("unix:/x", setting).replacing("DIR", with: stage.path)
            let path = try files.write("\(isNamed).conf", Array(text.utf8))
            let result = try runProgram([daemonPath, "--config", path, "--explain"])
            #expect(result.output.contains("do not bind the master secret to the handshake") == isNamed)
        }
    }
}
