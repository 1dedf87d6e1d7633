// `swiftlet connect` and servers of Tests/Peers over mbedTLS 3.6 and wolfSSL, which send back what comes: the same as
// PeerServeTests with the roles exchanged.
import Foundation
import TestSupport
import Testing

@Suite struct PeerConnectTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private var trust: [String] { ["--ca", cast.roots] }

    /// Sends `data`, and returns when as much has come back.
    private func exchange(_ server: Theirs, _ options: [String], _ data: [UInt8]) throws -> ProgramResult {
        let client = try BackgroundProgram(
            [programPath, "connect", "127.0.0.1:\(server.port)", "--json"] + options)
        client.send(data)
        try? client.wait("the echo", seconds: 40) { client.outputBytes.count >= data.count }
        client.endInput()
        return try client.finish()
    }

    private func expectEcho(
        _ result: ProgramResult, _ data: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
        let isSame = result.standardOutput == data
        #expect(isSame, "\(result.standardOutput.count) bytes came back", sourceLocation: sourceLocation)
    }

    @Test(arguments: Peer.available, suites) func mutual(peer: Peer, suite: String) throws {
        let server = try peer.server(cast.server(), trust + ["--connections", "\(groups.count)"])
        let data = noise(10_000)
        for group in groups {
            let result = try exchange(
                server, trust + pair(cast.client()) + ["--ciphers", suite, "--groups", group], data)
            expectEcho(result, data)
            let summary = try Summary(result)
            #expect(summary["cipher_suite"] == suite && summary["group"] == group)
            #expect(summary.flag("hello_retry") == false)
        }
        #expect(try server.program.finish().status == 0)
    }

    @Test(arguments: Peer.available, Certificates.kinds) func kindsOfCertificates(peer: Peer, kind: TestKey) throws {
        let server = try peer.server(cast.server(kind), trust)
        expectEcho(try exchange(server, trust + pair(cast.client(kind)), noise(1000)), noise(1000))
    }

    @Test(arguments: Peer.available) func helloRetryRequest(peer: Peer) throws {
        let server = try peer.server(cast.server(), ["--groups", "secp384r1"])
        let result = try exchange(server, trust, noise(1000))
        expectEcho(result, noise(1000))
        #expect(try Summary(result).flag("hello_retry") == true)
    }

    @Test(arguments: Peer.available) func alpn(peer: Peer) throws {
        let server = try peer.server(cast.server(), ["--alpn", "http/1.1"])
        let result = try exchange(server, trust + ["--alpn", "swiftlet,http/1.1"], noise(10))
        expectEcho(result, noise(10))
        #expect(try Summary(result)["alpn"] == "http/1.1")
    }

    /// threats.md, cross-protocol (ALPACA): a server of another protocol refuses us.
    @Test(arguments: Peer.available) func noCommonApplicationProtocol(peer: Peer) throws {
        let server = try peer.server(cast.server(), ["--alpn", "ftp"])
        let result = try InteropTests.connect(server.port, trust + ["--alpn", "swiftlet"])
        #expect(result.status == 4, "\(result.errors)")
        #expect(try Summary(result).errorDetail == "no_application_protocol")
    }

    @Test(arguments: Peer.available, [(1, 3000), (512, 50_000), (513, 50_000), (16_384, 5_000_000)])
    func recordsOf(peer: Peer, size: (write: Int, bytes: Int)) throws {
        let server = try peer.server(cast.server(), ["--write", "\(size.write)"])
        let data = noise(size.bytes)
        expectEcho(try exchange(server, trust + ["--linger", "20"], data), data)
        #expect(try server.program.finish().output.contains("ended 1: echoed=\(size.bytes)\n"))
    }

    @Test(arguments: Peer.updatingKeys) func keyUpdate(peer: Peer) throws {
        let server = try peer.server(cast.server(), ["--updates", "10"])
        let data = noise(100_000)
        expectEcho(try exchange(server, trust, data), data)
        #expect(try server.program.finish().status == 0)
    }

    /// threats.md, truncation: an end of the stream without close_notify is an error of its own.
    @Test(arguments: Peer.available) func truncated(peer: Peer) throws {
        let server = try peer.server(cast.server(), ["--truncate"])
        let result = try exchange(server, trust, noise(1000))
        #expect(result.status == 1)
        #expect(result.standardOutput == noise(1000))
        #expect(try Summary(result).errorKind == "truncated", "\(result.errors)")
    }

    @Test(arguments: Peer.available) func refused(peer: Peer) throws {
        let root = ["--ca", cast.root.certificatePath]
        // mbedTLS seals the alert that follows its Finished with the handshake's keys still (its issue 10877), against RFC
        // 8446 §4.4.4: all that we can tell is that the record does not open.
        let toldBy = peer == .mbedtls ? 2 : 4
        for (server, ours, status) in [
            (try peer.server(cast.server(), root), trust, toldBy),
            (try peer.server(cast.server(), root), trust + pair(cast.unknown), toldBy),
            // What we refuse: a server of an authority that is not trusted, and one of another name.
            (try peer.server(cast.unknown), trust, 3), (try peer.server(cast.other), trust, 3),
        ] {
            let result = try InteropTests.connect(server.port, ours)
            #expect(result.status == Int32(status), "\(result.errors)")
        }
    }
}
