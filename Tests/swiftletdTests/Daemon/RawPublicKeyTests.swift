// Tunnels whose two ends know each other by raw public keys (RFC 7250), with GnuTLS at the other end.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct RawPublicKeyTests {
    /// Keys in PEM, `NAME.key` and `NAME.pub`.
    private let keys: TemporaryDirectory

    init() throws {
        keys = try TemporaryDirectory()
        for name in ["device", "peer", "stranger"] {
            let (key, info) = (keys.file("\(name).key"), keys.file("\(name).pub"))
            try runProgram(
                ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key])
            try runProgram(["openssl", "pkey", "-in", key, "-pubout", "-out", info])
        }
    }

    private let priority = "NORMAL:-CTYPE-ALL:+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK"

    private func gnutls(_ name: String) -> [String] {
        ["--priority", priority, "--rawpkkeyfile", keys.file("\(name).key"), "--rawpkfile", keys.file("\(name).pub")]
    }

    private func tunnel(_ name: String, _ role: String, _ connect: String) -> String {
        """
        [tunnel \(name)]
        role = \(role)
        accept = 127.0.0.1:0
        connect = \(connect)
        raw-key = \(keys.file("device.key"))
        raw-public-keys = \(keys.file("peer.pub"))

        """
    }

    private func client(_ daemon: DaemonProcess, _ name: String) throws -> ProgramResult {
        let port = try #require(try daemon.endpoint("in").split(separator: ":").last)
        return try runProgram(
            ["gnutls-cli", "--insecure", "--port", String(port), "localhost"] + gnutls(name),
            input: Array("GET /greeting HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
    }

    @Test func aServerTunnelTakesTheKeysThatItTrusts() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(tunnel("in", "server", "127.0.0.1:\(port)"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let result = try client(daemon, "peer")
        #expect(result.output.contains("Certificate type: Raw Public Key"), "\(result.output)\(result.errors)")
        #expect(result.output.contains("hello from behind the tunnel"))
        try daemon.expectLog("established", "peer authenticated")
        let refused = try client(daemon, "stranger")
        #expect(!refused.output.contains("hello from behind the tunnel"))
        try daemon.expectLog("none of those that are pinned or trusted")
        // One that shows nothing but certificates has nothing that is taken.
        let plain = try runProgram(
            ["openssl", "s_client", "-connect", try daemon.endpoint("in")], input: [], mustSucceed: false)
        #expect(plain.status != 0)
        try daemon.expectLog("no type of certificate in common", "unsupported_certificate")
        withExtendedLifetime(nginx) {}
    }

    @Test func aClientTunnelTakesTheKeyThatItTrusts() throws {
        let (good, bad) = (try freePort(), try freePort())
        let daemon = try DaemonProcess(
            tunnel("out", "client", "127.0.0.1:\(good)") + tunnel("other", "client", "127.0.0.1:\(bad)"))
        let servers = try [(good, "peer"), (bad, "stranger")].map { port, name in
            try Companion(
                ["gnutls-serv", "--http", "--require-client-cert", "--port", "\(port)"] + gnutls(name), in: keys.path)
        }
        for port in [good, bad] { try waitFor(port: port) }
        let page = try runProgram(["curl", "-sS", "--http1.0", "http://\(try daemon.endpoint("out"))/"]).output
        #expect(page.contains("Raw Public Key") || page.contains("GnuTLS"), "\(page)")
        try daemon.expectLog("established", "peer authenticated")
        _ = try runProgram(["curl", "-sS", "http://\(try daemon.endpoint("other"))/"], mustSucceed: false)
        try daemon.expectLog("none of those that are pinned or trusted")
        withExtendedLifetime(servers) {}
    }

    @Test func whatCannotBeUsedIsToldWithItsLine() throws {
        let certificate = try Stage.shared.get().path + "/peer.pem"
        for (line, words) in [
            ("raw-public-keys = \(certificate)", "BEGIN PUBLIC KEY"),
            ("raw-key = \(certificate)", "cannot use the key"),
            ("raw-key = \(keys.file("absent"))", "cannot read the raw key"),
        ] {
            let text = tunnel("in", "server", "127.0.0.1:1").split(separator: "\n").map { given in
                given.hasPrefix(line.prefix { $0 != "=" }) ? line : String(given)
            }.joined(separator: "\n")
            let path = try keys.write("conf", Array((text + "\n").utf8))
            let result = try runProgram([daemonPath, "--config", path, "--check"], mustSucceed: false)
            #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
        }
    }
}
