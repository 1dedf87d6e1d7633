// RSA key transport of TLS 1.2 (RFC 5246 §7.4.7.1) with programs that are not ours, in both roles, with and without a client's
// certificate; and what the tools want of the certificate.
import Foundation
import TestSupport
import Testing

@Suite struct KeyTransportTests {
    private static let option = "--unsafe-rsa-key-transport"
    /// The suites, as OpenSSL and GnuTLS name them.
    static let suites = ["TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384"]
    private static let opensslSuites = ["AES128-GCM-SHA256", "AES256-GCM-SHA384"]
    private static let gnutlsCiphers = ["AES-128-GCM", "AES-256-GCM"]

    /// A server whose key never signs.
    private static let transporting = Result {
        let cast = try certificates()
        return try cast.factory.leaf(
            "transporting", key: .rsa2048, issuer: cast.root, usages: "serverAuth", keyUsage: "keyEncipherment")
    }

    let cast: Certificates
    let server: TestCertificate

    init() throws {
        cast = try certificates()
        server = try Self.transporting.get()
    }

    private func gnutlsPriority(_ place: Int) -> String {
        ":-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:-CIPHER-ALL:+\(Self.gnutlsCiphers[place])"
    }

    private func client(_ port: String, _ place: Int, say: String = "hello\n", for answer: String) throws
        -> ProgramResult
    {
        try connect(
            port, ["--ca", cast.roots, Self.option, "--ciphers", Self.suites[place]] + pair(cast.client()), say: say,
            for: answer)
    }

    private func expectSummary(_ result: ProgramResult, _ place: Int) throws {
        let summary = try Summary(result)
        #expect(summary["version"] == "TLSv1.2")
        #expect(summary["cipher_suite"] == Self.suites[place])
        #expect(summary["group"] == nil && summary["signature_scheme"] == nil)
        #expect(summary["authentication"] == "certificate")
    }

    @Test(arguments: [0, 1]) func toOpenSSL(_ place: Int) throws {
        let theirs = try Theirs.openssl(
            server,
            ["-tls1_2", "-rev", "-cipher", Self.opensslSuites[place], "-CAfile", cast.roots, "-Verify", "3"]
                + ["-verify_return_error"])
        let result = try client(theirs.port, place, for: "olleh")
        expectFine(result, "olleh\n")
        try expectSummary(result, place)
    }

    @Test(arguments: [0, 1]) func toGnuTLS(_ place: Int) throws {
        let theirs = try Theirs.gnutls(
            server, priority: gnutlsPriority(place),
            ["--x509cafile", cast.roots, "--require-client-cert", "--verify-client-cert"])
        let result = try client(theirs.port, place, for: "hello")
        expectFine(result, "hello\n")
        try expectSummary(result, place)
    }

    private func serve(_ service: String) throws -> Ours {
        try Ours([service, Self.option, "--client-ca", cast.roots, "--require-client-cert"] + pair(server))
    }

    @Test(arguments: [0, 1]) func fromOpenSSL(_ place: Int) throws {
        let ours = try serve("--echo")
        let own = cast.client()
        let result = try opensslClient(
            ours.port,
            [
                "-tls1_2", "-cipher", Self.opensslSuites[place], "-CAfile", cast.roots, "-verify_return_error",
                "-verify_hostname", "localhost", "-brief", "-cert", own.certificatePath, "-key", own.keyPath,
            ], say: "hello\n", for: "hello")
        expectFine(result, "hello\n")
        #expect(result.errors.contains("Ciphersuite: \(Self.opensslSuites[place])\n"))
        #expect(result.errors.contains("Verification: OK"))
    }

    @Test(arguments: [0, 1]) func fromGnuTLS(_ place: Int) throws {
        let ours = try serve("--http")
        let own = cast.client()
        let result = try gnutlsClient(
            ours.port, priority: gnutlsPriority(place),
            ["--x509cafile", cast.roots, "--x509certfile", own.certificatePath, "--x509keyfile", own.keyPath],
            say: "GET / HTTP/1.0\r\n\r\n", for: "HelloRetryRequest: no\n")
        expectFine(result, "cipher suite: \(Self.suites[place])\n")
        #expect(result.output.contains("client certificate: CN=client-p256\n"))
    }

    /// Those that have it: wolfSSL does not in Debian.
    private static let peers = Peer.installed.filter { $0 != .wolfssl }

    @Test(arguments: peers, suites) func toPeers(_ peer: Peer, _ suite: String) throws {
        let theirs = try peer.server(server, ["--tls12", "--suite", suite, "--ca", cast.roots])
        let result = try connect(
            theirs.port, ["--ca", cast.roots, Self.option] + peer.whatWeAllow + pair(cast.client()), say: "hello\n",
            for: "hello\n")
        expectFine(result, "hello\n")
        #expect(try Summary(result)["cipher_suite"] == suite)
    }

