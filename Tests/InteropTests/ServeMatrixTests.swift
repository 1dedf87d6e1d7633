// `swiftlet serve` with each suite, group and kind of certificate, mutually authenticated, to clients that are not ours.
import Foundation
import TestSupport
import Testing

@Suite struct ServeMatrixTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private func serve(_ service: String, _ kind: TestKey = .p256, _ more: [String] = []) throws -> Ours {
        try Ours([service, "--client-ca", cast.roots, "--require-client-cert"] + pair(cast.server(kind)) + more)
    }

    private func opensslOptions(_ kind: TestKey) -> [String] {
        let client = cast.client(kind)
        return [
            "-CAfile", cast.roots, "-verify_return_error", "-verify_hostname", "localhost", "-brief", "-cert",
            client.certificatePath, "-key", client.keyPath,
        ]
    }

    private func gnutlsOptions(_ kind: TestKey) -> [String] {
        ["--x509cafile", cast.roots, "--x509certfile", cast.client(kind).certificatePath]
            + ["--x509keyfile", cast.client(kind).keyPath]
    }

    /// The groups that a client of OpenSSL's has to offer to get one.
    private func opensslGroups(_ group: String, _ suite: String) -> String {
        let names = ["x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384"]
        return offered(group, suite).split(separator: ",").map { names[String($0)] ?? "" }.joined(separator: ":")
    }

    /// Our server prefers x25519 and takes what is offered: with TLS 1.2 it is told which group to take.
    private func groupOption(_ group: String, _ suite: String) -> [String] {
        suitesOf12.contains(suite) ? ["--groups", group] : []
    }

    @Test(arguments: allSuites, groups) func openssl(suite: String, group: String) throws {
        let server = try serve("--echo", key(for: suite), groupOption(group, suite))
        let choice = opensslNames[suite].map { ["-tls1_2", "-cipher", $0] } ?? ["-ciphersuites", suite]
        let result = try opensslClient(
            server.port, opensslOptions(.p256) + choice + ["-groups", opensslGroups(group, suite)], say: "hello\n",
            for: "hello")
        expectFine(result, "hello\n")
        #expect(result.errors.contains("Ciphersuite: \(opensslNames[suite] ?? suite)\n"))
        #expect(result.errors.contains("Verification: OK"))
    }

    @Test(arguments: allSuites, groups) func gnutls(suite: String, group: String) throws {
        let server = try serve("--http", key(for: suite), groupOption(group, suite))
        let groups = offered(group, suite).split(separator: ",").map { ":+GROUP-\($0.uppercased())" }.joined()
        let version = suites.contains(suite) ? "" : ":-VERS-ALL:+VERS-TLS1.2"
        let priority = version + ":-CIPHER-ALL:+\(gnutlsCiphers[suite] ?? ""):-GROUP-ALL" + groups
        let result = try gnutlsClient(
            server.port, priority: priority, gnutlsOptions(.p256), say: "GET / HTTP/1.0\r\n\r\n",
            for: "HelloRetryRequest: no\n")
        expectFine(result, "cipher suite: \(suite)\ngroup: \(group)\n")
        #expect(result.output.contains("client certificate: CN=client-p256\n"))
    }

    @Test(arguments: allSuites, groups) func curl(suite: String, group: String) throws {
        let server = try serve("--http", key(for: suite), groupOption(group, suite))
        let client = cast.client()
        let choice = opensslNames[suite].map { ["--tls-max", "1.2", "--ciphers", $0] } ?? ["--tls13-ciphers", suite]
        let result = try InteropTests.curl(
            server.port,
            choice + [
                "--curves", opensslGroups(group, suite), "--cert", client.certificatePath, "--key", client.keyPath,
            ])
        expectFine(result, "cipher suite: \(suite)\ngroup: \(group)\n")
        #expect(result.output.contains("client certificate: CN=client-p256\n"))
    }

    // Python cannot choose the suites of TLS 1.3: we do.
    @Test(arguments: allSuites.filter { !$0.contains("CCM") }, groups)
    func python(suite: String, group: String) throws {
        let server = try serve("--http", key(for: suite), ["--ciphers", suite, "--groups", group])
        let client = cast.client()
        let result = try pythonClient(
            server.port,
            """
            connection = connect(pair=sys.argv[3:5])
            connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            while data := connection.recv(65536): print(data.decode(), end="")
            connection.unwrap()
            """, client.certificatePath, client.keyPath)
        expectFine(result, "cipher suite: \(suite)\ngroup: \(group)\n")
        #expect(result.output.contains("client certificate: CN=client-p256\n"))
        let retries = group != "x25519" && suites.contains(suite)
        #expect(result.output.contains("HelloRetryRequest: \(retries ? "yes" : "no")\n"))
    }

    @Test(arguments: Certificates.kinds, ["openssl", "gnutls", "python", "curl"])
    func kindsOfCertificates(kind: TestKey, peer: String) throws {
        let server = try serve("--http", kind)
        let request = "GET / HTTP/1.0\r\n\r\n"
        let end = "HelloRetryRequest: no\n"
        let client = cast.client(kind)
        let result =
            switch peer {
            case "openssl": try opensslClient(server.port, opensslOptions(kind), say: request, for: end)
            case "gnutls": try gnutlsClient(server.port, gnutlsOptions(kind), say: request, for: end)
            case "curl":
                try InteropTests.curl(server.port, ["--cert", client.certificatePath, "--key", client.keyPath])
            default:
                try pythonClient(
                    server.port,
                    """
                    connection = connect(pair=sys.argv[3:5])
                    connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                    while data := connection.recv(65536): print(data.decode(), end="")
                    """, client.certificatePath, client.keyPath)
            }
        expectFine(result, "client certificate: CN=client-\(kind)\n")
        let scheme = [
            TestKey.p256: "ecdsa_secp256r1_sha256", .p384: "ecdsa_secp384r1_sha384", .rsa2048: "rsa_pss_rsae_sha256",
        ]
        #expect(result.output.contains("signature scheme of the client: \(scheme[kind] ?? "")\n"))
    }
}
