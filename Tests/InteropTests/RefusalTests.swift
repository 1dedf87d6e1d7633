// Handshakes that must fail, from either side: exit codes of `connect`, the log of `serve`, and the alert that the other
// program sees.
import Foundation
import TestSupport
import Testing

@Suite struct ConnectRefusalTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    /// A fault of the server's certificate: what we call it, and the alert that openssl and gnutls report.
    enum Fault: String, CaseIterable {
        case unknownAuthority, expired, wrongName

        var reason: String {
            switch self {
            case .unknownAuthority: "unknownIssuer"
            case .expired: "expired"
            case .wrongName: "nameMismatch"
            }
        }

        /// RFC 8446 §6.2.
        var alerts: [String] {
            switch self {
            case .unknownAuthority: ["unknown ca", "Alert[2|48]"]
            case .expired: ["certificate expired", "Alert[2|45]"]
            case .wrongName: ["bad certificate", "Alert[2|42]"]
            }
        }
    }

    private func certificate(_ fault: Fault) -> TestCertificate {
        switch fault {
        case .unknownAuthority: cast.unknown
        case .expired: cast.expired
        case .wrongName: cast.other
        }
    }

    /// What is wrong with the certificate is ours to say: exit 3, and the peer is told.
    @Test(arguments: Fault.allCases, ["openssl", "gnutls", "python"])
    func certificateNotValid(fault: Fault, peer: String) throws {
        let shown = certificate(fault)
        let server =
            switch peer {
            case "openssl": try Theirs.openssl(shown, ["-rev"])
            case "gnutls": try Theirs.gnutls(shown, ["--debug", "5"])
            default:
                try Theirs.python(
                    shown,
                    """
                    try:
                        connection = accept()
                        connection.recv(1)
                    except ssl.SSLError as error: print(error, flush=True)
                    time.sleep(20)
                    """)
            }
        let result = try connect(server.port, ["--ca", cast.roots])
        #expect(result.status == 3)
        #expect(result.output.isEmpty)
        let summary = try Summary(result)
        #expect(summary.errorKind == "certificate")
        #expect(summary.errorDetail?.contains(fault.reason) == true, "\(result.errors)")
        let program = server.program
        let told = {
            fault.alerts.contains { alert in
                (program.output + program.errors).lowercased().contains(alert.lowercased())
            }
        }
        try program.wait("the alert", seconds: 10, until: told)
    }

    /// `--crl`: a server whose certificate is revoked, or for which there is no list, is refused and told so.
    @Test func revokedServersAreRefused() throws {
        let factory = try CertificateFactory()
        let root = try factory.authority("Revoking root")
        let leaf = try factory.leaf("Revoked leaf", issuer: root)
        let stranger = try factory.authority("Somebody else")
        let good = try factory.revocationList("good", issuer: root)
        let bad = try factory.revocationList("bad", issuer: root, revoking: [leaf])
        let missing = try factory.revocationList("missing", issuer: stranger)
        let trust = ["--ca", root.certificatePath, "--servername", "localhost"]
        let server = try Theirs.openssl(leaf, ["-rev"])
        #expect(try connect(server.port, trust + ["--crl", good], say: "abc\n", for: "cba").status == 0)
        for (list, reason) in [(bad, "revoked"), (missing, "revocationListMissing")] {
            let result = try connect(server.port, trust + ["--crl", list])
            #expect(result.status == 3)
            #expect(try Summary(result).errorDetail?.contains(reason) == true, "\(result.errors)")
        }
        let program = server.program
        try program.wait("the alert", seconds: 10) {
            (program.output + program.errors).contains("certificate revoked")
        }
    }

    /// The peer refuses our certificate, or misses it: exit 4 with the name of its alert.
    @Test(arguments: ["openssl", "python"], ["none", "unknown", "expired"])
    func ownCertificateRefused(peer: String, own: String) throws {
        let server =
            peer == "openssl"
            ? try Theirs.openssl(
                cast.server(), ["-rev", "-CAfile", cast.roots, "-Verify", "3", "-verify_return_error"])
            : try Theirs.python(
                cast.server(),
                """
                try: accept(ssl.CERT_REQUIRED)
                except ssl.SSLError: pass
                time.sleep(20)
                """)
        let shown = ["unknown": pair(cast.unknown), "expired": pair(cast.expired)][own] ?? []
        let result = try connect(server.port, ["--ca", cast.roots] + shown)
        #expect(result.status == 4, "\(result.errors)")
        let summary = try Summary(result)
        #expect(summary.errorKind == "alert")
        let alert = ["none": "certificate_required", "unknown": "unknown_ca", "expired": "certificate_expired"]
        #expect(summary.errorDetail == alert[own], "\(result.errors)")
    }

    @Test(arguments: ["none", "unknown"]) func ownCertificateRefusedByGnutls(own: String) throws {
        let server = try Theirs.gnutls(
            cast.server(), ["--x509cafile", cast.roots, "--require-client-cert", "--verify-client-cert"])
        let result = try connect(
            server.port, ["--ca", cast.roots] + (own == "none" ? [] : pair(cast.unknown)), say: "x", for: "x")
        #expect(result.status == 4, "\(result.errors)")
        #expect(try Summary(result).errorKind == "alert")
    }

    @Test(arguments: ["openssl", "gnutls", "nginx"]) func tls12Only(peer: String) throws {
        let server =
            switch peer {
            case "openssl": try Theirs.openssl(cast.server(), ["-rev", "-tls1_2"])
            case "nginx": try Theirs.nginx(cast.server(), versions: "TLSv1.2")
            default: try Theirs.gnutls(cast.server(), priority: ":-VERS-ALL:+VERS-TLS1.2")
            }
        let result = try connect(server.port, ["--ca", cast.roots, "--versions", "1.3"])
        #expect(result.status == 4, "\(result.errors)")
        // GnuTLS says it less exactly than RFC 8446 §4.2.1 would have it.
        #expect(try Summary(result).errorDetail == (peer == "gnutls" ? "handshake_failure" : "protocol_version"))
    }

    /// A server that answers in TLS 1.2 although it was not offered: ours to refuse.
    @Test func tls12Answer() throws {
        let server = try Theirs.python(
            cast.server(),
            """
            raw = listener.accept()[0]
            raw.recv(65536)
            body = b"\\x03\\x03" + bytes(32) + b"\\x00" + b"\\xc0\\x2b" + b"\\x00"
            hello = b"\\x02" + len(body).to_bytes(3, "big") + body
            raw.sendall(b"\\x16\\x03\\x03" + len(hello).to_bytes(2, "big") + hello)
            print(raw.recv(65536).hex(), flush=True)
            time.sleep(20)
            """)
        let result = try connect(server.port, ["--ca", cast.roots, "--versions", "1.3"])
        #expect(result.status == 2, "\(result.errors)")
        #expect(try Summary(result).errorDetail == "protocol_version")
        try server.program.wait(for: "15030300020246")
    }

    /// Suites or groups that the server does not have: its alert.
    @Test(arguments: ["openssl", "gnutls"]) func nothingInCommon(peer: String) throws {
        let server =
            peer == "openssl"
            ? try Theirs.openssl(cast.server(), ["-rev", "-ciphersuites", "TLS_AES_256_GCM_SHA384"])
            : try Theirs.gnutls(cast.server(), priority: ":-CIPHER-ALL:+AES-256-GCM")
        let result = try connect(server.port, ["--ca", cast.roots, "--ciphers", "TLS_AES_128_GCM_SHA256"])
        #expect(result.status == 4, "\(result.errors)")
        #expect(try Summary(result).errorDetail == "handshake_failure")
    }
}

