// Options of `swiftlet connect` and `swiftlet serve` that OpenSSL's programs have as well, each side checked by the other.
import Foundation
import TestSupport
import Testing

@Suite struct ToolOptionTests {
    let cast: Certificates
    let files: TemporaryDirectory

    init() throws {
        cast = try certificates()
        files = try TemporaryDirectory()
    }

    private var trust: [String] { ["--ca", cast.roots] }

    /// By tickets, and in TLS 1.2 also by identifiers of sessions that the server keeps (RFC 5246 §7.3).
    @Test(arguments: [["-tls1_3"], ["-tls1_2"], ["-tls1_2", "-no_ticket"]])
    func sessionOfOpenssl(_ options: [String]) throws {
        let server = try Theirs.openssl(cast.server(), ["-rev"] + options)
        for round in 1...3 {
            let result = try connect(
                server.port, trust + ["--session", files.file("session")], say: "abba\n", for: "abba")
            expectFine(result, "abba\n")
            #expect(try Summary(result).flag("resumed") == (round > 1))
        }
    }

    @Test(arguments: ["1.3", "1.2"]) func ticketsForOpenssl(_ version: String) throws {
        let server = try Ours(["--http", "--tickets", "2", "--versions", version] + pair(cast.server()))
        for round in 1...3 {
            let result = try opensslClient(
                server.port,
                ["-CAfile", cast.roots, "-servername", "localhost", "-sess_out", files.file("\(round)")]
                    // In TLS 1.2 openssl writes down no session that was resumed.
                    + (round > 1 ? ["-sess_in", files.file(version == "1.2" ? "1" : "\(round - 1)")] : []),
                say: "GET / HTTP/1.0\r\n\r\n", for: "HelloRetryRequest: ")
            expectFine(result, "resumed: \(round > 1 ? "yes" : "no")\n")
            #expect(result.output.contains("\(round > 1 ? "Reused" : "New"), TLSv\(version)"), "\(result.output)")
        }
    }

    private static let gnutlsVersions = ["", ":-VERS-TLS1.3:+VERS-TLS1.2"]

    @Test(arguments: gnutlsVersions) func sessionOfGnutls(_ version: String) throws {
        let server = try Theirs.gnutls(cast.server(), priority: version)
        for round in 1...3 {
            let result = try connect(
                server.port, trust + ["--session", files.file("session")], say: "abba\n", for: "abba")
            expectFine(result, "abba")
            #expect(try Summary(result).flag("resumed") == (round > 1), "\(round)")
        }
    }

    /// gnutls-cli connects twice by itself, and asks for the page the second time.
    @Test(arguments: gnutlsVersions) func ticketsForGnutls(_ version: String) throws {
        let server = try Ours(["--http"] + pair(cast.server()))
        let result = try gnutlsClient(
            server.port, priority: version, ["--x509cafile", cast.roots, "--resume", "--waitresumption"],
            say: "GET / HTTP/1.0\r\n\r\n", for: "HelloRetryRequest: ")
        #expect(result.output.contains("This is a resumed session"), "\(result.output)")
        #expect(result.output.contains("resumed: yes"))
    }

    /// The longest protected record that a program of OpenSSL's has read, as `-msg` says.
    private func longestRecord(_ output: String) -> Int {
        output.matches(of: /<<< [^\n]*RecordHeader[^\n]*\n +17 03 03 ([0-9a-f]{2}) ([0-9a-f]{2})/)
            .compactMap { Int($0.1 + $0.2, radix: 16) }.max() ?? 0
    }

    private let text = String(decoding: lines(4000), as: UTF8.self) + "\n"
    /// The content type and the tag are beside the 512 bytes.
    private let longest = 512 + 1 + 16

    @Test func smallRecordsToAServerOfOpenssl() throws {
        let server = try Theirs.openssl(cast.server(), ["-rev", "-msg", "-max_send_frag", "512"])
        let result = try connect(server.port, trust + ["--record-size", "512"], say: "abba\n" + text, for: "abba")
        #expect(result.status == 0, "\(result.errors)")
        #expect(longestRecord(server.program.output) == longest)
    }

    @Test func smallRecordsToAClientOfOpenssl() throws {
        let server = try Ours(["--echo", "--record-size", "512"] + pair(cast.server()))
        let result = try opensslClient(
            server.port, ["-CAfile", cast.roots, "-msg", "-max_send_frag", "512"], say: text + "end\n", for: "end\n")
        #expect(result.status == 0, "\(result.errors)")
        #expect(longestRecord(result.output) == longest)
    }

    /// GnuTLS does as record_size_limit says; longer records would be refused.
    @Test func gnutlsKeepsToTheRecordSize() throws {
        let server = try Theirs.gnutls(cast.server())
        let result = try connect(
            server.port, trust + ["--record-size", "512"], say: text + "end\n", for: "end\n")
        expectFine(result, "end\n")
    }

    @Test(arguments: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"])
    func exportedMaterialIsThatOfOpenssl(suite: String) throws {
        let server = try Theirs.openssl(
            cast.server(),
            ["-ciphersuites", suite, "-keymatexport", "EXPORTER-test", "-keymatexportlen", "42"])
        let result = try connect(server.port, trust + ["--export", "EXPORTER-test:42"])
        #expect(result.status == 0, "\(result.errors)")
        let exported = try #require(try Summary(result)["exported"])
        #expect(exported.utf8.count == 2 * 42)
        try server.program.wait("their material") {
            server.program.output.contains("Keying material: \(exported.uppercased())\n")
        }
    }

    /// RFC 9266: OpenSSL knows the binding by no name of its own, and in TLS 1.2 s_server exports without a context.
    @Test(arguments: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"])
    func tlsExporterIsThatOfOpenssl(suite: String) throws {
        let server = try Theirs.openssl(
            cast.server(),
            ["-ciphersuites", suite, "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"])
        let result = try connect(server.port, trust)
        #expect(result.status == 0, "\(result.errors)")
        let binding = try #require(try Summary(result)["tls_exporter"])
        #expect(binding.utf8.count == 2 * 32)
        try server.program.wait("their material") {
            server.program.output.contains("Keying material: \(binding.uppercased())\n")
        }
    }

    private func keyLogLines(_ name: String) throws -> Set<String> {
        let text = String(decoding: try readFile(files.file(name)), as: UTF8.self)
        return Set(text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") })
    }

    /// Both ends write the same lines.
    @Test func theKeyLogIsThatOfOpenssl() throws {
        let server = try Theirs.openssl(cast.server(), ["-rev", "-keylogfile", files.file("theirs")])
        for _ in 1...2 {
            let result = try connect(
                server.port, trust + ["--unsafe-keylog", files.file("ours")], say: "abba\n", for: "abba")
            expectFine(result, "abba")
        }
        let lines = try keyLogLines("ours")
        #expect(lines.count == 2 * 5)
        #expect(try keyLogLines("theirs") == lines)
    }

    @Test func theKeyLogOfAServerIsThatOfOpenssl() throws {
        let server = try Ours(["--echo", "--unsafe-keylog", files.file("ours")] + pair(cast.server()))
        let result = try opensslClient(
            server.port, ["-CAfile", cast.roots, "-keylogfile", files.file("theirs")], say: "abba\n", for: "\nabba\n")
        #expect(result.status == 0, "\(result.errors)")
        let lines = try keyLogLines("ours")
        #expect(lines.count == 5)
        #expect(try keyLogLines("theirs") == lines)
    }
}