    @Test(arguments: peers, suites) func fromPeers(_ peer: Peer, _ suite: String) throws {
        let ours = try Ours(
            ["--echo", Self.option, "--client-ca", cast.roots, "--require-client-cert"] + pair(server)
                + peer.whatWeAllow)
        expectEchoed(
            try peer.client(ours.port, ["--tls12", "--suite", suite, "--ca", cast.roots] + pair(cast.client())),
            "suite=\(suite) resumed=no")
    }

    /// Threat "not offered in 1.3": a server with such a key alone has no other handshake to offer.
    @Test func itIsForNothingElse() throws {
        let ours = try serve("--echo")
        for version in [["-tls1_3"], ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]] {
            let result = try opensslClient(ours.port, version + ["-CAfile", cast.roots])
            #expect(result.status != 0)
            #expect(result.errors.contains("handshake failure"), "\(result.errors)")
        }
    }

    @Test func itIsOffUnlessItIsNamed() throws {
        let theirs = try Theirs.openssl(server, ["-tls1_2", "-rev", "-cipher", Self.opensslSuites[0]])
        let result = try connect(theirs.port, ["--ca", cast.roots], say: "hello\n")
        #expect(result.status == 4)
        let ours = try Ours(["--echo"] + pair(cast.server(.rsa2048)))
        let refused = try opensslClient(ours.port, ["-tls1_2", "-cipher", Self.opensslSuites[0]])
        #expect(refused.errors.contains("handshake failure"), "\(refused.errors)")
    }

    /// What could not work is refused before a connection is made, and says what would.
    @Test(arguments: [
        (["--ciphers", "TLS_RSA_WITH_AES_128_GCM_SHA256"], "takes --unsafe-rsa-key-transport"),
        ([option, "--versions", "1.3"], "is for TLS 1.2"),
        ([option, "--policy", "modern"], "is for TLS 1.2"),
    ])
    func whatHasNoUseIsRefused(_ arguments: [String], _ words: String) throws {
        let result = try runProgram(
            [programPath, "connect", "127.0.0.1:1", "--ca", cast.roots] + arguments, mustSucceed: false)
        #expect(result.status == 64)
        #expect(result.errors.contains(words), "\(result.errors)")
    }

    /// Threat "the key must be one that never signs": neither one that signs as well, nor without the option.
    @Test func theCertificateMustBeForThatAlone() throws {
        let both = try cast.factory.leaf(
            "signs-and-decrypts", key: .rsa2048, issuer: cast.root, keyUsage: "digitalSignature,keyEncipherment")
        // Of a raw public key nobody knows what it is for.
        let raw = ["--raw-key", server.keyPath]
        for shown in [pair(both), pair(cast.server(.rsa2048)), pair(cast.server()), raw] {
            let result = try runProgram(
                [programPath, "serve", "--listen", "127.0.0.1:0", "--echo", Self.option] + shown, mustSucceed: false)
            #expect(result.status == 64)
            #expect(result.errors.contains("never signs"), "\(result.errors)")
        }
        let alone = try runProgram(
            [programPath, "serve", "--listen", "127.0.0.1:0", "--echo"] + pair(server), mustSucceed: false)
        #expect(alone.status == 64)
        #expect(alone.errors.contains("for RSA key transport alone"), "\(alone.errors)")
        let asClient = try connect("1", ["--ca", cast.roots, Self.option] + pair(server))
        #expect(asClient.status == 64)
    }

    /// `ca issue --key-transport` makes what `serve` wants; threat "the log says so" of an Mbed TLS before the fix.
    @Test func ourOwnAuthorityIssuesIt() throws {
        let directory = try TemporaryDirectory()
        let (ca, out) = (directory.file("ca"), directory.file("server"))
        try runProgram([programPath, "ca", "init", "--dir", ca, "--name", "Test"])
        let issue = [programPath, "ca", "issue", "--ca", ca, "--name", "localhost", "--key-transport", "--out", out]
        let wrong = try runProgram(issue, mustSucceed: false)
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("--key-type rsa2048"), "\(wrong.errors)")
        try runProgram(issue + ["--key-type", "rsa2048"])
        let ours = try Ours(["--echo", Self.option, "--cert", "\(out)/cert.pem", "--key", "\(out)/key.pem"])
        if try backendIsOld() { ours.expectLog("CVE-2024-23170") }
        let result = try opensslClient(
            ours.port, ["-tls1_2", "-CAfile", "\(ca)/ca.pem", "-verify_return_error", "-brief"], say: "hello\n",
            for: "hello")
        expectFine(result, "hello\n")
        #expect(result.errors.contains("Ciphersuite: AES128-GCM-SHA256"))
    }

    /// Whether the Mbed TLS that the tests run with is Debian 12's.
    private func backendIsOld() throws -> Bool {
        let libraries = try runProgram(["ldd", programPath]).output
        return libraries.contains("libmbedcrypto.so.7")
    }
}
