// Tunnels whose certificates, key and anchors come from an identity store, with openssl at the other end.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct IdentityTunnelTests {
    /// A store with the device's identity under the shared authority.
    private func store(_ files: TemporaryDirectory, anchors: Bool = true) throws -> String {
        let (stage, store) = (try Stage.shared.get().path, files.file("store"))
        let command = [
            daemonPath, "identity", "install", "--store", store, "--key", "\(stage)/device.key", "--cert",
            "\(stage)/device.pem",
        ]
        try runProgram(command + (anchors ? ["--anchors", "\(stage)/authority.pem"] : []))
        return store
    }

    private func tunnel(_ store: String, _ connect: String, role: String = "server", _ more: String...) -> String {
        """
        [tunnel t]
        role = \(role)
        accept = 127.0.0.1:0
        connect = \(connect)
        identity = \(store)
        \(more.joined(separator: "\n"))

        """
    }

    private func connect(_ daemon: DaemonProcess) throws -> ProgramResult {
        let directory = daemon.stage.path
        return try runProgram(
            [
                "openssl", "s_client", "-tls1_3", "-brief", "-ign_eof", "-connect", try daemon.endpoint("t"), "-cert",
                "\(directory)/peer.pem", "-key", "\(directory)/peer.key", "-CAfile", "\(directory)/authority.pem",
                "-verify_return_error", "-verify_hostname", "device.example",
            ], input: Array("GET /greeting HTTP/1.0\r\n\r\n".utf8))
    }

    @Test func aServerShowsItsIdentityAndTrustsItsAnchors() throws {
        let files = try TemporaryDirectory()
        let port = try freePort()
        let daemon = try DaemonProcess(
            tunnel(try store(files), "127.0.0.1:\(port)", "client-certificates = required", "peer-name = peer.example"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        #expect(try connect(daemon).output.hasSuffix("hello from behind the tunnel\n"))
        try daemon.expectLog("established", "peer authenticated")
        _ = nginx
    }

    @Test func aClientShowsItsIdentityAndTrustsItsAnchors() throws {
        let files = try TemporaryDirectory()
        let port = try freePort()
        let daemon = try DaemonProcess(
            tunnel(try store(files), "127.0.0.1:\(port)", role: "client", "peer-name = peer.example"))
        let server = try Companion.openssl(port: port, in: daemon.stage.path)
        try waitFor(port: port)
        let page = try runProgram(["curl", "-sS", "--http1.0", "http://\(try daemon.endpoint("t"))/"]).output
        #expect(page.contains("DNS:device.example"))
        _ = server
    }

    @Test func aDamagedStoreStillServesAndTheLogIsLoud() throws {
        let files = try TemporaryDirectory()
        _ = try store(files)
        let store = try store(files)
        try Data().write(to: URL(fileURLWithPath: "\(store)/0002/chain.pem"))
        let port = try freePort()
        let daemon = try DaemonProcess(tunnel(store, "127.0.0.1:\(port)", "client-certificates = optional"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        #expect(try connect(daemon).output.hasSuffix("hello from behind the tunnel\n"))
        try daemon.expectLog("warning", "0002/chain.pem", "FALLING BACK to generation 0001")
        _ = nginx
    }

    @Test func whatIsWrongIsToldWithItsLine() throws {
        let files = try TemporaryDirectory()
        let bare = try store(files, anchors: false)
        func refusal(_ text: String) throws -> String {
            let path = try files.write("test.conf", Array(text.utf8))
            let result = try runProgram([daemonPath, "--config", path, "--check"], mustSucceed: false)
            #expect(result.status == 64 && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            return result.errors
        }
        let none = try refusal(tunnel("\(files.path)/none", "unix:/x"))
        #expect(none.contains(":5: cannot open the identity store") && none.contains("No such file"))
        let empty = files.file("empty")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
        #expect(try refusal(tunnel(empty, "unix:/x")).contains(":5: cannot read the identity store"))
        let anchors = try refusal(tunnel(bare, "localhost:1", role: "client"))
        #expect(anchors.contains(":5: the identity store") && anchors.contains("has no anchors"))
        let both = try refusal(tunnel(bare, "unix:/x", "key = /k", "certificate = /c"))
        #expect(both.contains(":5: identity") && both.contains("remove it"))
        let path = try files.write("good.conf", Array(tunnel(bare, "unix:/x").utf8))
        let explained = try runProgram([daemonPath, "--config", path, "--explain"]).output
        #expect(explained.contains("shows the identity in \(bare)"))
        #expect(try runProgram([daemonPath, "--config", path, "--check"]).output.hasSuffix(": good\n"))
    }
}
