// TLS 1.2 with the programs of Tests/Peers over mbedTLS 2.28 and 3.6, wolfSSL and BearSSL, in both roles: each suite with
// certificates on both sides, resumption by tickets and by session identifiers, max_fragment_length, and peers that cannot bind
// the master secret to the handshake (RFC 7627), as BearSSL.
import Foundation
import TestSupport
import Testing

@Suite struct Peer12Tests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    /// A peer and what it is to speak.
    struct Pairing: Sendable, CustomTestStringConvertible {
        let peer: Peer
        let suite: String

        var testDescription: String { "\(peer) \(suite)" }

        static let all = Peer.installed.flatMap { peer in
            opensslNames.keys.sorted().map { Pairing(peer: peer, suite: $0) }
        }
    }

    private var trust: [String] { ["--ca", cast.roots] }

    /// wolfSSL asks for client certificates of the kind of its own.
    private func kind(for suite: String) -> TestKey { suite.contains("_RSA_") ? .rsa2048 : .p256 }

    private func server(for suite: String) -> TestCertificate { cast.server(kind(for: suite)) }

    /// Sends `data` to a server, and returns when as much has come back.
    private func exchange(_ server: Theirs, _ peer: Peer, _ more: [String], _ data: [UInt8]) throws -> ProgramResult {
        let client = try BackgroundProgram(
            [programPath, "connect", "127.0.0.1:\(server.port)", "--json"] + trust + peer.whatWeAllow + more)
        client.send(data)
        try? client.wait("the echo", seconds: 40) { client.outputBytes.count >= data.count }
        client.endInput()
        let result = try client.finish()
        #expect(result.status == 0, "\(result.errors)")
        let isSame = result.standardOutput == data
        #expect(isSame, "\(result.standardOutput.count) bytes came back")
        return result
    }

    // Full handshakes

    @Test(arguments: Pairing.all) func serves(_ pairing: Pairing) throws {
        let ours = try Ours(
            ["--echo", "--client-ca", cast.roots, "--require-client-cert"] + pair(server(for: pairing.suite))
                + pairing.peer.whatWeAllow)
        let result = try pairing.peer.client(
            ours.port,
            ["--tls12", "--suite", pairing.suite, "--bytes", "40000"] + trust + pair(cast.client()))
        expectEchoed(result, "suite=\(pairing.suite) resumed=no", bytes: 40_000)
        #expect(ours.program.errors.isEmpty, "\(ours.program.errors)")
    }

    @Test(arguments: Pairing.all) func connects(_ pairing: Pairing) throws {
        let theirs = try pairing.peer.server(
            server(for: pairing.suite), ["--tls12", "--suite", pairing.suite] + trust)
        let client = cast.client(kind(for: pairing.suite))
        let result = try exchange(theirs, pairing.peer, pair(client), noise(40_000))
        let summary = try Summary(result)
        #expect(summary["version"] == "TLSv1.2" && summary["cipher_suite"] == pairing.suite)
        #expect(try theirs.program.finish().output.contains("suite=\(pairing.suite) resumed=no"))
    }

    @Test(arguments: Peer.installed, Certificates.kinds) func kindsOfCertificates(peer: Peer, kind: TestKey) throws {
        let ours = try Ours(
            ["--echo", "--client-ca", cast.roots, "--require-client-cert"] + pair(cast.server(kind)) + peer.whatWeAllow)
        expectEchoed(try peer.client(ours.port, ["--tls12"] + trust + pair(cast.client(kind))))
        let theirs = try peer.server(cast.server(kind), ["--tls12"] + trust)
        _ = try exchange(theirs, peer, pair(cast.client(kind)), noise(1000))
    }

    /// One byte in a record, and the largest that there are.
    @Test(arguments: Peer.installed, [(1, 3000), (16_384, 1_000_000)])
    func recordsOf(peer: Peer, size: (write: Int, bytes: Int)) throws {
        let ours = try Ours(["--echo"] + pair(cast.server()) + peer.whatWeAllow)
        let result = try peer.client(
            ours.port, ["--tls12", "--write", "\(size.write)", "--bytes", "\(size.bytes)"] + trust)
        expectEchoed(result, bytes: size.bytes)
    }

    /// RFC 6066 §4: a client with small buffers.
    @Test(arguments: Peer.installed, [512, 4096]) func maxFragmentLength(peer: Peer, size: Int) throws {
        let ours = try Ours(["--echo"] + pair(cast.server()) + peer.whatWeAllow)
        let result = try peer.client(
            ours.port, ["--tls12", "--max-fragment", "\(size)", "--bytes", "20000"] + trust)
        expectEchoed(result, bytes: 20_000)
        #expect(ours.program.errors.isEmpty, "\(ours.program.errors)")
    }

    @Test(arguments: Peer.installed) func alpn(peer: Peer) throws {
        let ours = try Ours(["--echo", "--alpn", "swiftlet,http/1.1"] + pair(cast.server()) + peer.whatWeAllow)
        expectEchoed(
            try peer.client(ours.port, ["--tls12", "--alpn", "h9,http/1.1"] + trust), "alpn=http/1.1\n")
        let theirs = try peer.server(cast.server(), ["--tls12", "--alpn", "http/1.1"])
        let result = try exchange(theirs, peer, ["--alpn", "swiftlet,http/1.1"], noise(10))
        #expect(try Summary(result)["alpn"] == "http/1.1")
    }

    // Resumption

    /// RFC 5077. BearSSL has no tickets, and our server keeps no sessions.
    @Test(arguments: Peer.installed.filter { $0 != .bearssl }) func resumesFromTickets(peer: Peer) throws {
        let ours = try Ours(["--echo"] + pair(cast.server()) + peer.whatWeAllow)
        let result = try peer.client(ours.port, ["--tls12", "--resume", "--connections", "3"] + trust)
        expectEchoed(
            result, "connection 1: suite=", "connection 2: suite=TLS_ECDHE_ECDSA_WITH_", connections: 3)
        #expect(result.output.components(separatedBy: "resumed=yes").count == 3, "\(result.output)")
    }

    /// By tickets, and by the identifiers of sessions that the server keeps (RFC 5246 §7.3).
    @Test(arguments: Peer.installed, [false, true]) func offersSessions(peer: Peer, byIdentifier: Bool) throws {
        // BearSSL has no tickets.
        guard byIdentifier || peer != .bearssl else { return }
        let theirs = try peer.server(
            cast.server(),
            ["--tls12", "--resume", "--connections", "3"] + trust + (byIdentifier ? ["--session-ids"] : []))
        let directory = try TemporaryDirectory()
        let options = pair(cast.client()) + ["--session", directory.file("session")]
        for round in 1...3 {
            let summary = try Summary(exchange(theirs, peer, options, noise(1000)))
            #expect(summary.flag("resumed") == (round > 1), "\(round)")
        }
        let said = try theirs.program.finish().output
        #expect(said.components(separatedBy: "resumed=yes").count == 3, "\(said)")
    }

    // What is refused

    /// Threat "tls-unique and exporters need it (Triple Handshake)": without an extended master secret there is no connection
    /// unless that is named.
    @Test(.enabled(if: Peer.installed.contains(.bearssl))) func noExtendedMasterSecret() throws {
        let theirs = try Peer.bearssl.server(cast.server(), ["--tls12"])
        let result = try connect(theirs.port, trust)
        #expect(result.status == 2)
        #expect(result.errors.contains("does not know extended_master_secret"), "\(result.errors)")
        let ours = try Ours(["--echo"] + pair(cast.server()))
        let refused = try Peer.bearssl.client(ours.port, ["--tls12"] + trust)
        #expect(refused.status == 1 && refused.output.isEmpty)
        ours.expectLog("handshake failed", "does not know extended_master_secret")
    }

    /// Where it is named, nothing is exported all the same.
    @Test(.enabled(if: Peer.installed.contains(.bearssl))) func nothingIsBoundWithoutIt() throws {
        let theirs = try Peer.bearssl.server(cast.server(), ["--tls12"])
        let result = try exchange(theirs, .bearssl, [], noise(10))
        #expect(try Summary(result)["tls_exporter"] == nil)
        let other = try Peer.bearssl.server(cast.server(), ["--tls12"])
        let exported = try connect(
            other.port, trust + Peer.bearssl.whatWeAllow + ["--export", "EXPERIMENTAL-a:16"], say: "a", for: "a")
        #expect(exported.status != 0, "\(exported.errors)")
    }

    @Test(arguments: Peer.installed) func refusals(peer: Peer) throws {
        let ours = try Ours(
            ["--echo", "--client-ca", cast.root.certificatePath, "--require-client-cert"] + pair(cast.server())
                + peer.whatWeAllow)
        #expect(try peer.client(ours.port, ["--tls12"] + trust).status == 1)
        #expect(try peer.client(ours.port, ["--tls12"] + trust + pair(cast.unknown)).status == 1)
        ours.expectLog("handshake failed", "issuer is CN=stranger")
        #expect(try peer.client(ours.port, ["--tls12", "--ca", cast.stranger.certificatePath]).status == 1)
        // The input and output of BearSSL's own sends no alert.
        ours.expectLog(
            "handshake failed", peer == .bearssl ? "ended the stream" : "ended the connection with the alert")
        for shown in [cast.unknown, cast.other] {
            let theirs = try peer.server(shown, ["--tls12"])
            #expect(try connect(theirs.port, trust + peer.whatWeAllow).status == 3)
        }
        let demanding = try peer.server(cast.server(), ["--tls12", "--ca", cast.root.certificatePath])
        // All of them break off without an alert where there is no certificate.
        #expect(try connect(demanding.port, trust + peer.whatWeAllow).status == 1)
    }
}

extension Peer {
    /// What we have to allow so that there is a connection of TLS 1.2.
    var whatWeAllow: [String] { self == .bearssl ? ["--unsafe-no-extended-master-secret"] : [] }
}
