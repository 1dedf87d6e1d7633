// swiftlet serve against clients that are not ours, and against our own.
import Foundation
import TestSupport
import Testing

@Suite struct ServeTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities() }

    private var root: String { identities.root.certificatePath }
    private var pair: [String] { ["--cert", identities.server.certificatePath, "--key", identities.server.keyPath] }

    @Test(arguments: [TestKey.p256, .p384, .rsa2048])
    func curlGetsAPage(_ key: TestKey) throws {
        let identities = try TestIdentities(key)
        let (server, client) = (identities.server, identities.client)
        let served = try Server(
            "--http", "--cert", server.certificatePath, "--key", server.keyPath, "--client-ca",
            identities.root.certificatePath, "--alpn", "http/1.1")
        let result = try runProgram([
            "curl", "-sS", "-D", "-", "--cacert", identities.root.certificatePath, "--cert", client.certificatePath,
            "--key",
            client.keyPath, "https://localhost:\(served.port)/",
        ])
        #expect(result.output.hasPrefix("HTTP/1.0 200 OK\r\n"))
        for line in [
            "version: TLSv1.3", "server name: localhost", "application protocol: http/1.1",
            "client certificate: CN=client",
        ] { #expect(result.output.contains(line), "\(result.output)") }
    }

    @Test(arguments: [
        ("TLS_AES_128_GCM_SHA256", "X25519"), ("TLS_AES_256_GCM_SHA384", "P-256"),
        ("TLS_CHACHA20_POLY1305_SHA256", "P-384"), ("TLS_AES_128_CCM_SHA256", "X25519"),
    ])
    func opensslWithEachSuiteAndGroup(_ suite: String, _ group: String) throws {
        let server = try Server("--echo", pair[0], pair[1], pair[2], pair[3])
        let result = try runProgram(
            [
                "bash", "-c",
                "(echo hello; sleep 0.3) | openssl s_client -connect \(server.endpoint) -CAfile \(root) "
                    + "-verify_return_error -ciphersuites \(suite) -groups \(group) -brief",
            ])
        #expect(result.output == "hello\n")
        #expect(result.errors.contains("Ciphersuite: \(suite)"), "\(result.errors)")
        #expect(result.errors.contains("Verification: OK"))
    }

    @Test func gnutlsAndPython() throws {
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3])
        let gnutls = try runProgram(
            ["gnutls-cli", "--x509cafile", root, "-p", server.port, "localhost"],
            input: Array("GET / HTTP/1.0\r\n\r\n".utf8))
        #expect(gnutls.output.contains("HTTP/1.0 200 OK"))
        let python = try runProgram([
            "python3", "-c",
            """
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[1])
            connection = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))),
                                             server_hostname="localhost", suppress_ragged_eofs=False)
            connection.send(b"GET / HTTP/1.0\\r\\n\\r\\n")
            while data := connection.recv(65536): print(data.decode(), end="")
            """, root, server.port,
        ])
        #expect(python.output.contains("version: TLSv1.3"))
    }

    @Test func theNameChoosesTheCertificate() throws {
        let other = try identities.factory.leaf("other", issuer: identities.root, names: ["DNS:other.example"])
        let server = try Server(
            "--http", pair[0], pair[1], pair[2], pair[3], "--cert", other.certificatePath, "--key", other.keyPath)
        for (name, subject) in [("other.example", "CN=other"), ("localhost", "CN=server"), ("x.example", "CN=server")] {
            let result = try swiftlet(
                "connect", server.endpoint, "--unsafe-no-verify", "--servername", name, "--json")
            let chain = try object(result.standardError)["peer_chain"] as? [[String: Any]]
            #expect(chain?.first?["subject"] as? String == subject)
        }
    }

    @Test func aMegabyteThereAndBack() throws {
        let server = try Server("--echo", pair[0], pair[1], pair[2], pair[3])
        let data = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let result = try swiftlet(
            "connect", server.endpoint, "--ca", root, "--linger", "10", input: data)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.standardOutput == data)
    }

    /// Root, two intermediates, and a leaf made large, in both roles.
    @Test func aLongChain() throws {
        let factory = identities.factory
        let one = try factory.authority("one", issuer: identities.root)
        let two = try factory.authority("two", issuer: one)
        let names = (0..<500).map { "DNS:host-\($0).a-rather-long-domain-name.example" }
        let leaf = try factory.leaf("big", issuer: two, names: ["DNS:localhost", "IP:127.0.0.1"] + names)
        #expect(leaf.der.count > 20_000)
        let chain = try factory.directory.write(
            "chain.pem",
            readFile(leaf.certificatePath) + readFile(two.certificatePath) + readFile(one.certificatePath))
        let served = try Server(
            "--echo", "--cert", chain, "--key", leaf.keyPath, "--client-ca", root, "--require-client-cert")
        let ours = try swiftlet(
            "connect", served.endpoint, "--ca", root, "--cert", chain, "--key", leaf.keyPath, "--json",
            input: Array("x".utf8))
        #expect(ours.status == 0, "\(ours.errors)")
        #expect((try object(ours.standardError)["peer_chain"] as? [Any])?.count == 3)
        let openssl = try runProgram([
            "bash", "-c",
            "(echo hello; sleep 0.3) | openssl s_client -connect \(served.endpoint) -CAfile \(root) -cert \(chain) "
                + "-cert_chain \(chain) -key \(leaf.keyPath) -verify_return_error -brief",
        ])
        #expect(openssl.output == "hello\n")
    }

    @Test func aHelloRetryRequestToOpenssl() throws {
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3], "--groups", "secp384r1")
        let result = try runProgram([
            "bash", "-c",
            "(printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 0.5) | openssl s_client -connect \(server.endpoint) "
                + "-CAfile \(root) -groups X25519:P-384 -quiet -ign_eof",
        ])
        #expect(result.output.contains("HelloRetryRequest: yes"), "\(result.output)")
        #expect(result.output.contains("group: secp384r1"))
    }

    @Test func aUnixSocket() throws {
        let path = "unix:" + identities.factory.directory.file("s")
        let server = try Server("--echo", pair[0], pair[1], pair[2], pair[3], listen: path)
        let result = try swiftlet(
            "connect", path, "--ca", root, "--servername", "localhost", input: Array("hello".utf8))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "hello")
        #expect(server.program.stop(SIGTERM) == 0)
        #expect(!FileManager.default.fileExists(atPath: identities.factory.directory.file("s")))
    }

    @Test func clientsMustShowWhatIsRequired() throws {
        let server = try Server(
            "--echo", pair[0], pair[1], pair[2], pair[3], "--client-ca", root, "--require-client-cert")
        let without = try swiftlet("connect", server.endpoint, "--ca", root, input: Array("x".utf8))
        #expect(without.status == 4)
        #expect(without.errors.contains("certificate_required"))
        let stranger = try identities.factory.authority("stranger")
        let other = try identities.factory.leaf("x", issuer: stranger)
        let wrong = try swiftlet(
            "connect", server.endpoint, "--ca", root, "--cert", other.certificatePath, "--key", other.keyPath,
            input: Array("x".utf8))
        #expect(wrong.status == 4)
        let client = identities.client
        let right = try swiftlet(
            "connect", server.endpoint, "--ca", root, "--cert", client.certificatePath, "--key", client.keyPath,
            input: Array("x".utf8))
        #expect(right.status == 0, "\(right.errors)")
        #expect(right.output == "x")
    }

    /// Handshakes broken off at every kind of place, more connections than there are slots, and still it serves.
    @Test func nothingThatAPeerDoesEndsIt() throws {
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3], "--timeout", "1")
        try runProgram([
            "python3", "-c",
            """
            import os, socket, struct, sys
            port = int(sys.argv[1])
            def connect(): return socket.create_connection(("127.0.0.1", port))
            for data in [b"", b"\\x16", b"\\x16\\x03\\x01", b"GET / HTTP/1.0\\r\\n\\r\\n", b"\\x16\\x03\\x01\\xff\\xff" + b"x" * 70000,
                         b"\\x15\\x03\\x03\\x00\\x02\\x02\\x28", b"\\x17\\x03\\x03\\x00\\x01x", os.urandom(4096)]:
                for reset in (False, True):
                    s = connect()
                    try:
                        s.sendall(data)
                        if reset: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    except OSError: pass
                    s.close()
            held = [connect() for _ in range(100)]
            """, server.port,
        ])
        let result = try runProgram(["curl", "-sS", "--cacert", root, "https://localhost:\(server.port)/"])
        #expect(result.output.contains("version: TLSv1.3"))
        #expect(server.program.isRunning)
        #expect(server.program.stop(SIGTERM) == 0)
    }

    @Test func slowClientsDoNotHoldUpOthers() throws {
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3])
        let (slow, _) = try pythonServer(
            "held = [socket.create_connection(('127.0.0.1', int(sys.argv[1]))) for _ in range(20)]; time.sleep(30)",
            server.port)
        defer { slow.stop() }
        let start = Date()
        for _ in 0..<5 {
            try runProgram(["curl", "-sS", "--cacert", root, "https://localhost:\(server.port)/"])
        }
        #expect(Date().timeIntervalSince(start) < 10)
    }

    @Test func wrongArguments() throws {
        func serve(_ arguments: [String]) throws -> ProgramResult {
            try runProgram([programPath, "serve"] + arguments, mustSucceed: false)
        }
        let listen = ["--listen", "127.0.0.1:0"]
        expectFailure(try serve(listen + pair), 64, "--http", "--echo")
        expectFailure(try serve(listen + pair + ["--http", "--echo"]), 64, "one of")
        expectFailure(try serve(listen + ["--http"]), 64, "--cert")
        expectFailure(try serve(listen + ["--http", "--cert", root]), 64, "--key")
        expectFailure(try serve(pair + ["--http"]), 64, "--listen")
        expectFailure(try serve(["--listen", "nowhere", "--http"] + pair), 64, "HOST:PORT")
        expectFailure(try serve(listen + pair + ["--http", "--require-client-cert"]), 64, "--client-ca")
        expectFailure(
            try serve(listen + ["--http", "--cert", pair[1], "--key", identities.client.keyPath]), 64, "does not belong"
        )
        let five = Array(repeating: pair, count: 5).flatMap { $0 }
        expectFailure(try serve(listen + ["--http"] + five), 64, "at most 4")
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3])
        expectFailure(try serve(["--listen", server.endpoint, "--http"] + pair), 1, "in use")
    }
}
