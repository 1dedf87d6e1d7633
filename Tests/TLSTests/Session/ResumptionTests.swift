// Resumption in both roles (RFC 8446 §2.2, §4.2.11, §4.6.1): every suite and group, with and without HelloRetryRequest, with
// and without a client's certificate.
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct ResumptionTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private var client: PeerSetup { identities.clientSetup }
    private var server: PeerSetup { identities.serverSetup }
    /// A server that asks for no certificate.
    private var openServer: PeerSetup { PeerSetup(identities: [[identities.server]]) }

    @Test(arguments: [
        CipherSuite.TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_AES_128_CCM_SHA256,
    ])
    func everySuiteWithMutualAuthentication(_ suite: CipherSuite) throws {
        let first = try meet(client.with(suite: suite), server)
        #expect(first.isEstablished && first.isFull)
        let leaf = first.server.connection.peerLeafHash
        #expect(leaf.count == 32)
        let second = try meet(client.with(suite: suite), server, offering: first.session())
        #expect(second.isEstablished && second.isResumed)
        let (resumedClient, resumedServer) = (second.client.connection.negotiated, second.server.connection.negotiated)
        #expect(resumedClient.cipherSuite == suite && resumedServer.cipherSuite == suite)
        #expect(resumedClient.peerIsAuthenticated && resumedServer.peerIsAuthenticated)
        #expect(!resumedClient.peerIsUnverified && !resumedServer.peerIsUnverified)
        // Nobody signed, and what is known of the peer is what was found then.
        #expect(resumedClient.signatureScheme == nil && resumedServer.signatureScheme == nil)
        #expect(second.server.connection.peerLeafHash == leaf)
        #expect(second.client.connection.peerLeafHash == first.client.connection.peerLeafHash)
        #expect(second.client.connection.copyPeerLeaf() == nil)
        // With a new ticket for the next time.
        #expect(try second.session() != first.session())
    }

    @Test func aLeafHashIsThatOfTheCertificate() throws {
        let met = try meet(client, server)
        #expect(array(met.client.connection.peerLeafHash.bytes) == sha256(identities.server.der))
        #expect(array(met.server.connection.peerLeafHash.bytes) == sha256(identities.client.der))
    }

    @Test func aClientWithoutCertificateResumesWithoutOne() throws {
        let anonymous = PeerSetup(anchors: [identities.root])
        let first = try meet(anonymous, openServer)
        let second = try meet(anonymous, openServer, offering: first.session())
        #expect(second.isResumed)
        #expect(!second.server.connection.negotiated.peerIsAuthenticated)
        #expect(second.server.connection.peerLeafHash.isEmpty)
        #expect(second.client.connection.negotiated.peerIsAuthenticated)
    }

    @Test(arguments: [NamedGroup.x25519, .secp256r1, .secp384r1])
    func everyGroupWithAndWithoutHelloRetryRequest(_ group: NamedGroup) throws {
        let session = try meet(client, server).session()
        let second = try meet(client, server.with(groups: [group]), offering: session)
        #expect(second.isResumed)
        #expect(second.client.connection.negotiated.helloRetryRequest == (group != .x25519))
        #expect(second.client.connection.negotiated.group == group)
    }

    @Test func afterHelloRetryRequestWithTheLongerHash() throws {
        let suite = CipherSuite.TLS_AES_256_GCM_SHA384
        let session = try meet(client.with(suite: suite), server).session()
        let second = try meet(client, server.with(suite: suite).with(groups: [.secp384r1]), offering: session)
        #expect(second.isResumed && second.client.connection.negotiated.helloRetryRequest)
    }

    /// §4.2.11: the key must fit the hash of the suite, or it is not resumed.
    @Test func aSuiteWithAnotherHashMeansAFullHandshake() throws {
        let session = try meet(client, server).session()
        let other = server.with(suite: .TLS_AES_256_GCM_SHA384)
        #expect(try meet(client, other, offering: session).isFull)
        // After a HelloRetryRequest the second hello no longer offers it.
        let retried = try meet(client, other.with(groups: [.secp256r1]), offering: session)
        #expect(retried.isEstablished && retried.isFull && retried.client.connection.negotiated.helloRetryRequest)
        let hellos = retried.client.flights.compactMap { flight in
            records(flight).first { $0[0] == 22 }.map { EditableHello(record: $0) }
        }
        #expect(hellos.count == 2)
        #expect(hellos.first.map { !$0.body(.pre_shared_key).isEmpty } == true)
        #expect(hellos.last.map { $0.body(.pre_shared_key).isEmpty } == true)
    }

    @Test func anotherSuiteWithTheSameHashWillDo() throws {
        let session = try meet(client.with(suite: .TLS_AES_128_GCM_SHA256), server).session()
        let second = try meet(client, server.with(suite: .TLS_CHACHA20_POLY1305_SHA256), offering: session)
        #expect(second.isResumed)
        #expect(second.client.connection.negotiated.cipherSuite == .TLS_CHACHA20_POLY1305_SHA256)
    }

    @Test func resumingIsShort() throws {
        let client = client.only13
        let first = try meet(client, server, data: false)
        let second = try meet(client, server, offering: first.session(), data: false)
        let bytes = (second.client.flights + second.server.flights).map(\.count).reduce(0, +)
        // The design's measure for a slow line: 0.75 KB with a new ticket. To offer TLS 1.2 as well costs 35 bytes.
        #expect(bytes <= 778, "\(bytes)")
        #expect(first.client.flights.count == 2 && second.client.flights.count == 2)
        // The ticket is a flight of its own only where nothing else follows.
        #expect(second.server.flights.count == 2)
    }

    @Test func aServerSaysThatItIsEstablishedBeforeItsTicketHasLeft() throws {
        let met = try meet(client, server)
        let steps = met.server.steps
        let end = try #require(steps.firstIndex(of: .established))
        #expect(steps.dropFirst(end + 1).first != .established)
        #expect(met.client.steps.contains(.ticket))
    }

    @Test(arguments: [1, 2, 8]) func asManyTicketsAsAskedFor(_ count: Int) throws {
        let met = try meet(client, server, tickets: TicketSetup(count: count))
        #expect(met.client.sessions.count == count)
        #expect(Set(met.client.sessions).count == count)
        for session in met.client.sessions { #expect(try meet(client, server, offering: session).isResumed) }
    }

    @Test func aTicketIsAsSmallAsItsContentsAllow() throws {
        let suite = CipherSuite.TLS_AES_256_GCM_SHA384
        #expect(try length(client, server) == 110)
        #expect(try length(client.with(suite: suite), server) == 126)
        #expect(try length(client, openServer) == 70)
        // A ticket of TLS 1.2 says more of its suite.
        #expect(try length(client.only12.with(suite: .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384), server) == 129)
        #expect(TicketContents.greatestTicket == 126 + EarlyTicket.bytes)
    }

    private func length(_ client: PeerSetup, _ server: PeerSetup) throws -> Int {
        let bytes = try meet(client, server).session()
        return Session(bytes.span)?.ticket.count ?? 0
    }

    @Test func nobodyResumesWithoutBeingAsked() throws {
        #expect(try meet(client, server, tickets: nil).client.sessions.isEmpty)
        let session = try meet(client, server).session()
        #expect(try meet(client, server).isFull)
        #expect(try meet(client, server, tickets: nil, offering: session).isFull)
    }

    /// §4.2.9: a client that does not say how keys may be used gets no tickets.
    @Test func aClientThatTakesNoTicketsGetsNone() throws {
        let without = client.configured { $0.takesTickets = false }
        let met = try meet(without, server)
        #expect(met.client.sessions.isEmpty)
        #expect(!met.server.steps.contains(.hasOutput) || met.server.flights.count <= 2)
    }

    @Test func dataComesInAnyPieces() throws {
        let session = try meet(client, server).session()
        for piece in [1, 7, 100] {
            let one = try TestPeer(.client, client)
            let other = try TestPeer(.server, server)
            try other.enableTickets(TicketSetup())
            #expect(try one.connection.offerSession(session.span, one.configuration))
            try converse(one, other, piece: piece)
            #expect(one.connection.negotiated.resumed && one.isEstablished && other.isEstablished)
        }
    }

    @Test func theSmallestMemoryWillDo() throws {
        var small = client
        small.limits = Limits(inboundFragment: 512, outboundFragment: 512, handshakeMessage: 2048)
        let session = try meet(small, server).session()
        #expect(try meet(small, server, offering: session).isResumed)
        var smallServer = server
        smallServer.limits = small.limits
        #expect(try meet(small, smallServer, tickets: TicketSetup(count: 8), offering: session).isResumed)
    }
}
