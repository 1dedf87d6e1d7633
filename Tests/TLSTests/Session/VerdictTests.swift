// The application's verdict and sessions (`Trust.verdictOnResumption`): by default there are none; else the verdict of the
// full handshake stands, or it is asked for again.
import TestSupport
import Testing

@testable import TLS

@Suite struct VerdictTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func setup(_ setup: PeerSetup, _ onResumption: VerdictOnResumption?) -> PeerSetup {
        setup.at(0).configured {
            guard let onResumption else { return }
            $0.trust.asksForVerdict = true
            $0.trust.verdictOnResumption = onResumption
        }
    }

    /// Meets twice, the second time offering the session of the first.
    private func meetAgain(
        client clientVerdict: VerdictOnResumption?, server serverVerdict: VerdictOnResumption?,
        prepare: (TestPeer, TestPeer) -> Void = { _, _ in }
    ) throws -> Meeting {
        let client = setup(identities.clientSetup, clientVerdict)
        let server = setup(identities.serverSetup, serverVerdict)
        let session = try meet(client, server, data: false).session()
        let (second, secondServer) = (try TestPeer(.client, client), try TestPeer(.server, server))
        try secondServer.enableTickets(TicketSetup())
        #expect(try second.connection.offerSession(session.span, second.configuration))
        prepare(second, secondServer)
        do { try converse(second, secondServer) } catch is TLSError {}
        return Meeting(client: second, server: secondServer)
    }

    @Test func theVerdictOfTheFullHandshakeStands() throws {
        let met = try meetAgain(client: .stands, server: .stands)
        #expect(met.isEstablished && met.isResumed)
        #expect(!met.client.steps.contains(.wantsVerdict) && !met.server.steps.contains(.wantsVerdict))
    }

    @Test func theVerdictIsAskedForAgain() throws {
        let met = try meetAgain(client: .askedAgain, server: .askedAgain)
        #expect(met.isEstablished && met.isResumed)
        for peer in [met.client, met.server] {
            #expect(peer.steps.count { $0 == .wantsVerdict } == 1)
            #expect(peer.connection.peerLeafHash.count == 32)
        }
    }

    @Test func aClientRefusesAServerThatItAcceptedBefore() throws {
        let met = try meetAgain(client: .askedAgain, server: nil) { client, _ in
            client.verdict = false
            client.alertOfRefusal = .certificate_revoked
        }
        #expect(met.client.connection.failure == .certificateRefused(.certificate_revoked))
        try met.server.give(met.client.takeOutput())
        #expect(met.server.failure == .alertReceived(.certificate_revoked))
    }

    @Test func aServerRefusesAClientThatItAcceptedBefore() throws {
        let met = try meetAgain(client: nil, server: .askedAgain) { _, server in
            server.verdict = false
            server.alertOfRefusal = .access_denied
        }
        #expect(met.server.connection.failure == .certificateRefused(.access_denied))
        try met.client.give(met.server.takeOutput())
        // Its Finished leaves before it reads on.
        _ = met.client.takeOutput()
        try met.client.run()
        #expect(met.client.failure == .alertReceived(.access_denied))
    }

    @Test func whatWasAcceptedUnderOneRuleIsNotResumedUnderAnother() throws {
        let session = try meet(
            setup(identities.clientSetup, .stands), setup(identities.serverSetup, nil), data: false
        ).session()
        let met = try meet(
            setup(identities.clientSetup, .askedAgain), setup(identities.serverSetup, nil), offering: session,
            offered: false, data: false)
        #expect(met.isEstablished && met.isFull)
    }
}
