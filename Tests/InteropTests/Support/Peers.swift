// Tests/Peers: small C programs of ours over mbedTLS 3.6 and 2.28, wolfSSL and BearSSL, compiled when they are first wanted.
import Foundation
import TestSupport
import Testing

/// A library that a peer of Tests/Peers uses.
enum Peer: String, Sendable, CaseIterable, CustomTestStringConvertible {
    /// mbedTLS 3.6, and the system's, which in Debian 12 is 2.28.
    case mbedtls, mbedtls2
    case wolfssl, bearssl

    var testDescription: String { rawValue }

    /// Those whose libraries are here: libmbedtls-dev, libwolfssl-dev, libbearssl-dev, and what `scripts/sysroot amd64 trixie`
    /// unpacks. `scripts/test` sees to all of them and says where it cannot. All of them have TLS 1.2.
    static let installed = allCases.filter { FileManager.default.fileExists(atPath: $0.header) }
    /// Those with TLS 1.3.
    static let available = installed.filter { $0 == .mbedtls || $0 == .wolfssl }
    /// Those that can change their keys after the handshake. mbedTLS cannot: a KeyUpdate ends its connection.
    static let updatingKeys = available.filter { $0 == .wolfssl }

    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let mbedTLS = "\(package)/.build/sysroots/trixie-amd64/mbedtls"

    private var header: String {
        switch self {
        case .mbedtls: "\(Self.mbedTLS)/include/mbedtls/ssl.h"
        case .mbedtls2: "/usr/include/mbedtls/ssl.h"
        case .wolfssl: "/usr/include/wolfssl/ssl.h"
        case .bearssl: "/usr/include/bearssl.h"
        }
    }

    private var source: String { self == .mbedtls2 ? "mbedtls" : rawValue }

    private var libraries: [String] {
        switch self {
        case .mbedtls:
            ["-I\(Self.mbedTLS)/include"] + ["tls", "x509", "crypto"].map { "\(Self.mbedTLS)/lib/libmbed\($0).a" }
        case .mbedtls2: ["-lmbedtls", "-lmbedx509", "-lmbedcrypto"]
        case .wolfssl, .bearssl: ["-l\(rawValue)"]
        }
    }

    private static let programs = Result {
        let directory = try TemporaryDirectory()
        var programs: [Peer: String] = [:]
        for peer in installed {
            let program = directory.file(peer.rawValue)
            let source = "\(package)/Tests/Peers/tls_peer_\(peer.source).c"
            try runProgram(["cc", "-O1", "-Wall", "-Wextra", "-Werror", source] + peer.libraries + ["-o", program])
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
