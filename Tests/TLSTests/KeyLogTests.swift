// The key log (RFC 9850): both sides write the same secrets under the client's random.
import TestSupport
import Testing

@testable import TLS

@Suite struct KeyLogTests {
    private final class Lines { var lines: [String] = [] }

    @Test(arguments: [false, true]) func bothSidesLogTheSame(_ retries: Bool) throws {
        let identities = try TestIdentities.get()
        let (ofClient, ofServer) = (Lines(), Lines())
        var client = identities.clientSetup
        client.configure = { $0.unsafeKeyLog = { ofClient.lines.append($0) } }
        var server = identities.serverSetup
        server.configure = {
            $0.unsafeKeyLog = { ofServer.lines.append($0) }
            guard retries else { return }
            $0.groups.removeAll()
            $0.groups.append(.secp384r1)
        }
        let a = try TestPeer(.client, client)
        let b = try TestPeer(.server, server)
        try a.run()
        let hello = EditableHello(record: a.connection.copyOutput())
        try converse(a, b)
        #expect(a.isEstablished && b.isEstablished)
        #expect(ofClient.lines == ofServer.lines)
        let words = ofClient.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(
            words.map { $0[0] } == [
                "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET",
            ])
        #expect(words.allSatisfy { $0.count == 3 && $0[1] == hex(hello.random) && $0[2].count == 64 })
        #expect(words.last?[2] == hex(Array(a.connection.copyExporterSecret().prefix(32))))
    }

    @Test func nothingIsLoggedByDefault() throws {
        let peer = try TestPeer(.client, PeerSetup())
        #expect(peer.configuration.unsafeKeyLog == nil)
    }
}

extension Connection {
    func copyOutput() -> [UInt8] { array(output) }
}
