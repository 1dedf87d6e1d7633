import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct HandshakeTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func connected(_ client: PeerSetup, _ server: PeerSetup, piece: Int? = nil) throws -> (TestPeer, TestPeer) {
        let a = try TestPeer(.client, client)
        let b = try TestPeer(.server, server)
        try converse(a, b, piece: piece)
        #expect(a.failure == nil)
        #expect(b.failure == nil)
        #expect(a.isEstablished && b.isEstablished)
        return (a, b)
    }

    @Test func mutualHandshakeAndDataBothWays() throws {
        let (client, server) = try connected(identities.clientSetup, identities.serverSetup)
        #expect(client.connection.negotiated.peerIsAuthenticated)
        #expect(server.connection.negotiated.peerIsAuthenticated)
        #expect(try client.write("hello") == 5)
        #expect(try server.write("world") == 5)
        try converse(client, server)
        #expect(server.received == Array("hello".utf8))
        #expect(client.received == Array("world".utf8))
    }

    @Test func flightsLeaveInOneWriteEach() throws {
        let (client, server) = try connected(identities.clientSetup, identities.serverSetup)
        #expect(client.flights.count == 2)
        #expect(server.flights.count == 1)
    }

    @Test(arguments: [1, 2, 3, 5, 7, 64, 1000])
    func anyPiecesWillDo(_ piece: Int) throws {
        _ = try connected(identities.clientSetup, identities.serverSetup, piece: piece)
    }

    @Test(arguments: [
        CipherSuite.TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_AES_128_CCM_SHA256,
    ])
    func everySuite(_ suite: CipherSuite) throws {
        var setup = identities.clientSetup
        setup.configure = {
            $0.cipherSuites.removeAll()
            $0.cipherSuites.append(suite)
        }
        let (client, server) = try connected(setup, identities.serverSetup)
        #expect(client.connection.negotiated.cipherSuite == suite)
        #expect(server.connection.negotiated.cipherSuite == suite)
    }

    @Test(arguments: [NamedGroup.x25519, .secp256r1, .secp384r1])
    func everyGroupWithAndWithoutHelloRetryRequest(_ group: NamedGroup) throws {
        var retried = identities.serverSetup
        retried.configure = {
            $0.groups.removeAll()
            $0.groups.append(group)
        }
        let (client, _) = try connected(identities.clientSetup, retried)
        #expect(client.connection.negotiated.group == group)
        #expect(client.connection.negotiated.helloRetryRequest == (group != .x25519))
        var direct = identities.clientSetup
        direct.configure = {
            $0.groups.removeAll()
            $0.groups.append(group)
        }
        let (second, _) = try connected(direct, identities.serverSetup)
        #expect(!second.connection.negotiated.helloRetryRequest)
    }

    @Test func aClientWithoutCertificateIsRefusedWhereOneIsRequired() throws {
        let client = try TestPeer(.client, PeerSetup(anchors: [identities.root]))
        let server = try TestPeer(.server, identities.serverSetup)
        try converse(client, server)
        #expect(server.failure == .peerIncompatible(.clientCertificateRequired))
        #expect(client.failure == .alertReceived(.certificate_required))
    }

    @Test func nothingIsTrustedByDefault() throws {
        let client = try TestPeer(.client, PeerSetup())
        let server = try TestPeer(.server, PeerSetup(identities: [[identities.server]]))
        try converse(client, server)
        guard case .badCertificate = client.failure else {
            Issue.record("accepted: \(String(describing: client.failure))")
            return
        }
        // What was refused can be looked at.
        #expect(client.connection.copyPeerLeaf() == identities.server.der)
    }
}
