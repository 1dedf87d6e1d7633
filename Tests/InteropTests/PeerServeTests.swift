// `swiftlet serve` and clients of Tests/Peers over mbedTLS 3.6 and wolfSSL: each suite and group with certificates on both
// sides, HelloRetryRequest, ALPN, records of any size, KeyUpdate, and how a connection ends or is refused.
import TestSupport
import Testing

@Suite struct PeerServeTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private var trust: [String] { ["--ca", cast.roots] }

    private func serve(_ more: [String] = []) throws -> Ours { try Ours(["--echo"] + pair(cast.server()) + more) }

    @Test(arguments: Peer.available, suites) func mutual(peer: Peer, suite: String) throws {
        let server = try serve(["--client-ca", cast.roots, "--require-client-cert"])
        for group in groups {
            let result = try peer.client(
                server.port, trust + pair(cast.client()) + ["--suite", suite, "--groups", group, "--bytes", "10000"])
            expectEchoed(result, "suite=\(suite) resumed=no", bytes: 10_000)
        }
        #expect(server.program.errors.isEmpty, "\(server.program.errors)")
    }

    @Test(arguments: Peer.available, Certificates.kinds) func kindsOfCertificates(peer: Peer, kind: TestKey) throws {
        let server = try Ours(
            ["--echo", "--client-ca", cast.roots, "--require-client-cert"] + pair(cast.server(kind)))
        expectEchoed(try peer.client(server.port, trust + pair(cast.client(kind))))
    }

    /// The one share that the client sends is of no use here.
    @Test(arguments: Peer.available) func helloRetryRequest(peer: Peer) throws {
        let server = try serve(["--groups", "secp384r1"])
        expectEchoed(try peer.client(server.port, trust + ["--groups", "x25519,secp384r1"]))
    }

    @Test(arguments: Peer.available) func alpn(peer: Peer) throws {
        let server = try serve(["--alpn", "swiftlet,http/1.1"])
        expectEchoed(try peer.client(server.port, trust + ["--alpn", "h9,http/1.1"]), "alpn=http/1.1\n")
    }

    /// threats.md, cross-protocol (ALPACA): with ALPN on both sides and nothing in common there is no connection.
    @Test(arguments: Peer.available) func noCommonApplicationProtocol(peer: Peer) throws {
        let server = try serve(["--alpn", "swiftlet"])
        let result = try peer.client(server.port, trust + ["--alpn", "ftp"])
        #expect(result.status == 1 && result.output.isEmpty, "\(result.output)")
        server.expectLog("handshake failed", "no_application_protocol")
    }

    /// One byte in a record, the smallest limit of records, one byte over it, and the largest that there are.
    @Test(arguments: Peer.available, [(1, 3000), (512, 50_000), (513, 50_000), (16_384, 5_000_000)])
    func recordsOf(peer: Peer, size: (write: Int, bytes: Int)) throws {
        let server = try serve()
        let result = try peer.client(server.port, trust + ["--write", "\(size.write)", "--bytes", "\(size.bytes)"])
        expectEchoed(result, bytes: size.bytes)
        #expect(server.program.errors.isEmpty, "\(server.program.errors)")
    }

    /// A wish that we pass over: RFC 8449 has taken its place. wolfSSL sends it in TLS 1.3 as well.
    @Test(arguments: Peer.available) func maxFragmentLength(peer: Peer) throws {
        let server = try serve()
        let result = try peer.client(server.port, trust + ["--max-fragment", "512", "--bytes", "20000"])
        expectEchoed(result, bytes: 20_000)
    }

    /// Each KeyUpdate of the client's asks for one of ours.
    @Test(arguments: Peer.updatingKeys) func keyUpdate(peer: Peer) throws {
        let server = try serve()
        expectEchoed(
            try peer.client(server.port, trust + ["--updates", "10", "--bytes", "100000"]), bytes: 100_000)
        #expect(server.program.errors.isEmpty, "\(server.program.errors)")
    }

    /// threats.md, truncation: an end of the stream without close_notify is an error of its own.
    @Test(arguments: Peer.available) func truncated(peer: Peer) throws {
        let server = try serve()
        expectEchoed(try peer.client(server.port, trust + ["--truncate"]))
        server.expectLog("without close_notify")
    }

    @Test(arguments: Peer.available) func refused(peer: Peer) throws {
        let server = try serve(["--client-ca", cast.root.certificatePath, "--require-client-cert"])
        // In TLS 1.3 a client may learn of its refusal only when it reads.
        #expect(try peer.client(server.port, trust).status == 1)
        server.expectLog("handshake failed", "certificate_required")
        #expect(try peer.client(server.port, trust + pair(cast.unknown)).status == 1)
        server.expectLog("handshake failed", "issuer is CN=stranger")
        let stranger = try peer.client(
            server.port, ["--ca", cast.stranger.certificatePath] + pair(cast.client()))
        #expect(stranger.status == 1 && stranger.errors.contains("handshake"))
        server.expectLog("handshake failed", "the peer ended the connection with the alert")
        expectEchoed(try peer.client(server.port, trust + pair(cast.client())))
    }
}
