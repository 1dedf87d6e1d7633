// Tests/Peers: small C programs of ours over mbedTLS 3.6 and 2.28, wolfSSL and BearSSL, compiled when they are first wanted.
import Foundation

/// A library that a peer of Tests/Peers uses.
public enum Peer: String, Sendable, CaseIterable {
    /// mbedTLS 3.6, and the system's, which in Debian 12 is 2.28.
    case mbedtls, mbedtls2
    case wolfssl, bearssl

    /// Those whose libraries are here: libmbedtls-dev, libwolfssl-dev, libbearssl-dev, and what `scripts/sysroot amd64 trixie`
    /// unpacks. `scripts/test` sees to all of them and says where it cannot. All of them have TLS 1.2.
    public static let installed = allCases.filter { FileManager.default.fileExists(atPath: $0.header) }
    /// Those with TLS 1.3.
    public static let available = installed.filter { $0 == .mbedtls || $0 == .wolfssl }
    /// Those that can change their keys after the handshake. mbedTLS cannot: a KeyUpdate ends its connection.
    public static let updatingKeys = available.filter { $0 == .wolfssl }

    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
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

    /// Its program.
    public func program() throws -> String {
        guard let path = try Self.programs.get().1[self] else {
            throw DidNotHappen(description: "the library of \(rawValue) is not here")
        }
        return path
    }

    /// Connects to a port of 127.0.0.1, sends, compares what comes back, and ends.
    public func client(_ port: String, _ options: [String]) throws -> ProgramResult {
        try BackgroundProgram([program(), "client", port] + options).finish(seconds: 60)
    }
}
