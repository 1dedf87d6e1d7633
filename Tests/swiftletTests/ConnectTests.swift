// swiftlet connect against servers that are not ours.
import Foundation
import TestSupport
import Testing

@Suite struct ConnectTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities() }

    private var root: String { identities.root.certificatePath }

    /// An openssl server that sends each line back reversed, or a page.
    private func opensslServer(_ arguments: String...) throws -> (BackgroundProgram, port: String) {
        let server = identities.server
        let program = try BackgroundProgram(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", server.certificatePath, "-key",
                server.keyPath,
            ] + arguments)
        try program.wait("ACCEPT") { program.output.contains("ACCEPT") && program.output.hasSuffix("\n") }
        // ACCEPT 127.0.0.1:PORT
        let line = try #require(program.output.split(separator: "\n").first { $0.hasPrefix("ACCEPT") })
        return (program, String(try #require(line.split(separator: ":").last)))
    }

    /// Runs `connect`, giving it `input` and then some time before the end of its stdin.
    private func connect(_ arguments: [String], input: String = "", hold: Double = 0) throws -> ProgramResult {
        let quoted = ([programPath, "connect"] + arguments).map { "'\($0)'" }.joined(separator: " ")
        return try runProgram(
            ["bash", "-c", "(printf '\(input)'; sleep \(hold)) | \(quoted)"], mustSucceed: false)
    }

    @Test(arguments: [
        ("TLS_AES_128_GCM_SHA256", "x25519"), ("TLS_AES_256_GCM_SHA384", "secp256r1"),
        ("TLS_CHACHA20_POLY1305_SHA256", "secp384r1"), ("TLS_AES_128_CCM_SHA256", "x25519"),
    ])
    func eachSuiteAndGroupWithOpenssl(_ suite: String, _ group: String) throws {
        let (server, port) = try opensslServer("-rev", "-ciphersuites", suite)
        defer { server.stop() }
        let result = try connect(
            ["127.0.0.1:\(port)", "--ca", root, "--groups", group, "--json"], input: "hello\\n", hold: 0.3)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "olleh\n")
        let object = try object(result.standardError)
        #expect(
            Set(object.keys) == [
                "version", "cipher_suite", "group", "signature_scheme", "alpn", "server_name", "resumed",
                "hello_retry", "early_data", "authentication", "psk_identity", "raw_public_key", "peer_chain",
                "ocsp_staple", "tls_exporter",
                "bytes_sent",
                "bytes_received",
                "flights",
            ])
        #expect(object["version"] as? String == "TLSv1.3")
        #expect(object["cipher_suite"] as? String == suite)
        #expect(object["group"] as? String == group)
        #expect(object["signature_scheme"] as? String == "ecdsa_secp256r1_sha256")
        #expect(object["flights"] as? Int == 2)
        #expect(object["resumed"] as? Bool == false)
        #expect((object["peer_chain"] as? [[String: Any]])?.first?["subject"] as? String == "CN=server")
    }

    @Test func helloRetryRequestAndAlpn() throws {
        let (server, port) = try opensslServer("-www", "-groups", "P-384", "-alpn", "http/1.1")
        defer { server.stop() }
        let result = try connect(
            ["localhost:\(port)", "--ca", root, "--alpn", "h9,http/1.1", "--json"],
            input: "GET / HTTP/1.0\\r\\n\\r\\n", hold: 0.5)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("HTTP/1.0 200"))
        let object = try object(result.standardError)
        #expect(object["hello_retry"] as? Bool == true)
        #expect(object["flights"] as? Int == 3)
        #expect(object["group"] as? String == "secp384r1")
        #expect(object["alpn"] as? String == "http/1.1")
        #expect(object["server_name"] as? String == "localhost")
    }

    @Test func mutualWithGnutls() throws {
        let server = identities.server
        // gnutls-serv does not say which port it got, so it is given one that was free a moment ago.
        let port = try runProgram([
            "python3", "-c", "import socket; print(socket.create_server(('127.0.0.1', 0)).getsockname()[1])",
        ]).output.dropLast()
        let listener = try BackgroundProgram([
            "gnutls-serv", "--echo", "--port", String(port), "--x509certfile", server.certificatePath, "--x509keyfile",
            server.keyPath, "--x509cafile", root, "--require-client-cert", "--verify-client-cert", "--priority",
            "NORMAL:-VERS-ALL:+VERS-TLS1.3",
        ])
        defer { listener.stop() }
        try listener.wait("listening") { listener.output.contains("done") || listener.errors.contains("done") }
        let client = identities.client
        let result = try connect(
            [
                "127.0.0.1:\(port)", "--ca", root, "--cert", client.certificatePath, "--key",
                client.keyPath,
            ], input: "hello\\n", hold: 0.3)
        #expect(result.output == "hello\n", "\(result.errors)")
    }

    // MARK: who is trusted

    @Test func aNameOrAnchorOrPinThatDoesNotFitIsExitThree() throws {
        let (server, port) = try opensslServer("-rev")
        defer { server.stop() }
        let other = try identities.factory.authority("other")
        let zeros = "sha256/" + Data(count: 32).base64EncodedString()
        expectFailure(
            try connect(["127.0.0.1:\(port)", "--ca", root, "--servername", "x.example"]), 3, "x.example")
        expectFailure(try connect(["127.0.0.1:\(port)", "--ca", other.certificatePath]), 3, "issuer")
        expectFailure(try connect(["127.0.0.1:\(port)", "--pin", zeros]), 3, "pin")
        expectFailure(
            try connect(["127.0.0.1:\(port)", "--ca", root, "--time", "2001-01-01T00:00:00Z"]), 3, "not yet valid")
        let pin = try pin(of: identities.server)
        #expect(try connect(["127.0.0.1:\(port)", "--pin", zeros, "--pin", pin]).status == 0)
        // Both have to hold.
        #expect(try connect(["127.0.0.1:\(port)", "--pin", pin, "--ca", other.certificatePath]).status == 3)
        #expect(
            try connect(["127.0.0.1:\(port)", "--ca", identities.server.certificatePath]).status == 0)
        let unverified = try connect(["127.0.0.1:\(port)", "--unsafe-no-verify"])
        #expect(unverified.status == 0)
        #expect(unverified.errors.contains("NOT VERIFIED"))
    }

    private func pin(of certificate: TestCertificate) throws -> String {
        let result = try swiftlet("inspect", "--json", certificate.certificatePath)
        let objects = try #require(try object(result.standardOutput)["objects"] as? [[String: Any]])
        return try #require(objects.first?["pin"] as? String)
    }

    @Test func exportedMaterialIsPrinted() throws {
        let (server, port) = try opensslServer("-rev")
        defer { server.stop() }
        let result = try connect(["127.0.0.1:\(port)", "--ca", root, "--export", "EXPORTER-a:b:8"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains(/\nexported [0-9a-f]{16}\n/), "\(result.errors)")
    }

    @Test func onlyTheOwnerReadsTheKeyLog() throws {
        let (server, port) = try opensslServer("-rev")
        defer { server.stop() }
        let path = try identities.factory.directory.write("keys", Array("# before\n".utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let result = try connect(["127.0.0.1:\(port)", "--ca", root, "--unsafe-keylog", path])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try permissions(path) == 0o600)
        let text = String(decoding: try readFile(path), as: UTF8.self)
        #expect(text.hasPrefix("# before\n") && text.contains("CLIENT_TRAFFIC_SECRET_0 "))
        expectFailure(
            try connect(["127.0.0.1:\(port)", "--ca", root, "--unsafe-keylog", "/dev/null"]), 1, "no regular file")
    }

    // MARK: how it ends

    @Test func anEndWithoutCloseNotifyIsTruncated() throws {
        let server = identities.server
        let (program, port) = try pythonServer(
            """
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            raw = listener.accept()[0]
            connection = context.wrap_socket(raw, server_side=True)
            connection.send(b"half")
            connection.close()
            """, server.certificatePath, server.keyPath)
        defer { program.stop() }
        let result = try connect(["127.0.0.1:\(port)", "--ca", root, "--json"], hold: 1)
        #expect(result.status == 1)
        #expect(result.output == "half")
        let object = try object(result.standardError)
        #expect((object["error"] as? [String: Any])?["kind"] as? String == "truncated")
        #expect(object["version"] as? String == "TLSv1.3")
    }

    @Test func aPeerThatNeverClosesIsLeftAfterTheLinger() throws {
        let server = identities.server
        let (program, port) = try pythonServer(
            """
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            connection = context.wrap_socket(listener.accept()[0], server_side=True)
            connection.send(b"data")
            time.sleep(30)
            """, server.certificatePath, server.keyPath)
        defer { program.stop() }
        let start = Date()
        let result = try connect(["127.0.0.1:\(port)", "--ca", root, "--linger", "0.5"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "data")
        #expect((0.4...8).contains(Date().timeIntervalSince(start)))
    }

    @Test func whatIsNoTLSIsRefused() throws {
        let (program, port) = try pythonServer(
            """
            connection = listener.accept()[0]
            connection.send(b"220 mail.example ESMTP ready\\r\\n")
            time.sleep(30)
            """)
        defer { program.stop() }
        expectFailure(try connect(["127.0.0.1:\(port)", "--ca", root]), 2, "does not speak TLS")
    }

    @Test func aSilentPeerIsLeftAfterTheTimeout() throws {
        let (program, port) = try pythonServer("time.sleep(30)")
        defer { program.stop() }
        expectFailure(try connect(["127.0.0.1:\(port)", "--ca", root, "--timeout", "0.3"]), 1, "--timeout")
    }

    @Test func anAlertIsExitFour() throws {
        let (server, port) = try opensslServer("-rev", "-tls1_2")
        defer { server.stop() }
        let result = try connect(["127.0.0.1:\(port)", "--ca", root, "--versions", "1.3", "--json"])
        #expect(result.status == 4)
        let error = try #require(try object(result.standardError)["error"] as? [String: Any])
        #expect(error["kind"] as? String == "alert")
        #expect(error["detail"] as? String == "protocol_version")
    }

    @Test func nobodyThere() throws {
        expectFailure(try connect(["127.0.0.1:1", "--ca", root]), 1, "127.0.0.1:1", "Connection refused")
        expectFailure(try connect(["unix:/nonexistent", "--ca", root, "--servername", "a"]), 1, "unix:/nonexistent")
    }

    @Test func wrongArguments() throws {
        expectFailure(try connect(["127.0.0.1:1"]), 64, "--ca", "--pin", "--unsafe-no-verify")
        expectFailure(try connect(["127.0.0.1", "--ca", root]), 64, "HOST:PORT")
        expectFailure(try connect(["unix:/x", "--ca", root]), 64, "--servername")
        expectFailure(try connect(["127.0.0.1:1", "--ca", root, "--cert", root]), 64, "--key")
        expectFailure(try connect(["127.0.0.1:1", "--ca", root, "--ciphers", "RC4"]), 64, "TLS_AES_128_GCM_SHA256")
        expectFailure(try connect(["127.0.0.1:1", "--ca", root, "--groups", "x25519,x25519"]), 64, "once")
        expectFailure(try connect(["127.0.0.1:1", "--pin", "sha256/AAAA"]), 64, "44 characters")
        expectFailure(try connect(["127.0.0.1:1", "--ca", root, "--unsafe-no-verify"]), 64, "--unsafe-no-verify")
        expectFailure(try connect(["127.0.0.1:1", "--ca", root, "--timeout", "-1"]), 64, "--timeout")
        expectFailure(try connect(["127.0.0.1:1", "--ca", "/nonexistent"]), 1, "No such file")
        expectFailure(
            try connect([
                "127.0.0.1:1", "--ca", root, "--cert", identities.client.certificatePath, "--key",
                identities.server.keyPath,
            ]), 64, "does not belong")
        for size in ["511", "16385", "x"] {
            expectFailure(
                try connect(["127.0.0.1:1", "--ca", root, "--record-size", size]), 64, "from 512 to 16384")
        }
        for export in ["EXPORTER-x", ":8", "EXPORTER-x:0", "EXPORTER-x:8161", "EXPORTER-x:"] {
            expectFailure(try connect(["127.0.0.1:1", "--ca", root, "--export", export]), 64, "LABEL:LEN")
        }
        for option in ["--keylog", "--versions", "--early-data"] {
            expectFailure(try connect(["127.0.0.1:1", "--ca", root, option, "x"]), 64, option)
        }
    }
}
