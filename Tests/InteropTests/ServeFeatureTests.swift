// What `swiftlet serve` does beside the plain handshake: HelloRetryRequest, ALPN, SNI, chains, KeyUpdate, middlebox
// compatibility.
import Foundation
import TestSupport
import Testing

@Suite struct ServeFeatureTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private let request = "GET / HTTP/1.0\r\n\r\n"
    /// The last line of the page.
    private let end = "HelloRetryRequest: "
    private var opensslOptions: [String] { ["-CAfile", cast.roots, "-verify_return_error", "-brief"] }
    private var gnutlsOptions: [String] { ["--x509cafile", cast.roots] }

    /// Asks for the page with one of the clients.
    private func page(_ peer: String, _ port: String, _ options: [String: [String]] = [:]) throws -> ProgramResult {
        let more = options[peer] ?? []
        return switch peer {
        case "openssl": try opensslClient(port, opensslOptions + more, say: request, for: end)
        case "gnutls": try gnutlsClient(port, gnutlsOptions + more, say: request, for: end)
        case "curl": try curl(port, more)
        default:
            try pythonClient(
                port,
                """
                made = context()
                if sys.argv[3]: made.set_alpn_protocols(sys.argv[3].split(","))
                connection = connect(made=made)
                connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                while data := connection.recv(65536): print(data.decode(), end="")
                connection.unwrap()
                """, more.joined())
        }
    }

    @Test(arguments: ["openssl", "gnutls", "python", "curl"]) func helloRetryRequest(peer: String) throws {
        let server = try Ours(["--http", "--groups", "secp384r1"] + pair(cast.server()))
        let result = try page(peer, server.port)
        expectFine(result, "HelloRetryRequest: yes\n")
        #expect(result.output.contains("group: secp384r1\n"))
    }

    @Test(arguments: ["openssl", "gnutls", "python", "curl"]) func alpn(peer: String) throws {
        let server = try Ours(["--http", "--alpn", "swiftlet,http/1.1"] + pair(cast.server()))
        let result = try page(
            peer, server.port,
            ["openssl": ["-alpn", "h9,http/1.1"], "gnutls": ["--alpn", "http/1.1"], "python": ["h9,http/1.1"]])
        expectFine(result, "application protocol: http/1.1\n")
    }

    @Test func alpnWithoutACommonProtocolWithOpenssl() throws {
        let server = try Ours(["--http", "--alpn", "swiftlet"] + pair(cast.server()))
        let result = try opensslClient(server.port, opensslOptions + ["-alpn", "other"])
        #expect(result.status != 0)
        #expect(result.errors.contains("alert no application protocol"), "\(result.errors)")
        server.expectLog("handshake failed", "no_application_protocol")
        expectFine(try page("openssl", server.port), end)
    }

    @Test(arguments: ["openssl", "gnutls", "curl"]) func serverNameChoosesTheCertificate(peer: String) throws {
        let server = try Ours(["--http"] + pair(cast.server()) + pair(cast.other))
        let result =
            switch peer {
            case "openssl":
                try opensslClient(
                    server.port,
                    opensslOptions + ["-servername", "other.example", "-verify_hostname", "other.example"],
                    say: request, for: end)
            case "gnutls":
                try gnutlsClient(
                    server.port,
                    gnutlsOptions + ["--sni-hostname", "other.example", "--verify-hostname", "other.example"],
                    say: request, for: end)
            default:
                try runProgram([
                    "curl", "-sS", "--cacert", cast.roots, "--connect-to", "other.example:443:127.0.0.1:\(server.port)",
                    "https://other.example/",
                ])
            }
        expectFine(result, "server name: other.example\n")
    }

    @Test(arguments: ["openssl", "gnutls", "python", "curl"], [false, true])
    func chain(peer: String, isLarge: Bool) throws {
        let server = try Ours(["--http"] + pair(isLarge ? cast.large : cast.long))
        expectFine(try page(peer, server.port), end)
    }

    /// The client's chain.
    @Test(arguments: ["openssl", "gnutls", "curl"], [false, true])
    func clientChain(peer: String, isLarge: Bool) throws {
        let server = try Ours(
            ["--http", "--client-ca", cast.root.certificatePath, "--require-client-cert"] + pair(cast.server()))
        let chain = isLarge ? cast.large : cast.long
        let result = try page(
            peer, server.port,
            [
                "openssl": ["-cert", chain.path, "-cert_chain", chain.intermediatesPath, "-key", chain.keyPath],
                "gnutls": ["--x509certfile", chain.path, "--x509keyfile", chain.keyPath],
                "curl": ["--cert", chain.path, "--key", chain.keyPath],
            ])
        expectFine(result, "client certificate: CN=\(isLarge ? "big" : "deep")\n")
    }

    /// s_client's 'k' changes its own key; 'K' asks us to change ours as well.
    @Test(arguments: ["k", "K"]) func keyUpdateByOpenssl(command: String) throws {
        let server = try Ours(["--echo"] + pair(cast.server()))
        let client = try BackgroundProgram(
            [
                "stdbuf", "-oL", "openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile", cast.roots,
                "-verify_return_error",
            ])
        client.send("zero\n")
        try client.wait(for: "\nzero\n")
        for round in 1...3 {
            client.send("\(command)\n")
            try client.wait("KEYUPDATE \(round)") {
                (client.output + client.errors).components(separatedBy: "KEYUPDATE").count > round
            }
            client.send("round \(round)\n")
            try client.wait(for: "round \(round)\n")
        }
        client.endInput()
        #expect(try client.finish().status == 0)
        #expect(server.program.errors.isEmpty, "\(server.program.errors)")
    }

    @Test func keyUpdateByGnutls() throws {
        let server = try Ours(["--echo"] + pair(cast.server()))
        let client = try BackgroundProgram(
            ["gnutls-cli", "--inline-commands", "--port", server.port, "localhost"] + gnutlsOptions)
        client.send("zero\n")
        try client.wait(for: "zero\n")
        for round in 1...3 {
            client.send("^rekey^\n")
            client.send("round \(round)\n")
            try client.wait(for: "round \(round)\n")
        }
        client.endInput()
        #expect(try client.finish().status == 0)
        #expect(server.program.errors.isEmpty, "\(server.program.errors)")
    }

    @Test(arguments: ["openssl", "gnutls"]) func withoutMiddleboxCompatibility(peer: String) throws {
        let server = try Ours(["--http"] + pair(cast.server()))
        let result =
            peer == "openssl"
            ? try opensslClient(server.port, opensslOptions + ["-no_middlebox"], say: request, for: end)
            : try gnutlsClient(
                server.port, priority: ":%DISABLE_TLS13_COMPAT_MODE", gnutlsOptions, say: request, for: end)
        expectFine(result, end)
    }

    @Test func smallRecordsOfOpenssl() throws {
        let server = try Ours(["--http"] + pair(cast.server()))
        let result = try opensslClient(
            server.port, opensslOptions + ["-max_send_frag", "512", "-record_padding", "300"], say: request, for: end)
        expectFine(result, end)
    }

    @Test func theNamesOfClientAuthoritiesReachOpenssl() throws {
        let server = try Ours(["--http", "--client-ca", cast.root.certificatePath] + pair(cast.server()))
        let result = try opensslClient(
            server.port, ["-CAfile", cast.roots], say: request, for: end)
        #expect(result.output.contains("Acceptable client certificate CA names\nCN = root\n"), "\(result.output)")
    }

    @Test func opensslNamesTheAuthorityOfTheCertificateThatItWants() throws {
        let server = try Ours(["--http"] + pair(cast.unknown) + pair(cast.server()))
        let result = try opensslClient(
            server.port, opensslOptions + ["-requestCAfile", cast.root.certificatePath], say: request, for: end)
        expectFine(result, end)
    }
}
