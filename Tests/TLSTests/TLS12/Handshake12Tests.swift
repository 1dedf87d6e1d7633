// Handshakes of TLS 1.2 between two sides of ours (RFC 5246 §7.3): every suite, group and kind of key, with and without a
// client's certificate.
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct Handshake12Tests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func connected(
        _ client: PeerSetup, _ server: PeerSetup, piece: Int? = nil
    ) throws -> (TestPeer, TestPeer) {
        let a = try TestPeer(.client, client)
        let b = try TestPeer(.server, server)
        try converse(a, b, piece: piece)
        #expect(a.failure == nil)
        #expect(b.failure == nil)
        #expect(a.isEstablished && b.isEstablished)
        #expect(a.connection.negotiated.version == .tls12 && b.connection.negotiated.version == .tls12)
        return (a, b)
    }

    private func exchange(_ client: TestPeer, _ server: TestPeer) throws {
        #expect(try client.write("hello") == 5)
        #expect(try server.write("world") == 5)
        try converse(client, server)
        #expect(server.received == Array("hello".utf8))
        #expect(client.received == Array("world".utf8))
    }

    private func server(_ certificate: TestCertificate) -> PeerSetup {
        PeerSetup(identities: [[certificate]], anchors: [identities.root])
            .configured { $0.clientCertificates = .required }
    }

    @Test(arguments: suitesOf12)
    func everySuiteWithMutualAuthentication(_ suite: CipherSuite) throws {
        let isRSA = suite.keyExchange == .ecdheRSA
        let (client, server) = try connected(
            identities.clientSetup.only12, server(isRSA ? identities.rsaServer : identities.server).with(suite: suite))
        #expect(client.connection.negotiated.cipherSuite == suite)
        #expect(client.connection.negotiated.extendedMasterSecret && server.connection.negotiated.extendedMasterSecret)
        #expect(client.connection.negotiated.peerIsAuthenticated && server.connection.negotiated.peerIsAuthenticated)
        try exchange(client, server)
        client.connection.close()
        server.connection.close()
        try converse(client, server)
        #expect(client.lastStep == .closed && server.lastStep == .closed)
    }

    @Test(arguments: [NamedGroup.x25519, .secp256r1, .secp384r1])
    func everyGroup(_ group: NamedGroup) throws {
        let (client, server) = try connected(
            identities.clientSetup.only12, identities.serverSetup.with(groups: [group]))
        #expect(client.connection.negotiated.group == group && server.connection.negotiated.group == group)
    }

    /// A server's key of each kind, and the client's of each.
    @Test(arguments: [0, 1, 2], [0, 1, 2])
    func everyKindOfKey(_ server: Int, _ client: Int) throws {
        let keys = [identities.server, identities.rsaServer, identities.p384Server]
        let (a, b) = try connected(
            PeerSetup(identities: [[keys[client]]], anchors: [identities.root]).only12,
            self.server(keys[server]).configured { $0.trust.names = ReferenceIdentities(.any) })
        try exchange(a, b)
    }

    @Test(arguments: [
        SignatureScheme.rsa_pkcs1_sha256, .rsa_pkcs1_sha384, .rsa_pkcs1_sha512, .rsa_pss_rsae_sha256,
        .rsa_pss_rsae_sha384, .rsa_pss_rsae_sha512, .ecdsa_secp256r1_sha256, .ecdsa_secp384r1_sha384,
    ])
    func everyScheme(_ scheme: SignatureScheme) throws {
        let isECDSA = scheme == .ecdsa_secp256r1_sha256 || scheme == .ecdsa_secp384r1_sha384
        var setup = server(isECDSA ? identities.server : identities.rsaServer)
        setup.schemes = [scheme]
        let (client, _) = try connected(identities.clientSetup.only12, setup)
        #expect(client.connection.negotiated.peerSignatureScheme == scheme)
    }

    /// RFC 5246 §7.4.8: the client signs over the hash of its own scheme, whichever the suite's is.
    @Test(
        arguments: [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384],
        [
            SignatureScheme.ecdsa_secp256r1_sha256, .ecdsa_secp384r1_sha384, .rsa_pkcs1_sha256, .rsa_pkcs1_sha384,
            .rsa_pkcs1_sha512, .rsa_pss_rsae_sha256, .rsa_pss_rsae_sha384, .rsa_pss_rsae_sha512,
        ])
    func aClientSignsWithAnotherHashThanTheSuites(_ suite: CipherSuite, _ scheme: SignatureScheme) throws {
        let isECDSA = scheme == .ecdsa_secp256r1_sha256 || scheme == .ecdsa_secp384r1_sha384
        var setup = PeerSetup(
            identities: [[isECDSA ? identities.client : identities.rsaServer]], anchors: [identities.root]
        ).with(suite: suite)
        setup.schemes = [scheme]
        let (client, server) = try connected(setup, identities.serverSetup)
        #expect(client.connection.negotiated.signatureScheme == scheme)
        #expect(server.connection.negotiated.peerSignatureScheme == scheme)
    }

    @Test(arguments: [1, 2, 3, 5, 7, 64, 1000])
    func anyPiecesWillDo(_ piece: Int) throws {
        let (client, server) = try connected(identities.clientSetup.only12, identities.serverSetup, piece: piece)
        try exchange(client, server)
    }

    @Test func flightsLeaveInOneWriteEach() throws {
        let (client, server) = try connected(identities.clientSetup.only12, identities.serverSetup)
        #expect(client.flights.count == 2)
        #expect(server.flights.count == 2)
    }

    @Test func smallBuffersCarryAllOfIt() throws {
        var clientSetup = identities.clientSetup.only12
        var serverSetup = identities.serverSetup
        clientSetup.limits = Limits(inboundFragment: 512, outboundFragment: 512, handshakeMessage: 4096)
        serverSetup.limits = clientSetup.limits
        clientSetup.configure = { [configure = clientSetup.configure, limits = clientSetup.limits] in
            configure(&$0)
            $0.limits = limits
        }
        let (client, server) = try connected(clientSetup, serverSetup)
        let text = String(repeating: "0123456789", count: 300)
        var sent = 0
        while sent < text.utf8.count {
            sent += try server.write(String(text.dropFirst(sent)))
            try converse(client, server)
        }
        #expect(client.received == Array(text.utf8))
    }

    @Test func aClientWithoutCertificateIsRefusedWhereOneIsRequired() throws {
        let client = try TestPeer(.client, PeerSetup(anchors: [identities.root]).only12)
        let server = try TestPeer(.server, identities.serverSetup)
        try converse(client, server)
        #expect(server.failure == .peerIncompatible(.noClientCertificate))
        #expect(client.failure == .alertReceived(.handshake_failure))
    }

    @Test func aClientWithoutCertificateIsServedWhereItMayBe() throws {
        let optional = PeerSetup(identities: [[identities.server]], anchors: [identities.root])
            .configured { $0.clientCertificates = .optional }
        let (_, server) = try connected(PeerSetup(anchors: [identities.root]).only12, optional)
        #expect(!server.connection.negotiated.peerIsAuthenticated)
    }

    @Test func nothingIsTrustedByDefault() throws {
        let client = try TestPeer(.client, PeerSetup().only12)
        let server = try TestPeer(.server, PeerSetup(identities: [[identities.server]]))
        try converse(client, server)
        guard case .badCertificate = client.failure else {
            Issue.record("accepted: \(String(describing: client.failure))")
            return
        }
        #expect(client.connection.copyPeerLeaf() == identities.server.der)
    }

    @Test func aPairThatKnowsTLS13UsesIt() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try TestPeer(.server, identities.serverSetup)
        try converse(client, server)
        #expect(client.connection.negotiated.version == .tls13 && client.isEstablished)
    }
}
