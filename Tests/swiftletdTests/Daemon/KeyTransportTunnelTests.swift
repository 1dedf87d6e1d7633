// Tunnels with `unsafe-rsa-key-transport` (RFC 5246 §7.4.7.1), with openssl at the other end, and what the daemon wants of the
// certificate and says of the library. The lines of threats.md about RSA key transport are in the tests' names.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct KeyTransportTunnelTests {
    private let yes = "unsafe-rsa-key-transport = yes"

    /// A server tunnel with a certificate of the cast.
    private func server(_ connect: String, _ certificate: String, _ more: String...) -> String {
        """
        [tunnel in]
        role = server
        accept = 127.0.0.1:0
        connect = \(connect)
        certificate = DIR/\(certificate).pem
        key = DIR/\(certificate).key
        \(more.joined(separator: "\n"))

        """
    }

    private func client(_ daemon: DaemonProcess, _ arguments: [String]) throws -> ProgramResult {
        try runProgram(
            [
                "openssl", "s_client", "-brief", "-ign_eof", "-connect", try daemon.endpoint("in"), "-CAfile",
                "\(daemon.stage.path)/authority.pem", "-verify_return_error", "-verify_hostname", "device.example",
            ] + arguments, input: Array("GET /greeting HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
    }

    @Test func anOldClientReachesWhatIsBehindTheTunnel() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(server("127.0.0.1:\(port)", "transport", yes))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        for suite in ["AES128-GCM-SHA256", "AES256-GCM-SHA384"] {
            let result = try client(daemon, ["-tls1_2", "-cipher", suite])
            #expect(result.output.hasSuffix("hello from behind the tunnel\n"), "\(result.errors)")
        }
        try daemon.expectLog("established", "TLS_RSA_WITH_AES_256_GCM_SHA384")
        // threats.md: what is known of the decryption is said in the log as well.
        let isOld = try runProgram(["ldd", daemonPath]).output.contains("libmbedcrypto.so.7")
        #expect(daemon.log.contains("CVE-2024-23170") == isOld, "\(daemon.log)")
        let refused = try client(daemon, ["-tls1_3"])
        #expect(refused.errors.contains("handshake failure"), "\(refused.errors)")
        _ = nginx
    }

    @Test func anOldServerIsReachedThroughTheTunnel() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(
            clientTunnel("127.0.0.1:\(port)", peer: "device.example", yes))
        let theirs = try Companion(
            [
                "openssl", "s_server", "-tls1_2", "-cipher", "AES128-GCM-SHA256", "-accept", "127.0.0.1:\(port)",
                "-www", "-cert", "transport.pem", "-key", "transport.key",
            ], in: daemon.stage.path)
        try waitFor(port: port)
        let page = try runProgram(["curl", "-sS", "--http1.0", "http://\(try daemon.endpoint("out"))/"]).output
        #expect(page.contains("Cipher is AES128-GCM-SHA256"), "\(page)\(daemon.log)")
        _ = theirs
    }

    private func check(_ text: String, _ verb: String = "--check") throws -> ProgramResult {
        let files = try TemporaryDirectory()
        let path = try files.write(
            "test.conf", Array(text.replacing("DIR", with: Stage.shared.get().path).utf8))
        return try runProgram([daemonPath, "--config", path, verb], mustSucceed: false)
    }

    /// "Debian's 2.28.3 predates the fix of CVE-2024-23170: --check and the log say so."
    @Test func checkSaysWhatIsKnownOfTheLibrary() throws {
        let text = server("unix:/x", "transport", yes)
        let result = try check(text)
        #expect(result.status == 0 && result.output.hasSuffix(": good\n"), "\(result.errors)")
        let isOld = try runProgram(["ldd", daemonPath]).output.contains("libmbedcrypto.so.7")
        #expect(result.errors.contains("CVE-2024-23170") == isOld)
        #expect(try check(text, "--explain").output.contains("RSA key transport in TLS 1.2, without forward secrecy"))
        let off = try check(server("unix:/x", "device"))
        #expect(off.status == 0 && !off.errors.contains("CVE-2024-23170"))
    }

    /// "The key must be one that never signs."
    @Test func whatCannotWorkIsToldWithItsLine() throws {
        let raw = """
            [tunnel in]
            role = server
            accept = 127.0.0.1:0
            connect = unix:/x
            raw-key = DIR/transport.key
            \(yes)
            """
        for (text, line, words) in [
            (server("unix:/x", "device", yes), 7, "never signs"),
            (raw, 6, "never signs"),
            (server("unix:/x", "transport"), 5, "for RSA key transport alone"),
            (server("unix:/x", "transport", "unsafe-rsa-key-transport = no"), 5, "for RSA key transport alone"),
            (server("unix:/x", "transport", yes, "policy = modern"), 7, "which the policy has not"),
            (clientTunnel("localhost:1", certificate: "transport", yes), 5, "a client cannot use it"),
        ] {
            let result = try check(text)
            #expect(result.status == 64)
            #expect(result.errors.contains(":\(line): ") && result.errors.contains(words), "\(result.errors)")
        }
    }
}
