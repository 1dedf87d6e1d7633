// Programs that run beside the one under test: servers.
import Foundation
import TestSupport
import Testing

/// Something that was waited for in vain.
struct DidNotHappen: Error, CustomStringConvertible {
    let description: String
}

/// A program in the background. It is ended with the object.
final class BackgroundProgram {
    private let process = Process()
    private let files: TemporaryDirectory

    /// Starts a program, with its output in files.
    init(_ arguments: [String]) throws {
        files = try TemporaryDirectory()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        // Some servers end with their standard input: a pipe that is never closed.
        process.standardInput = Pipe()
        process.standardOutput = try FileHandle(
            forWritingTo: URL(fileURLWithPath: try files.write("stdout", [])))
        process.standardError = try FileHandle(
            forWritingTo: URL(fileURLWithPath: try files.write("stderr", [])))
        try process.run()
    }

    deinit { stop() }

    /// What it has written so far.
    var output: String { (try? String(contentsOfFile: files.file("stdout"), encoding: .utf8)) ?? "" }
    /// What it has complained of so far.
    var errors: String { (try? String(contentsOfFile: files.file("stderr"), encoding: .utf8)) ?? "" }
    /// Whether it still runs.
    var isRunning: Bool { process.isRunning }

    /// Ends it and waits.
    /// - Parameter signal: SIGKILL, because programs that are started by a thread of the test library inherit its mask,
    ///   in which everything else is blocked. Our own server reads SIGTERM all the same.
    /// - Returns: its exit status, or the signal.
    @discardableResult
    func stop(_ signal: Int32 = SIGKILL) -> Int32 {
        if process.isRunning { kill(process.processIdentifier, signal) }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Waits until `condition` holds, up to ten seconds.
    func wait(_ what: String, until condition: () -> Bool) throws {
        let end = Date().addingTimeInterval(10)
        while !condition() {
            guard process.isRunning, Date() < end else {
                throw DidNotHappen(description: "\(what) did not happen: \(output)\(errors)")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }
}

/// A `swiftlet serve` that is ready.
final class Server {
    let program: BackgroundProgram
    /// Where it listens.
    let endpoint: String

    init(_ arguments: String..., listen: String = "127.0.0.1:0") throws {
        program = try BackgroundProgram([programPath, "serve", "--listen", listen] + arguments)
        let program = program
        try program.wait("listening") { program.output.hasSuffix("\n") }
        #expect(program.output.hasPrefix("listening ") && program.output.filter(\.isNewline).count == 1)
        endpoint = String(program.output.dropFirst("listening ".count).dropLast())
    }

    /// The port of a TCP endpoint.
    var port: String { String(endpoint.split(separator: ":").last ?? "") }
}

/// A server written in Python, which prints its port when it is ready.
func pythonServer(_ body: String, _ arguments: String...) throws -> (BackgroundProgram, port: String) {
    let script = """
        import socket, ssl, sys, time
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        \(body)
        """
    let program = try BackgroundProgram(["python3", "-c", script] + arguments)
    try program.wait("a port") { program.output.hasSuffix("\n") }
    return (program, String(program.output.dropLast()))
}

/// An authority with certificates for the tests of `connect` and `serve`.
struct TestIdentities {
    let factory: CertificateFactory
    let root: TestCertificate
    let server: TestCertificate
    let client: TestCertificate

    init(_ key: TestKey = .p256) throws {
        factory = try CertificateFactory()
        root = try factory.authority("root")
        server = try factory.leaf("server", key: key, issuer: root)
        client = try factory.leaf("client", key: key, issuer: root, names: ["DNS:client.example"])
    }
}
