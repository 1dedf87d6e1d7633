// Tickets of TLS 1.2 (RFC 5077), and what both sides export (RFC 5705, RFC 5929).
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct Resumption12Tests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private var client: PeerSetup { identities.clientSetup.only12.at(0) }
    private var server: PeerSetup { identities.serverSetup.at(0) }

    @Test(arguments: [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384])
    func aSessionIsResumedAgainAndAgain(_ suite: CipherSuite) throws {
        let first = try meet(client.with(suite: suite), server)
        #expect(first.isEstablished && first.isFull)
        var session = try first.session()
        for _ in 0..<3 {
            let next = try meet(client.with(suite: suite), server, offering: session)
            #expect(next.isEstablished && next.isResumed)
            #expect(next.server.connection.negotiated.peerIsAuthenticated)
            #expect(next.server.connection.peerLeafHash == first.server.connection.peerLeafHash)
            session = try next.session()
        }
    }

    @Test func bothSidesExportTheSame() throws {
        let first = try meet(client, server)
        let resumed = try meet(client, server, offering: try first.session())
        #expect(resumed.isResumed)
        for meeting in [first, resumed] {
            for context in [nil, "", "context"] as [String?] {
                let ours = try meeting.client.exported("EXPORTER-test", context, 40)
                #expect(try meeting.server.exported("EXPORTER-test", context, 40) == ours)
            }
            // RFC 5705 §4: no context and an empty one are two things.
            #expect(
                try meeting.client.exported("EXPORTER-test", nil, 40)
                    != meeting.client.exported("EXPORTER-test", "", 40))
            #expect(meeting.client.connection.tlsUnique.count == 12)
            #expect(meeting.client.connection.tlsUnique == meeting.server.connection.tlsUnique)
        }
        #expect(first.client.connection.tlsUnique != resumed.client.connection.tlsUnique)
    }
}
