// The smallest records that a connection of ours can be made for, 512 bytes both ways (RFC 8449), with peers that keep to the
// limit because they know the extension (GnuTLS) or are told (Tests/Peers).
import Bytes
import Foundation
import TLS
import TestSupport
import Testing
import Transport
import X509

@Suite struct PeerLimitTests {
    let cast: Certificates
    private static let smallest = Limits(inboundFragment: 512, outboundFragment: 512)
    /// What a peer may write into a record: mbedTLS pads content and type to a multiple of 16 bytes, and the limit is for all
    /// of it.
    private static let write = "511"

    init() throws { cast = try certificates() }

    /// Lines of text, because gnutls-serv sends back text alone.
    private let data = lines(50_000)

    /// A client of ours sends everything in pieces, and reads each back.
    private func echo(_ port: String) throws -> Bool {
        var party = try Party(cast.client(), trusting: cast.root, limits: Self.smallest)
        party.configuration.trust.names.append(try ReferenceIdentity(Array("localhost".utf8).span))
        let transport = try SocketTransport(
            connectingTo: Endpoint(Array("127.0.0.1:\(port)".utf8).span), milliseconds: 5000)
        var pump = Pump(try party.connection(.client), over: transport)
        try pump.handshake(party.configuration, &party.signer, milliseconds: 10_000)
        var back: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 3000)
        var span = piece.mutableSpan
        var sent = 0
        while sent < data.count {
            let count = min(2048, data.count - sent)
            try pump.write(data.span.extracting(sent..<sent + count), milliseconds: 10_000)
            sent += count
            while back.count < sent {
                let moved = try pump.read(into: &span, party.configuration, milliseconds: 10_000)
                if moved == 0 { return false }
                back += array(span.span.extracting(first: moved))
            }
        }
        return back == data
    }

    @Test(arguments: Peer.available) func clientWithRecordsOf512(peer: Peer) throws {
        let server = try peer.server(cast.server(), ["--write", Self.write])
        let isSame = try echo(server.port)
        #expect(isSame)
    }

    @Test func clientWithRecordsOf512OfGnutls() throws {
        let server = try Theirs.gnutls(cast.server())
        let isSame = try echo(server.port)
        #expect(isSame)
    }

    /// A server of ours that sends back what comes, until `count` bytes have.
    private func serve(_ program: (String) throws -> BackgroundProgram, _ count: Int) throws -> BackgroundProgram {
        var party = try Party(cast.server(), trusting: cast.root, limits: Self.smallest)
        let port = try freePort()
        var listener = try Listener(at: Endpoint(Array("127.0.0.1:\(port)".utf8).span))
        let client = try program("\(port)")
        guard try listener.wait(milliseconds: 10_000), let accepted = try listener.accept() else {
            throw DidNotHappen(description: "no client came: \(client.errors)")
        }
        var pump = Pump(try party.connection(.server), over: accepted)
        try pump.handshake(party.configuration, &party.signer, milliseconds: 10_000)
        try sendBack(&pump, party.configuration, until: count)
        _ = try pump.close(party.configuration, milliseconds: 5000)
        return client
    }

    @Test(arguments: Peer.available) func serverWithRecordsOf512(peer: Peer) throws {
        let client = try serve(
            { port in
                try BackgroundProgram(
                    [peer.program(), "client", port, "--ca", cast.roots, "--write", Self.write, "--bytes", "50000"])
            }, 50_000)
        expectEchoed(try client.finish(), bytes: 50_000)
    }
}
