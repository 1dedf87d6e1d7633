// The daemon with programs as people use them: openssl s_client and s_server, curl, nginx behind the tunnel.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct InteroperationTests {
    @Test func curlReachesNginxBehindTheTunnel() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(port)", "alpn = http/1.1"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let directory = daemon.stage.path
        let tls = try #require(try daemon.endpoint("in").split(separator: ":").last)
        let command = [
            "curl", "-sS", "--tlsv1.3", "--cacert", "\(directory)/authority.pem", "--cert", "\(directory)/peer.pem",
            "--key",
            "\(directory)/peer.key", "https://localhost:\(tls)/greeting", "https://localhost:\(tls)/greeting",
        ]
        let result = try runProgram(command)
        #expect(result.output == String(repeating: "hello from behind the tunnel\n", count: 2))
        try daemon.expectLog("closed; received")
        _ = nginx
    }

    @Test func curlReachesOpenSSLThroughTheTunnel() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(clientTunnel("127.0.0.1:\(port)"))
        let server = try Companion.openssl(port: port, in: daemon.stage.path)
        try waitFor(port: port)
        let page = try runProgram(["curl", "-sS", "--http1.0", "http://\(try daemon.endpoint("out"))/"]).output
        #expect(page.contains("New, TLSv1.3"))
        #expect(page.contains("DNS:device.example"))
        _ = server
    }

    @Test(
        arguments: [
            "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_AES_128_CCM_SHA256",
        ], ["X25519", "P-256", "P-384"]) func openSSLConnectsWithEachSuiteAndGroup(suite: String, group: String) throws
    {
        let port = try freePort()
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(port)"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let directory = daemon.stage.path
        let result = try runProgram(
            [
                "openssl", "s_client", "-tls1_3", "-brief", "-ign_eof", "-connect", try daemon.endpoint("in"),
                "-ciphersuites", suite, "-groups", group, "-cert", "\(directory)/peer.pem", "-key",
                "\(directory)/peer.key", "-CAfile", "\(directory)/authority.pem", "-verify_return_error",
                "-verify_hostname", "device.example",
            ], input: Array("GET /greeting HTTP/1.0\r\n\r\n".utf8))
        #expect(result.output.hasSuffix("hello from behind the tunnel\n"), "\(result.errors)")
        #expect(result.errors.contains("Verification: OK"), "\(result.errors)")
        try daemon.expectLog("established", suite)
        _ = nginx
    }

    @Test func openSSLWithoutCertificateIsTold() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        let result = try runProgram(
            [
                "openssl", "s_client", "-tls1_3", "-brief", "-ign_eof", "-connect", try daemon.endpoint("in"),
                "-CAfile",
                "\(daemon.stage.path)/authority.pem",
            ], input: Array("GET / HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        #expect(result.errors.contains("alert certificate required"), "\(result.errors)")
    }

    @Test func aClientOfTLS11IsRefusedAndOneOfTLS12IsNot() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        let directory = daemon.stage.path
        let client = [
            "openssl", "s_client", "-brief", "-cipher", "ALL:@SECLEVEL=0", "-cert", "\(directory)/peer.pem", "-key",
            "\(directory)/peer.key",
        ]
        let old = try runProgram(
            client + ["-tls1_1", "-connect", try daemon.endpoint("in")], mustSucceed: false)
        #expect(old.errors.contains("alert protocol version"), "\(old.errors)")
        try daemon.expectLog("no version of TLS that is allowed")
        let result = try runProgram(
            client + ["-tls1_2", "-connect", try daemon.endpoint("in")], mustSucceed: false)
        #expect(result.errors.contains("Protocol version: TLSv1.2"), "\(result.errors)")
        try daemon.expectLog("established: TLS 1.2, TLS_ECDHE_ECDSA_WITH_")
    }
}
