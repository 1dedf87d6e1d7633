// `connect` and `serve` over serial lines: with OpenSSL at the other end of a bare one, and with each other over the link.
// The lines are pseudo-terminals joined by socat.
import Foundation
import TestSupport
import Testing

@Suite struct SerialTests {
    private func serve(_ endpoint: String, _ more: String...) throws -> BackgroundProgram {
        let certificates = try certificates()
        let program = try BackgroundProgram(
            [programPath, "serve", "--listen", endpoint, "--echo"] + pair(certificates.server())
                + ["--client-ca", certificates.roots, "--require-client-cert"] + more)
        try program.wait("listening") { program.output == "listening \(endpoint)\n" }
        return program
    }

    private func connect(
        _ endpoint: String, _ more: [String] = [], say text: String, for answer: String
    ) throws -> ProgramResult {
        let certificates = try certificates()
        return try converse(
            BackgroundProgram(
                [programPath, "connect", endpoint, "--json", "--servername", "localhost", "--ca", certificates.roots]
                    + pair(certificates.client()) + more), say: text, for: answer)
    }

    @Test func connectsToOpenSSLOverABareLine() throws {
        let line = try SerialPair()
        let server = try Theirs.openssl(
            certificates().server(), ["-tls1_3", "-rev", "-Verify", "2", "-CAfile", certificates().roots])
        let bridge = try BackgroundProgram(["socat", "FILE:\(line.other),rawer", "TCP:127.0.0.1:\(server.port)"])
        let result = try connect("serial:\(line.one),115200", say: "abcdef\n", for: "fedcba\n")
        expectFine(result, "fedcba\n")
        let version = try Summary(result)["version"]
        #expect(version == "TLSv1.3" && bridge.isRunning)
    }

    @Test func servesOpenSSLOverABareLineAgainAndAgain() throws {
        let line = try SerialPair()
        let server = try serve("serial:\(line.one),115200")
        for number in 1...2 {
            let port = try freePort()
            let bridge = try BackgroundProgram(
                ["socat", "TCP-LISTEN:\(port),bind=127.0.0.1", "FILE:\(line.other),rawer"])
            try bridge.wait("listening") { isListening(port) }
            let client = try certificates().client()
            let result = try opensslClient(
                "\(port)",
                [
                    "-tls1_3", "-quiet", "-no_ign_eof", "-verify_return_error", "-CAfile", certificates().roots,
                    "-cert",
                    client.certificatePath, "-key", client.keyPath,
                ], say: "line \(number)\n", for: "line \(number)\n")
            expectFine(result, "line \(number)\n")
        }
        #expect(server.isRunning)
    }

    @Test func ourselvesOverTheLinkWithResumption() throws {
        let line = try SerialPair()
        let server = try serve("link:\(line.one),921600,channel=7")
        let files = try TemporaryDirectory()
        for number in 1...3 {
            let text = String(repeating: "\(number) over the link\n", count: 200)
            let result = try connect(
                "link:\(line.other),921600,channel=7", ["--session", files.file("session")], say: text, for: text)
            expectFine(result, text)
            let resumed = try Summary(result).flag("resumed")
            #expect(resumed == (number > 1))
        }
        #expect(server.isRunning)
    }

    /// threats.md, "Serial link": an end without close_notify is a truncation.
    @Test func aServerThatIsKilledIsATruncation() throws {
        let line = try SerialPair()
        let certificates = try certificates()
        let first = try serve("link:\(line.one),921600")
        let client = try BackgroundProgram(
            [
                programPath, "connect", "link:\(line.other),921600", "--servername", "localhost", "--ca",
                certificates.roots,
            ] + pair(certificates.client()))
        client.send("before\n")
        try client.wait("its echo") { client.output == "before\n" }
        first.stop()
        let second = try serve("link:\(line.one),921600")
        client.send("after\n")
        let result = try client.finish(seconds: 60)
        #expect(result.status == 1)
        #expect(result.errors.contains("truncated") || result.errors.contains("close_notify"), "\(result.errors)")
        #expect(second.isRunning)
    }

    @Test func nobodyAtTheOtherEnd() throws {
        let line = try SerialPair()
        let result = try connect("link:\(line.one),115200", ["--timeout", "1"], say: "", for: "")
        let error = try Summary(result)
        #expect(result.status == 1 && error.errorKind == "transport")
        #expect(result.errors.contains("the peer does not answer on the line"))
        let missing = try connect("serial:\(line.one)-no,115200", say: "", for: "")
        #expect(missing.status == 1 && missing.errors.contains("check the path"))
    }

    /// Where the call for any rate is missing, as under an emulator and on old kernels, the standard rates still work, and
    /// others are refused clearly. strace answers the call as such a kernel does.
    @Test func withoutTheCallForAnyRateTheStandardOnesAreSet() throws {
        let line = try SerialPair()
        func trace(_ baud: Int, failing call: Int? = nil) throws -> (calls: [Substring], errors: String) {
            let files = try TemporaryDirectory()
            let injection = call.map { ["-e", "inject=ioctl:error=ENOTTY:when=\($0)"] } ?? []
            let result = try runProgram(
                ["strace", "-f", "-o", files.file("trace"), "-e", "trace=ioctl"] + injection + [
                    programPath, "connect", "serial:\(line.one),\(baud)", "--timeout", "1", "--servername", "localhost",
                    "--ca", certificates().roots,
                ], mustSucceed: false)
            let calls = try String(decoding: readFile(files.file("trace")), as: UTF8.self).split(separator: "\n")
            return (calls, result.errors)
        }
        let asks = try #require(try trace(115_200).calls.firstIndex { $0.contains("TCGETS2") })
        let standard = try trace(115_200, failing: asks + 1)
        #expect(standard.calls[asks].contains("(INJECTED)"))
        #expect(standard.calls.last { $0.contains("TCSETS") }?.contains("c_cflag=B115200|CS8") == true)
        #expect(standard.errors.contains("the handshake took too long"), "\(standard.errors)")
        let other = try trace(123_456, failing: asks + 1)
        #expect(other.errors.contains("the port does not take this speed; choose a standard one"), "\(other.errors)")
    }
}
