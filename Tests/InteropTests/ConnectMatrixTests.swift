// `swiftlet connect` with each suite, group and kind of certificate, mutually authenticated, to servers that are not ours.
import Foundation
import TestSupport
import Testing

/// The cipher suites of TLS 1.3 that we have.
let suites = [
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
]
/// Those of TLS 1.2.
let suitesOf12 = opensslNames.keys.sorted()
/// Of both.
let allSuites = suites + suitesOf12

/// The key that a server needs for a suite.
func key(for suite: String) -> TestKey { suite.contains("_RSA_") ? .rsa2048 : .p256 }

/// The groups of a client that wants one: with TLS 1.2 the curve of either certificate must be among them (RFC 8422 §5.1).
func offered(_ group: String, _ suite: String) -> String {
    suitesOf12.contains(suite) && group != "secp256r1" ? group + ",secp256r1" : group
}

/// The groups.
let groups = ["x25519", "secp256r1", "secp384r1"]

@Suite struct ConnectMatrixTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private func options(_ kind: TestKey) -> [String] { ["--ca", cast.roots] + pair(cast.client(kind)) }

    private func expectSummary(_ result: ProgramResult, _ suite: String, _ group: String) throws {
        let summary = try Summary(result)
        #expect(Set(summary.object.keys) == Summary.keys)
        #expect(summary["version"] == (suites.contains(suite) ? "TLSv1.3" : "TLSv1.2"))
        #expect(summary["cipher_suite"] == suite)
        #expect(summary["group"] == group)
        #expect(summary.flag("hello_retry") == false)
        #expect(summary.number("flights") == 2)
        #expect(summary.flag("resumed") == false && summary.flag("early_data") == false)
        // A handshake with two certificates, and not much beside it.
        #expect((500..<8000).contains(summary.number("bytes_sent") ?? 0))
        #expect((500..<8000).contains(summary.number("bytes_received") ?? 0))
        let chain = summary.object["peer_chain"] as? [[String: Any]]
        // OpenSSL sends the root as well, where it knows it.
        #expect(chain?.first?["subject"] as? String == "CN=server-\(key(for: suite))")
    }

    private func openssl(_ kind: TestKey, _ more: [String] = []) throws -> Theirs {
        try .openssl(
            cast.server(kind),
            ["-rev", "-ciphersuites", suites.joined(separator: ":"), "-cipher", "ALL", "-CAfile", cast.roots]
                + ["-Verify", "3"]
                + ["-verify_return_error"] + more)
    }

    @Test(arguments: allSuites, groups) func openssl(suite: String, group: String) throws {
        let server = try openssl(key(for: suite))
        let result = try connect(
            server.port, options(.p256) + ["--ciphers", suite, "--groups", offered(group, suite)], say: "hello\n",
            for: "olleh")
        expectFine(result, "olleh\n")
        try expectSummary(result, suite, group)
    }

    @Test(arguments: allSuites, groups) func gnutls(suite: String, group: String) throws {
        let server = try Theirs.gnutls(
            cast.server(key(for: suite)), priority: ":+VERS-TLS1.2",
            ["--x509cafile", cast.roots, "--require-client-cert", "--verify-client-cert"])
        let result = try connect(
            server.port, options(.p256) + ["--ciphers", suite, "--groups", offered(group, suite)], say: "hello\n",
            for: "hello")
        expectFine(result, "hello\n")
        try expectSummary(result, suite, group)
    }

    // OpenSSL's default, which Python keeps to, is without CCM.
    @Test(arguments: allSuites.filter { !$0.contains("CCM") }, groups)
    func python(suite: String, group: String) throws {
        let server = try Theirs.python(
            cast.server(key(for: suite)),
            """
            connection = accept(ssl.CERT_REQUIRED)
            said = connection.recv(100)
            connection.sendall(said.upper() + connection.cipher()[0].encode() + str(connection.getpeercert()["subject"]).encode())
            connection.unwrap()
            """)
        let result = try connect(
            server.port, options(.p256) + ["--ciphers", suite, "--groups", offered(group, suite)], say: "hello\n",
            for: "client-p256")
        expectFine(result, "HELLO\n\(opensslNames[suite] ?? suite)((('commonName', 'client-p256'),),)")
        // Python's servers have an order of their own, in which secp256r1 is before secp384r1.
        try expectSummary(result, suite, offered(group, suite) == "secp384r1,secp256r1" ? "secp256r1" : group)
    }

    @Test(arguments: allSuites, groups) func nginx(suite: String, group: String) throws {
        let server = try Theirs.nginx(
            cast.server(key(for: suite)), versions: "TLSv1.2 TLSv1.3",
            [
                "ssl_ciphers ALL",
                "ssl_conf_command Ciphersuites \(suites.joined(separator: ":"))", "ssl_verify_client on",
                "ssl_client_certificate \(cast.roots)", "ssl_ecdh_curve X25519:P-256:P-384",
            ])
        let result = try connect(
            server.port, options(.p256) + ["--ciphers", suite, "--groups", offered(group, suite)],
            say: "GET / HTTP/1.0\r\n\r\n", for: "seen: ")
        let version = suites.contains(suite) ? "TLSv1.3" : "TLSv1.2"
        expectFine(result, "seen: \(version) \(opensslNames[suite] ?? suite) CN=client-p256\n")
        try expectSummary(result, suite, group)
    }

    /// Each kind of key on both sides; the scheme is the one that the key allows.
    @Test(arguments: Certificates.kinds, ["openssl", "gnutls", "python", "nginx"])
    func kindsOfCertificates(kind: TestKey, peer: String) throws {
        let (server, text, answer) = try peerOf(kind, peer)
        let result = try connect(server.port, options(kind), say: text, for: answer)
        expectFine(result, answer)
        let scheme = [
            TestKey.p256: "ecdsa_secp256r1_sha256", .p384: "ecdsa_secp384r1_sha384", .rsa2048: "rsa_pss_rsae_sha256",
        ]
        #expect(try Summary(result)["signature_scheme"] == scheme[kind])
    }

    private func peerOf(_ kind: TestKey, _ peer: String) throws -> (Theirs, say: String, hear: String) {
        switch peer {
        case "openssl": return (try openssl(kind), "hello\n", "olleh\n")
        case "gnutls":
            let options = ["--x509cafile", cast.roots, "--require-client-cert", "--verify-client-cert"]
            return (try .gnutls(cast.server(kind), options), "hello\n", "hello\n")
        case "python":
            return (
                try .python(
                    cast.server(kind),
                    """
                    connection = accept(ssl.CERT_REQUIRED)
                    connection.sendall(connection.recv(100).upper())
                    connection.unwrap()
                    """), "hello\n", "HELLO\n"
            )
        default:
            let settings = ["ssl_verify_client on", "ssl_client_certificate \(cast.roots)"]
            return (try .nginx(cast.server(kind), settings), "GET / HTTP/1.0\r\n\r\n", "CN=client-\(kind)\n")
        }
    }
}
