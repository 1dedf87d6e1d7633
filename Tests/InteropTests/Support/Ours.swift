// Our own programs: `swiftlet connect` and `swiftlet serve`.
import Foundation
import TestSupport
import Testing

let programPath = builtProgram("swiftlet")

/// A `swiftlet serve` that is ready.
final class Ours {
    let program: BackgroundProgram
    /// Where it listens.
    let port: String

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        let program = try BackgroundProgram(
            [programPath, "serve", "--listen", "127.0.0.1:0"] + arguments, environment: environment)
        try program.wait("listening") { program.output.hasSuffix("\n") }
        self.program = program
        let endpoint = try #require(
            program.output.wholeMatch(of: /listening (127\.0\.0\.1:[0-9]+)\n/), "\(program.output)")
        port = String(endpoint.1.split(separator: ":")[1])
    }

    /// Expects a line on stderr with all of `words`, now or soon.
    func expectLog(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        let found = { words.allSatisfy { self.program.errors.contains($0) } }
        try? program.wait("\(words)", seconds: 10, until: found)
        let isThere = found()
        #expect(isThere, "\(words) not in: \(program.errors)", sourceLocation: sourceLocation)
    }
}

/// Options that show a certificate and its key.
func pair(_ certificate: TestCertificate) -> [String] {
    ["--cert", certificate.certificatePath, "--key", certificate.keyPath]
}

func pair(_ chain: Certificates.Chain) -> [String] { ["--cert", chain.path, "--key", chain.keyPath] }

/// What `connect --json` printed.
struct Summary {
    /// What it has after a handshake.
    static let keys: Set = [
        "version", "cipher_suite", "group", "signature_scheme", "alpn", "server_name", "resumed", "hello_retry",
        "early_data", "authentication", "psk_identity", "raw_public_key", "peer_chain", "ocsp_staple", "tls_exporter",
        "bytes_sent",
        "bytes_received",
        "flights",
    ]

    let object: [String: Any]

    init(_ result: ProgramResult) throws {
        let text = result.errors
        try #require(text.hasSuffix("\n") && text.filter(\.isNewline).count == 1, "one line: \(text)")
        object = try #require(JSONSerialization.jsonObject(with: Data(result.standardError)) as? [String: Any])
    }

    subscript(_ key: String) -> String? { object[key] as? String }

    func flag(_ key: String) -> Bool? { object[key] as? Bool }

    func number(_ key: String) -> Int? { object[key] as? Int }

    private var error: [String: Any]? { object["error"] as? [String: Any] }

    var errorKind: String? { error?["kind"] as? String }
    var errorDetail: String? { error?["detail"] as? String }
}

/// `swiftlet connect` to a port of 127.0.0.1 with `--json`: says `text`, waits for `answer`, ends its input, and waits for
/// its end.
func connect(
    _ port: String, _ arguments: [String], say text: String = "", for answer: String = ""
) throws -> ProgramResult {
    try converse(
        BackgroundProgram([programPath, "connect", "127.0.0.1:\(port)", "--json"] + arguments), say: text, for: answer)
}

/// Says `text` to a program, waits until `answer` has come out, ends its input and waits for its end. A program that ends
/// before is left to the test.
func converse(_ program: BackgroundProgram, say text: String, for answer: String) throws -> ProgramResult {
    program.send(text)
    if !answer.isEmpty { try? program.wait("'\(answer)'") { program.output.contains(answer) } }
    program.endInput()
    return try program.finish()
}

/// Expects that all is well, and that the answer came.
func expectFine(
    _ result: ProgramResult, _ answer: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.output.contains(answer), "\(result.output)\(result.errors)", sourceLocation: sourceLocation)
}
