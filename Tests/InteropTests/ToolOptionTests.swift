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

    @Test func sessionOfOpenssl() throws {
        let server = try Theirs.openssl(cast.server(), ["-rev"])
        for round in 1...3 {
            let result = try connect(
                server.port, trust + ["--session", files.file("session")], say: "abba\n", for: "abba")
            expectFine(result, "abba\n")
            #expect(try Summary(result).flag("resumed") == (round > 1))
        }
    }

    @Test func ticketsForOpenssl() throws {
        let server = try Ours(["--http", "--tickets", "2"] + pair(cast.server()))
        for round in 1...3 {
            let result = try opensslClient(
                server.port,
                ["-CAfile", cast.roots, "-servername", "localhost", "-sess_out", files.file("\(round)")]
                    + (round > 1 ? ["-sess_in", files.file("\(round - 1)")] : []),
                say: "GET / HTTP/1.0\r\n\r\n", for: "HelloRetryRequest: ")
            expectFine(result, "resumed: \(round > 1 ? "yes" : "no")\n")
            #expect(result.output.contains(round > 1 ? "Reused, TLSv1.3" : "New, TLSv1.3"))
        }
    }
}
