// What `swiftlet connect` does beside the plain handshake: HelloRetryRequest, ALPN, SNI, chains, tickets, KeyUpdate,
// middlebox compatibility.
import Foundation
import TestSupport
import Testing

/// nginx closes without close_notify where nothing was asked.
private let webRequest = "GET / HTTP/1.0\r\n\r\n"

@Suite struct ConnectFeatureTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private var trust: [String] { ["--ca", cast.roots] }

    @Test(arguments: ["openssl", "gnutls", "python", "nginx"]) func helloRetryRequest(peer: String) throws {
        let server =
            switch peer {
            case "openssl": try Theirs.openssl(cast.server(), ["-rev", "-groups", "P-384"])
            case "gnutls": try Theirs.gnutls(cast.server(), priority: ":-GROUP-ALL:+GROUP-SECP384R1")
            case "nginx": try Theirs.nginx(cast.server(), ["ssl_ecdh_curve secp384r1"])
            default:
                try Theirs.python(
                    cast.server(),
                    """
                    made = context()
                    made.set_ecdh_curve("secp384r1")
                    connection = accept(made=made)
                    connection.sendall(connection.recv(100))
                    connection.unwrap()
                    """)
            }
        let isWeb = peer == "nginx"
        let result = try connect(
            server.port, trust, say: isWeb ? webRequest : "abba\n", for: isWeb ? "seen" : "abba")
        expectFine(result, isWeb ? "seen: TLSv1.3" : "abba")
        let summary = try Summary(result)
        #expect(summary.flag("hello_retry") == true)
        #expect(summary["group"] == "secp384r1")
        #expect(summary.number("flights") == 3)
    }

    @Test(arguments: ["openssl", "gnutls", "python", "nginx"]) func alpn(peer: String) throws {
        let server =
            switch peer {
            case "openssl": try Theirs.openssl(cast.server(), ["-rev", "-alpn", "http/1.1"])
            case "gnutls": try Theirs.gnutls(cast.server(), ["--alpn", "http/1.1"])
            case "nginx": try Theirs.nginx(cast.server())
            default:
                try Theirs.python(
                    cast.server(),
                    """
                    made = context()
                    made.set_alpn_protocols(["http/1.1"])
                    accept(made=made).unwrap()
                    """)
            }
        let request = peer == "nginx" ? webRequest : ""
        let result = try connect(
            server.port, trust + ["--alpn", "swiftlet,http/1.1"], say: request, for: peer == "nginx" ? "seen" : "")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try Summary(result)["alpn"] == "http/1.1")
    }

    @Test func alpnWithoutACommonProtocolWithOpenssl() throws {
        let server = try Theirs.openssl(cast.server(), ["-rev", "-alpn", "other"])
        let result = try connect(server.port, trust + ["--alpn", "swiftlet"])
        #expect(result.status == 4)
        #expect(try Summary(result).errorDetail == "no_application_protocol")
    }

    @Test func alpnWithoutACommonProtocolWithGnutls() throws {
        let server = try Theirs.gnutls(cast.server(), ["--alpn", "other", "--alpn-fatal"])
        let result = try connect(server.port, trust + ["--alpn", "swiftlet"])
        #expect(result.status == 4)
        #expect(try Summary(result).errorDetail == "no_application_protocol")
    }

    @Test func serverNameChoosesTheCertificateOfOpenssl() throws {
        let server = try Theirs.openssl(
            cast.server(),
            [
                "-rev", "-servername", "other.example", "-cert2", cast.other.certificatePath, "-key2",
                cast.other.keyPath,
            ])
        let result = try connect(server.port, trust + ["--servername", "other.example"])
        #expect(result.status == 0, "\(result.errors)")
        let summary = try Summary(result)
        #expect(summary["server_name"] == "other.example")
        let chain = summary.object["peer_chain"] as? [[String: Any]]
        #expect(chain?.first?["subject"] as? String == "CN=other")
    }

    @Test(arguments: ["openssl", "gnutls", "python", "nginx"], [false, true])
    func chain(peer: String, isLarge: Bool) throws {
        let chain = isLarge ? cast.large : cast.long
        let leaf = TestCertificate(keyPath: chain.keyPath, certificatePath: chain.path, der: [], keyPEM: [])
        let server =
            switch peer {
            case "openssl": try Theirs.openssl(leaf, ["-rev", "-cert_chain", chain.intermediatesPath])
            case "gnutls": try Theirs.gnutls(leaf)
            case "nginx": try Theirs.nginx(leaf)
            default: try Theirs.python(leaf, "accept().unwrap()")
            }
        let request = peer == "nginx" ? webRequest : ""
        let result = try connect(
            server.port, ["--ca", cast.root.certificatePath], say: request, for: peer == "nginx" ? "seen" : "")
        #expect(result.status == 0, "\(result.errors)")
        let shown = try Summary(result).object["peer_chain"] as? [[String: Any]]
        #expect(shown?.count == chain.certificates.count)
        #expect(!isLarge || chain.certificates[0].der.count > 20_000)
    }

    /// The chain is ours, and the server looks at it.
    @Test(arguments: ["openssl", "gnutls", "python", "nginx"], [false, true])
    func ownChain(peer: String, isLarge: Bool) throws {
        let root = cast.root.certificatePath
        let server =
            switch peer {
            case "openssl":
                try Theirs.openssl(cast.server(), ["-rev", "-CAfile", root, "-Verify", "9", "-verify_return_error"])
            case "gnutls":
                try Theirs.gnutls(
                    cast.server(), ["--x509cafile", root, "--require-client-cert", "--verify-client-cert"])
            case "nginx":
                try Theirs.nginx(
                    cast.server(),
                    ["ssl_verify_client on", "ssl_client_certificate \(root)", "ssl_verify_depth 9"])
            default:
                try Theirs.python(
                    cast.server(),
                    """
                    connection = accept(ssl.CERT_REQUIRED)
                    connection.sendall(connection.recv(100))
                    connection.unwrap()
                    """)
            }
        let isWeb = peer == "nginx"
        let result = try connect(
            server.port, trust + pair(isLarge ? cast.large : cast.long),
            say: isWeb ? webRequest : "abba\n", for: isWeb ? "seen" : "abba")
        expectFine(result, isWeb ? (isLarge ? "CN=big" : "CN=deep") : "abba")
    }

    /// s_server's 'k' changes its own key; 'K' asks us to change ours as well.
    @Test(arguments: ["k", "K"]) func keyUpdateByOpenssl(command: String) throws {
        let server = try Theirs.openssl(cast.server(), [])
        let client = try BackgroundProgram(
            [programPath, "connect", "127.0.0.1:\(server.port)", "--json"] + trust)
        client.send("one\n")
        try server.program.wait(for: "one\n")
        for round in 1...3 {
            server.program.send("\(command)\n")
            try server.program.wait("key update \(round)") {
                server.program.output.components(separatedBy: "SSL_do_handshake -> 1").count > round
            }
            server.program.send("theirs \(round)\n")
            try client.wait(for: "theirs \(round)\n")
            client.send("ours \(round)\n")
            try server.program.wait(for: "ours \(round)\n")
        }
        client.endInput()
        let result = try client.finish()
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test(arguments: ["openssl", "gnutls"]) func withoutMiddleboxCompatibility(peer: String) throws {
        let server =
            peer == "openssl"
            ? try Theirs.openssl(cast.server(), ["-rev", "-no_middlebox"])
            : try Theirs.gnutls(cast.server(), priority: ":%DISABLE_TLS13_COMPAT_MODE")
        expectFine(try connect(server.port, trust, say: "abba\n", for: "abba"), "abba\n")
    }

    /// More tickets than anybody needs, before and with the data.
    @Test func ticketsOfOpenssl() throws {
        let server = try Theirs.openssl(cast.server(), ["-rev", "-num_tickets", "20"])
        expectFine(try connect(server.port, trust, say: "abba\n", for: "abba"), "abba\n")
    }

    @Test func smallRecordsOfOpenssl() throws {
        let server = try Theirs.openssl(
            cast.server(), ["-rev", "-max_send_frag", "512", "-record_padding", "300"])
        expectFine(try connect(server.port, trust, say: "abba\n", for: "abba"), "abba\n")
    }
}
