// Raw public keys (RFC 7250) with GnuTLS in both roles and both versions, with OpenSSL 3.0, which does not know them, and among
// ourselves.
import Foundation
import TestSupport
import Testing

/// A key that is shown raw.
private struct RawKey {
    /// The private key in PEM.
    let path: String
    /// The public key in PEM.
    let publicPath: String
    /// `sha256/` and the base64 of the hash of its SubjectPublicKeyInfo, as openssl computes it.
    let pin: String

    init(_ name: String, in directory: TemporaryDirectory, _ kind: TestKey = .p256) throws {
        (path, publicPath) = (directory.file("\(name).key"), directory.file("\(name).pub"))
        let algorithm =
            switch kind {
            case .p256: "EC -pkeyopt ec_paramgen_curve:P-256"
            case .p384: "EC -pkeyopt ec_paramgen_curve:P-384"
            default: "RSA -pkeyopt rsa_keygen_bits:2048"
            }
        let script = """
            set -e
            openssl genpkey -algorithm \(algorithm) -out \(path)
            openssl pkey -in \(path) -pubout -out \(publicPath)
            openssl pkey -pubin -in \(publicPath) -outform DER | openssl dgst -sha256 -binary | openssl base64
            """
        let hash = try runProgram(["sh", "-c", script]).output
        pin = "sha256/" + hash.filter { !$0.isNewline }
    }

    var shown: [String] { ["--raw-key", path] }
    var trusted: [String] { ["--raw-public-key", publicPath] }
    /// As GnuTLS's programs show it.
    var gnutls: [String] { ["--rawpkkeyfile", path, "--rawpkfile", publicPath] }
}

/// The keys of a server and of a client, and one of nobody's.
private struct Keys {
    private let directory: TemporaryDirectory
    let server: RawKey
    let client: RawKey
    let other: RawKey

    init(_ kind: TestKey = .p256) throws {
        directory = try TemporaryDirectory()
        server = try RawKey("server", in: directory, kind)
        client = try RawKey("client", in: directory, kind)
        other = try RawKey("other", in: directory)
    }

    func file(_ name: String) -> String { directory.file(name) }
}

@Suite struct RawPublicKeyTests {
    private let request = "GET / HTTP/1.0\r\n\r\n"

    /// What GnuTLS is told: one version, and raw public keys alone or beside certificates.
    private func priority(_ version: String, _ types: String = ":-CTYPE-ALL") -> String {
        ":-VERS-ALL:+VERS-TLS\(version)\(types):+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK"
    }

    private func gnutlsServer(
        _ key: RawKey, _ version: String, _ arguments: [String] = []
    ) throws -> (BackgroundProgram, String) {
        let port = try freePort()
        let program = try BackgroundProgram(
            [
                "gnutls-serv", "--echo", "--crlf", "--port", "\(port)", "--priority",
                gnutlsPriority(priority(version)),
            ] + key.gnutls + arguments)
        try program.wait("listening") { program.output.contains("done") || program.errors.contains("done") }
        return (program, "\(port)")
    }

    // connect

    @Test(arguments: ["1.3", "1.2"], [TestKey.p256, .p384, .rsa2048])
    func connectToGnutls(_ version: String, _ kind: TestKey) throws {
        let keys = try Keys(kind)
        let (server, port) = try gnutlsServer(keys.server, version, ["--require-client-cert"])
        let result = try connect(port, keys.server.trusted + keys.client.shown, say: "abba\n", for: "abba")
        expectFine(result, "abba")
        let summary = try Summary(result)
        #expect(summary["version"] == "TLSv\(version)")
        #expect(summary["authentication"] == "raw_public_key" && summary["raw_public_key"] == keys.server.pin)
        #expect((summary.object["peer_chain"] as? [Any])?.isEmpty == true)
        try server.wait("what the client showed") { server.output.contains("Raw Public Key") }
    }

    @Test(arguments: ["1.3", "1.2"]) func connectRefusesAnotherKey(_ version: String) throws {
        let keys = try Keys()
        let (server, port) = try gnutlsServer(keys.server, version)
        let result = try connect(port, keys.other.trusted)
        #expect(result.status == 3, "\(result.errors)")
        let summary = try Summary(result)
        #expect(summary.errorKind == "certificate" && summary.errorDetail == "keyNotPinned")
        #expect(result.errors.contains(keys.server.pin))
        withExtendedLifetime(server) {}
    }

    /// OpenSSL 3.0 does not know the extension and shows its certificate, which was not asked for.
    @Test(arguments: ["1.3", "1.2"]) func connectToAServerWithoutRawKeys(_ version: String) throws {
        let keys = try Keys()
        let cast = try certificates()
        let server = try Theirs.openssl(cast.server(), ["-rev", version == "1.3" ? "-tls1_3" : "-tls1_2"])
        let result = try connect(server.port, keys.server.trusted)
        #expect(result.status == 2, "\(result.errors)")
        #expect(try Summary(result).errorDetail == "unsupported_certificate")
        // With anchors beside the key certificates stay possible.
        let both = try connect(
            server.port, keys.server.trusted + ["--ca", cast.roots, "--servername", "localhost"], say: "abba\n",
            for: "abba")
        expectFine(both, "abba")
        #expect(try Summary(both)["authentication"] == "certificate")
    }