@Suite struct ServeRefusalTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    /// Clients without the right certificate get the alert of RFC 8446 §6.2, and the next client is served.
    @Test(arguments: ["openssl", "gnutls", "python", "curl"], ["none", "unknown", "expired"])
    func clientCertificateRefused(peer: String, own: String) throws {
        let server = try Ours(
            ["--http", "--client-ca", cast.roots, "--require-client-cert"] + pair(cast.server()))
        let shown = ["unknown": cast.unknown, "expired": cast.expired][own]
        let result = try run(peer, server.port, shown)
        #expect(result.status != 0)
        let alerts = [
            "none": ["certificate required", "certificate_required", "[116]"],
            "unknown": ["unknown ca", "[48]"], "expired": ["certificate expired", "[45]"],
        ]
        let text = (result.output + result.errors).lowercased()
        #expect(alerts[own]?.contains { text.contains($0.lowercased()) } == true, "\(result.errors)")
        server.expectLog("handshake failed")
        let right = try run(peer, server.port, cast.client())
        expectFine(right, "client certificate: CN=client-p256\n")
    }

    private func run(_ peer: String, _ port: String, _ own: TestCertificate?) throws -> ProgramResult {
        let request = "GET / HTTP/1.0\r\n\r\n"
        let end = "HelloRetryRequest: "
        func options(_ certificate: String, _ key: String) -> [String] {
            own.map { [certificate, $0.certificatePath, key, $0.keyPath] } ?? []
        }
        return switch peer {
        case "openssl":
            // -ign_eof: it reads on after its input, and so gets the alert.
            try opensslClient(
                port, ["-CAfile", cast.roots, "-brief", "-ign_eof"] + options("-cert", "-key"), say: request, for: end)
        case "gnutls":
            try gnutlsClient(
                port, ["--x509cafile", cast.roots] + options("--x509certfile", "--x509keyfile"), say: request, for: end)
        case "curl": try curl(port, options("--cert", "--key"))
        default:
            try pythonClient(
                port,
                """
                connection = connect(pair=sys.argv[3:5] if sys.argv[3] else None)
                connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                while data := connection.recv(65536): print(data.decode(), end="")
                """, own?.certificatePath ?? "", own?.keyPath ?? "")
        }
    }

    /// Clients that do not like our certificate: their alert is in our log, and the next client is served.
    @Test(arguments: ["openssl", "gnutls", "python", "curl"]) func ourCertificateRefused(peer: String) throws {
        let server = try Ours(["--http"] + pair(cast.unknown))
        let result =
            switch peer {
            case "openssl": try opensslClient(server.port, ["-CAfile", cast.roots, "-verify_return_error"])
            case "gnutls": try gnutlsClient(server.port, ["--x509cafile", cast.roots])
            case "curl": try curl(server.port, [])
            default: try pythonClient(server.port, "connect()")
            }
        #expect(result.status != 0)
        // gnutls-cli names its refusal bad_certificate.
        server.expectLog("handshake failed", "alert", peer == "gnutls" ? "certificate" : "unknown_ca")
        let next = try connect(server.port, ["--ca", cast.stranger.certificatePath])
        #expect(next.status == 0, "\(next.errors)")
    }

    @Test(arguments: ["openssl", "gnutls", "curl"]) func tls12Only(peer: String) throws {
        let server = try Ours(["--http", "--versions", "1.3"] + pair(cast.server()))
        let result =
            switch peer {
            case "openssl": try opensslClient(server.port, ["-CAfile", cast.roots, "-tls1_2"])
            case "gnutls":
                try gnutlsClient(server.port, priority: ":-VERS-ALL:+VERS-TLS1.2", ["--x509cafile", cast.roots])
            default: try curl(server.port, ["--tls-max", "1.2"])
            }
        #expect(result.status != 0)
        let text = (result.output + result.errors).lowercased()
        #expect(
            ["protocol version", "protocol_version"].contains { text.contains($0) }, "\(result.output)\(result.errors)")
        server.expectLog("handshake failed", "protocol_version")
    }

    @Test func nothingInCommonWithOpenssl() throws {
        let server = try Ours(["--http", "--ciphers", "TLS_AES_256_GCM_SHA384"] + pair(cast.server()))
        let result = try opensslClient(server.port, ["-ciphersuites", "TLS_AES_128_GCM_SHA256"])
        #expect(result.errors.contains("alert handshake failure"), "\(result.errors)")
        server.expectLog("handshake failed", "handshake_failure")
    }
}
