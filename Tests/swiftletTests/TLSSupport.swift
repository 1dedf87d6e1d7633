// Programs that run beside the one under test: servers.
import Foundation
import TestSupport
import Testing

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
