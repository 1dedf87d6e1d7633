// Early data (RFC 8446 §4.2.10) with OpenSSL and GnuTLS, both roles, and among ourselves.
import Foundation
import TestSupport
import Testing

@Suite struct EarlyDataTests {
    let cast: Certificates
    private let directory: TemporaryDirectory
    private let text = "early bird\n"

    init() throws {
        cast = try certificates()
        directory = try TemporaryDirectory()
        try directory.write("early", Array(text.utf8))
    }

    private var session: String { directory.file("session") }
    private var trust: [String] { ["--ca", cast.roots, "--servername", "localhost", "--session", session] }
    private var early: [String] { ["--early-data", directory.file("early")] }

    @Test func connectToOpenssl() throws {
        let server = try Theirs.openssl(
            cast.server(), ["-tls1_3", "-early_data", "-max_early_data", "16384", "-no_anti_replay"])
        let first = try connect(server.port, trust, say: "first\n")
        #expect(first.status == 0, "\(first.errors)")
        let second = try connect(server.port, trust + early, say: "second\n")
        #expect(second.status == 0, "\(second.errors)")
        #expect(try Summary(second).flag("early_data") == true)
        try server.program.wait("early data") { server.program.output.contains("early bird") }
        #expect(server.program.output.contains("Early data received"))
    }

    @Test func connectSendsAgainWhatOpensslRefuses() throws {
        let server = try Theirs.openssl(
            cast.server(), ["-tls1_3", "-rev", "-max_early_data", "16384", "-no_anti_replay"])
        #expect(try connect(server.port, trust, say: "abba\n", for: "abba").status == 0)
        let second = try connect(server.port, trust + early, for: "drib ylrae")
        expectFine(second, "drib ylrae")
        #expect(try Summary(second).flag("early_data") == false && Summary(second).flag("resumed") == true)
    }

    /// gnutls-serv takes early data, and says nothing of what they were.
    @Test func connectToGnutls() throws {
        let server = try Theirs.gnutls(cast.server(), ["--earlydata", "--maxearlydata", "16384"])
        expectFine(try connect(server.port, trust, say: "abba\n", for: "abba"), "abba")
        // It refuses a ticket whose age it sees otherwise than we say it, as when the machine had no time for one of us.
        var isAccepted = false
        for _ in 0..<20 where !isAccepted {
            let second = try connect(server.port, trust + early, say: "second\n", for: "second")
            expectFine(second, "second")
            isAccepted = try Summary(second).flag("early_data") == true
        }
        #expect(isAccepted)
    }

    @Test func serveGnutls() throws {
        let server = try Ours(["--echo", "--unsafe-early-data"] + pair(cast.server()))
        let options = [
            "--x509cafile", cast.roots, "--resume", "--waitresumption", "--earlydata", directory.file("early"),
        ]
        let deadline = Date().addingTimeInterval(120)
        var isAccepted = false
        while !isAccepted, Date() < deadline {
            let result = try gnutlsClient(server.port, options, say: "abba\n", for: "abba")
            #expect(result.output.contains("This is a resumed session"), "\(result.output)\(result.errors)")
            // What is refused does not come again.
            isAccepted = result.output.contains(text)
        }
        #expect(isAccepted)
    }

    /// For twenty seconds after its start a server takes none: what came before it could come again.
    @Test func serveOpensslAndOurselves() throws {
        let server = try Ours(["--echo", "--unsafe-early-data"] + pair(cast.server()))
        expectFine(try connect(server.port, trust, say: "abba\n", for: "abba"), "abba")
        let saved = directory.file("openssl")
        let options = ["-tls1_3", "-CAfile", cast.roots, "-verify_return_error"]
        expectFine(
            try opensslClient(server.port, options + ["-sess_out", saved], say: "abba\n", for: "abba"), "abba")
        let deadline = Date().addingTimeInterval(60)
        var isAccepted = false
        while !isAccepted, Date() < deadline {
            let result = try connect(server.port, trust + early, for: text)
            expectFine(result, text)
            isAccepted = try Summary(result).flag("early_data") == true
        }
        #expect(isAccepted)
        let result = try opensslClient(
            server.port, options + ["-sess_in", saved, "-early_data", directory.file("early")], for: text)
        expectFine(result, "Early data was accepted")
        #expect(result.output.contains(text))
    }

    @Test func serveTakesNoneUnlessToldTo() throws {
        let server = try Ours(["--echo"] + pair(cast.server()))
        expectFine(try connect(server.port, trust, say: "abba\n", for: "abba"), "abba")
        let result = try connect(server.port, trust + early, for: text)
        expectFine(result, text)
        #expect(try Summary(result).flag("early_data") == false)
    }
}
