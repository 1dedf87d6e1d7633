// connect --session and serve --tickets, with each other.
import Foundation
import TestSupport
import Testing

@Suite struct ResumptionTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities() }

    private var root: String { identities.root.certificatePath }
    private var pair: [String] { ["--cert", identities.server.certificatePath, "--key", identities.server.keyPath] }
    private var file: String { identities.factory.directory.file("session") }

    /// Asks for the page.
    private func visit(_ server: Server, _ more: String...) throws -> ProgramResult {
        let arguments = [programPath, "connect", server.endpoint, "--session", file] + more
        let result = try runProgram(
            arguments, input: Array("GET / HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        #expect(result.status == 0, "\(result.errors)")
        return result
    }

    @Test func theSessionInTheFileIsResumed() throws {
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3])
        for round in 1...3 {
            let before = try? readFile(file)
            let result = try visit(server, "--ca", root, "--json")
            #expect(try object(result.standardError)["resumed"] as? Bool == (round > 1))
            #expect(result.output.contains("resumed: \(round > 1 ? "yes" : "no")\n"))
            #expect(try permissions(file) == 0o600)
            // A session is used once.
            #expect(try readFile(file) != before)
        }
        let left = try names(in: identities.factory.directory.path).filter { $0.hasSuffix(".new") }
        #expect(left.isEmpty)
        let told = try visit(server, "--ca", root).errors
        #expect(told.contains(", resumed, peer as in the full handshake before"), "\(told)")
    }

    @Test func aFileThatDoesNotFitIsToldAndReplaced() throws {
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3])
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: file))
        let damaged = try visit(server, "--ca", root)
        let lines = damaged.errors.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].contains("'\(file)' is damaged, too old or another server's"))
        #expect(!damaged.errors.contains("resumed"))
        #expect(try visit(server, "--ca", root).errors.contains("resumed"))
        // Bound to the anchors, and to the name.
        #expect(try visit(server, "--ca", root, "--ca", identities.server.certificatePath).errors.contains("another"))
        #expect(try visit(server, "--ca", root, "--servername", "localhost").errors.contains("another"))
        #expect(try visit(server, "--ca", root, "--servername", "localhost").errors.contains("resumed"))
    }

    @Test func anUnverifiedSessionIsNeverAVerifiedOne() throws {
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3])
        #expect(try visit(server, "--unsafe-no-verify").errors.contains("NOT VERIFIED"))
        #expect(!(try visit(server, "--ca", root).errors.contains("resumed")))
    }

    @Test func withoutTicketsThereIsNoSession() throws {
        let server = try Server("--http", "--tickets", "0", pair[0], pair[1], pair[2], pair[3])
        _ = try visit(server, "--ca", root)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func wrongArguments() throws {
        for count in ["9", "-1", "x"] {
            let arguments = ["serve", "--listen", "127.0.0.1:0", "--http", "--tickets=\(count)"] + pair
            expectFailure(try runProgram([programPath] + arguments, mustSucceed: false), 64, "--tickets")
        }
        let server = try Server("--http", pair[0], pair[1], pair[2], pair[3])
        expectFailure(
            try swiftlet("connect", server.endpoint, "--ca", root, "--session", "/dev/null"), 1, "no regular file")
    }
}
