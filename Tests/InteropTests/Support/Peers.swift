// Tests/Peers: small C programs of ours over mbedTLS 3.6 and wolfSSL, compiled when they are first wanted.
import Foundation
import TestSupport
import Testing

/// A library that a peer of Tests/Peers uses.
enum Peer: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case mbedtls, wolfssl

    var testDescription: String { rawValue }

    /// Those whose libraries are here: libwolfssl-dev, and what `scripts/sysroot amd64 trixie` unpacks. `scripts/test` sees to
    /// both and says where it cannot.
    static let available = allCases.filter { FileManager.default.fileExists(atPath: $0.header) }
    /// Those that can change their keys after the handshake. mbedTLS cannot: a KeyUpdate ends its connection.
    static let updatingKeys = available.filter { $0 == .wolfssl }

    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let mbedTLS = "\(package)/.build/sysroots/trixie-amd64/mbedtls"

    private var header: String {
        self == .mbedtls ? "\(Self.mbedTLS)/include/mbedtls/ssl.h" : "/usr/include/wolfssl/ssl.h"
    }

    private static let programs = Result {
        let directory = try TemporaryDirectory()
        var programs: [Peer: String] = [:]
        for peer in available {
            let program = directory.file(peer.rawValue)
            let mbedTLS = ["tls", "x509", "crypto"].map { "\(Self.mbedTLS)/lib/libmbed\($0).a" }
            let libraries = peer == .mbedtls ? ["-I\(Self.mbedTLS)/include"] + mbedTLS : ["-lwolfssl"]
            try runProgram(
                ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "\(package)/Tests/Peers/tls_peer_\(peer).c"] + libraries
                    + ["-o", program])
            programs[peer] = program
        }
        return (directory, programs)
    }

    func program() throws -> String { try #require(Self.programs.get().1[self]) }

    /// Connects to a port of 127.0.0.1, sends, compares what comes back, and ends.
    func client(_ port: String, _ options: [String]) throws -> ProgramResult {
        try BackgroundProgram([program(), "client", port] + options).finish(seconds: 60)
    }

    /// A server that is ready.
    func server(_ certificate: TestCertificate, _ options: [String] = []) throws -> Theirs {
        try Theirs.peer(
            [program(), "server", "--cert", certificate.certificatePath, "--key", certificate.keyPath] + options)
    }
}

/// Expects that a client of Tests/Peers had `connections`, of which it says `words`, and that all that it sent came back.
func expectEchoed(
    _ result: ProgramResult, _ words: String..., bytes: Int = 1000, connections: Int = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(result.status == 0, "\(result.output)\(result.errors)", sourceLocation: sourceLocation)
    let output = result.output
    for number in 1...connections {
        #expect(output.contains("ended \(number): echoed=\(bytes)\n"), "\(output)", sourceLocation: sourceLocation)
    }
    for word in words { #expect(output.contains(word), "\(output)", sourceLocation: sourceLocation) }
}
