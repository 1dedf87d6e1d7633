// External pre-shared keys (RFC 8446 §4.2.11) with OpenSSL and GnuTLS, which use them as they are, and imported ones (RFC
// 9258) among ourselves.
import Foundation
import TestSupport
import Testing

/// A file with keys, and the options that name one of them.
private struct KeyFile {
    static let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    static let identity = "device-1"
    private let directory: TemporaryDirectory
    let path: String

    init(_ text: String = "other:ffffffffffffffffffffffffffffffff\n\(Self.identity):\(Self.key)\n") throws {
        directory = try TemporaryDirectory()
        path = try directory.write("keys", Array(text.utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    var client: [String] { ["--psk-identity", Self.identity, "--psk-file", path] }
    var server: [String] { ["--psk-file", path] }
}

@Suite struct PreSharedKeyTests {
    private let request = "GET / HTTP/1.0\r\n\r\n"
    private let end = "pre-shared key: \(KeyFile.identity)\n"

    private func gnutlsServer(_ file: KeyFile, _ exchange: String) throws -> (BackgroundProgram, String) {
        let port = try freePort()
        let program = try BackgroundProgram([
            "gnutls-serv", "--echo", "--crlf", "--port", "\(port)", "--pskpasswd", file.path, "--priority",
            gnutlsPriority(":-KX-ALL:\(exchange)"),
        ])
        try program.wait("listening") { program.output.contains("done") || program.errors.contains("done") }
        return (program, "\(port)")
    }

    private func expectKeyed(_ result: ProgramResult, group: String?) throws {
        expectFine(result, "abba")
        let summary = try Summary(result)
        #expect(summary["authentication"] == "psk" && summary["psk_identity"] == KeyFile.identity)
        #expect(summary["group"] == group && summary["signature_scheme"] == nil)
    }

    // connect

    @Test(arguments: [true, false]) func connectToOpenssl(_ exchanges: Bool) throws {
        let file = try KeyFile()
        let server = try Theirs.openssl(
            ["-nocert", "-psk", KeyFile.key, "-psk_identity", KeyFile.identity, "-rev", "-tls1_3"]
                + (exchanges ? [] : ["-allow_no_dhe_kex", "-serverpref"]))
        let modes = exchanges ? [] : ["--psk-modes", "psk_ke"]
        try expectKeyed(
            connect(server.port, file.client + modes, say: "abba\n", for: "abba"), group: exchanges ? "x25519" : nil)
    }

    @Test(arguments: [true, false]) func connectToGnutls(_ exchanges: Bool) throws {
        let file = try KeyFile()
        let (server, port) = try gnutlsServer(file, exchanges ? "+ECDHE-PSK:+DHE-PSK" : "+PSK")
        let modes = exchanges ? [] : ["--psk-modes", "psk_ke"]
        try expectKeyed(
            connect(port, file.client + modes, say: "abba\n", for: "abba"), group: exchanges ? "x25519" : nil)
        withExtendedLifetime(server) {}
    }

    @Test func connectWithAnotherKeyIsTold() throws {
        let file = try KeyFile("\(KeyFile.identity):\(String(repeating: "ab", count: 32))\n")
        let server = try Theirs.openssl(
            ["-nocert", "-psk", KeyFile.key, "-psk_identity", KeyFile.identity, "-rev", "-tls1_3"])
        let result = try connect(server.port, file.client)
        #expect(result.status == 4)
        #expect(
            try Summary(result).errorDetail == "illegal_parameter" || Summary(result).errorDetail == "decrypt_error")
    }

    @Test func connectFallsBackToCertificates() throws {
        let file = try KeyFile()
        let cast = try certificates()
        let server = try Theirs.openssl(cast.server(), ["-rev", "-tls1_3"])
        let result = try connect(
            server.port, file.client + ["--ca", cast.roots, "--servername", "localhost"], say: "abba\n", for: "abba")
        expectFine(result, "abba")
        #expect(try Summary(result)["authentication"] == "certificate")
    }

    // serve

    @Test(arguments: [true, false]) func serveOpenssl(_ exchanges: Bool) throws {
        let file = try KeyFile()
        defer { withExtendedLifetime(file) {} }
        let server = try Ours(["--http"] + file.server + (exchanges ? [] : ["--psk-modes", "psk_ke"]))
        let result = try opensslClient(
            server.port,
            ["-psk", KeyFile.key, "-psk_identity", KeyFile.identity, "-tls1_3", "-brief"]
                + (exchanges ? [] : ["-allow_no_dhe_kex"]), say: request, for: end)
        expectFine(result, end)
        #expect(result.output.contains(exchanges ? "group: x25519\n" : "group: none\n"))
    }

    @Test(arguments: [true, false]) func serveGnutls(_ exchanges: Bool) throws {
        let file = try KeyFile()
        defer { withExtendedLifetime(file) {} }
        let server = try Ours(["--http"] + file.server + (exchanges ? [] : ["--psk-modes", "psk_ke"]))
        let result = try gnutlsClient(
            server.port, priority: ":-KX-ALL:" + (exchanges ? "+ECDHE-PSK:+DHE-PSK" : "+PSK"),
            ["--pskusername", KeyFile.identity, "--pskkey", KeyFile.key], say: request, for: end)
        expectFine(result, end)
    }

    @Test func serveTellsWhoHasNoKeyOfOurs() throws {
        let file = try KeyFile()
        defer { withExtendedLifetime(file) {} }
        let server = try Ours(["--http"] + file.server)
        for (key, identity, word) in [
            (KeyFile.key, "nobody", "has none of our pre-shared keys"),
            (String(repeating: "ab", count: 32), KeyFile.identity, "does not have the pre-shared key"),
        ] {
            let result = try opensslClient(server.port, ["-psk", key, "-psk_identity", identity, "-tls1_3"])
            #expect(result.status != 0)
            server.expectLog("handshake failed", word)
        }
    }

    @Test func bothWithCertificatesAndKeys() throws {
        let cast = try certificates()
        let file = try KeyFile()
        defer { withExtendedLifetime(file) {} }
        let server = try Ours(["--http"] + file.server + pair(cast.server()))
        expectFine(
            try opensslClient(
                server.port, ["-psk", KeyFile.key, "-psk_identity", KeyFile.identity, "-tls1_3", "-brief"],
                say: request,
                for: end), end)
        expectFine(
            try opensslClient(
                server.port, ["-CAfile", cast.roots, "-verify_return_error", "-brief"], say: request,
                for: "pre-shared key: none"), "pre-shared key: none")
    }

    // Among ourselves

    @Test func importedAndResumed() throws {
        let file = try KeyFile()
        let server = try Ours(["--echo", "--psk-context", "gateway-1"] + file.server)
        let directory = try TemporaryDirectory()
        let session = ["--session", directory.file("session"), "--psk-context", "gateway-1"]
        for isSecond in [false, true] {
            let result = try connect(server.port, file.client + session, say: "abba\n", for: "abba")
            expectFine(result, "abba")
            let summary = try Summary(result)
            #expect(summary.flag("resumed") == isSecond && summary["authentication"] == "psk")
        }
        // Under another context the key is another.
        let other = try connect(server.port, file.client + ["--psk-context", "gateway-2"])
        #expect(other.status == 4)
    }

    @Test func optionsThatMakeNoSense() throws {
        let file = try KeyFile()
        let short = try KeyFile("\(KeyFile.identity):0011\n")
        // What a file holds is no matter of usage.
        for (arguments, status, word) in [
            (["--psk-file", file.path], 64 as Int32, "--psk-identity"), (["--psk-identity", "x"], 64, "--psk-file"),
            (["--psk-file", file.path, "--psk-identity", "nobody"], 1, "does not have the identity"),
            (["--psk-file", short.path, "--psk-identity", KeyFile.identity], 1, "fewer than 16 bytes"),
            (file.client + ["--psk-modes", "dhe"], 64, "psk_dhe_ke"),
            (file.client + ["--unsafe-no-verify"], 64, "--unsafe-no-verify"),
        ] {
            let result = try runProgram([programPath, "connect", "127.0.0.1:1"] + arguments, mustSucceed: false)
            #expect(result.status == status && result.errors.contains(word), "\(arguments): \(result.errors)")
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
        let result = try runProgram([programPath, "connect", "127.0.0.1:1"] + file.client, mustSucceed: false)
        #expect(result.errors.contains("0600"), "\(result.errors)")
    }
}