    // serve

    @Test(arguments: ["1.3", "1.2"], [TestKey.p256, .p384, .rsa2048])
    func serveGnutls(_ version: String, _ kind: TestKey) throws {
        let keys = try Keys(kind)
        let server = try Ours(["--http", "--require-client-cert"] + keys.server.shown + keys.client.trusted)
        let end = "raw public key: \(keys.client.pin)\n"
        // GnuTLS has nothing to verify a raw key with but what it remembers.
        let result = try gnutlsClient(
            server.port, priority: priority(version), keys.client.gnutls + ["--insecure"], say: request, for: end)
        expectFine(result, end)
        #expect(result.output.contains("Certificate type: Raw Public Key"))
        #expect(result.output.contains("version: TLSv\(version)\n"))
    }

    @Test(arguments: ["1.3", "1.2"]) func serveRefusesAnotherKey(_ version: String) throws {
        let keys = try Keys()
        let server = try Ours(["--http", "--require-client-cert"] + keys.server.shown + keys.client.trusted)
        let result = try gnutlsClient(
            server.port, priority: priority(version), keys.other.gnutls + ["--insecure"], say: request)
        #expect(!result.output.contains("200 OK"))
        server.expectLog("handshake failed", "raw public key is none of those trusted", keys.other.pin)
        // Without a raw key GnuTLS names no type, and so has certificates alone.
        _ = try gnutlsClient(
            server.port, priority: ":-VERS-ALL:+VERS-TLS\(version):+CTYPE-SRV-RAWPK", ["--insecure"], say: request)
        server.expectLog("no type of certificate in common")
    }

    /// One server with a certificate and a raw key: each client gets what it takes.
    @Test(arguments: ["1.3", "1.2"]) func serveBoth(_ version: String) throws {
        let keys = try Keys()
        let cast = try certificates()
        let server = try Ours(["--http"] + pair(cast.server()) + keys.server.shown)
        let raw = try gnutlsClient(
            server.port, priority: priority(version), ["--insecure"], say: request, for: "raw public key: none\n")
        expectFine(raw, "raw public key: none\n")
        #expect(raw.output.contains("Certificate type: Raw Public Key"))
        let plain = try gnutlsClient(
            server.port, priority: ":-VERS-ALL:+VERS-TLS\(version)", ["--x509cafile", cast.roots], say: request,
            for: "client certificate: none\n")
        expectFine(plain, "client certificate: none\n")
        #expect(plain.output.contains("Certificate type: X.509"))
        let openssl = try opensslClient(
            server.port, ["-CAfile", cast.roots, "-verify_return_error", "-brief"], say: request,
            for: "client certificate: none\n")
        expectFine(openssl, "client certificate: none\n")
    }

    // Among ourselves

    @Test(arguments: ["1.3", "1.2"]) func resumed(_ version: String) throws {
        let keys = try Keys()
        let server = try Ours(
            ["--echo", "--require-client-cert", "--versions", version] + keys.server.shown + keys.client.trusted)
        let arguments = keys.server.trusted + keys.client.shown + ["--session", keys.file("session")]
        for isSecond in [false, true] {
            let result = try connect(server.port, arguments, say: "abba\n", for: "abba")
            expectFine(result, "abba")
            let summary = try Summary(result)
            #expect(summary.flag("resumed") == isSecond)
            #expect(summary["raw_public_key"] == keys.server.pin)
        }
    }

    @Test func optionsThatMakeNoSense() throws {
        let keys = try Keys()
        let cast = try certificates()
        let nine = (0..<9).flatMap { _ in keys.server.trusted }
        for (arguments, status, word) in [
            (keys.server.shown, 64 as Int32, "--raw-public-key"), (nine, 64, "at most 8"),
            (keys.server.trusted + ["--unsafe-no-verify"], 64, "--unsafe-no-verify"),
            (["--raw-public-key", cast.server().certificatePath], 1, "BEGIN PUBLIC KEY"),
            (keys.server.trusted + ["--raw-key", keys.server.publicPath], 1, "cannot use the key"),
        ] {
            let result = try runProgram([programPath, "connect", "127.0.0.1:1"] + arguments, mustSucceed: false)
            #expect(result.status == status && result.errors.contains(word), "\(arguments): \(result.errors)")
        }
        let serve = try runProgram(
            [programPath, "serve", "--listen", "127.0.0.1:0", "--echo"] + keys.server.trusted, mustSucceed: false)
        #expect(serve.status == 64 && serve.errors.contains("--raw-key"))
    }
}
