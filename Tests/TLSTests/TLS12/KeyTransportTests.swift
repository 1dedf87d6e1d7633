// RSA key transport (RFC 5246 §7.4.7.1) between two sides of ours: off unless it is named, in TLS 1.2 alone, and with a
// certificate that is for nothing else.
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

extension PeerSetup {
    /// The same with RSA key transport allowed.
    var withKeyTransport: PeerSetup { configured { $0.allowUnsafeRSAKeyTransport() } }
}

/// The suites with RSA key transport.
let transportSuites: [CipherSuite] = [.TLS_RSA_WITH_AES_128_GCM_SHA256, .TLS_RSA_WITH_AES_256_GCM_SHA384]

@Suite struct KeyTransportTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private var client: PeerSetup { identities.clientSetup.only12.withKeyTransport }
    private var server: PeerSetup {
        PeerSetup(identities: [[identities.transportServer]], anchors: [identities.root]).withKeyTransport
    }

    private func pair(_ client: PeerSetup, _ server: PeerSetup) throws -> (TestPeer, TestPeer) {
        let a = try TestPeer(.client, client)
        let b = try TestPeer(.server, server)
        try converse(a, b)
        return (a, b)
    }

    @Test(arguments: transportSuites)
    func eachSuiteCarriesData(_ suite: CipherSuite) throws {
        let (client, server) = try pair(client, server.with(suite: suite))
        #expect(client.failure == nil && server.failure == nil)
        for side in [client, server] {
            #expect(side.isEstablished)
            #expect(side.connection.negotiated.cipherSuite == suite)
            #expect(side.connection.negotiated.version == .tls12)
            #expect(side.connection.negotiated.extendedMasterSecret)
            #expect(side.connection.negotiated.group == nil)
        }
        #expect(client.connection.negotiated.peerIsAuthenticated)
        #expect(client.connection.negotiated.peerSignatureScheme == nil)
        #expect(try client.exported("EXPERIMENTAL-a", nil, 32) == server.exported("EXPERIMENTAL-a", nil, 32))
        #expect(try client.write("hello") == 5 && server.write("world") == 5)
        try converse(client, server)
        #expect(server.received == Array("hello".utf8) && client.received == Array("world".utf8))
    }

    @Test(arguments: [1, 7, 64])
    func aClientsCertificateIsVerifiedToo(_ piece: Int) throws {
        let a = try TestPeer(.client, client)
        let b = try TestPeer(.server, server.configured { $0.clientCertificates = .required })
        try converse(a, b, piece: piece)
        #expect(a.isEstablished && b.isEstablished)
        #expect(b.connection.negotiated.peerIsAuthenticated)
        #expect(b.connection.negotiated.peerSignatureScheme == .ecdsa_secp256r1_sha256)
    }

    /// The key for key transport is one of the server's, and a name that another of them carries is no unknown one.
    @Test func aNameIsServedByTheIdentityThatCarriesIt() throws {
        let both = PeerSetup(
            identities: [[identities.transportServer], [identities.secondServer]], anchors: [identities.root]
        ).withKeyTransport.configured {
            $0.defaultIdentityForUnknownNames = false
            $0.cipherSuites.removeAll()
            $0.cipherSuites.append(.TLS_RSA_WITH_AES_128_GCM_SHA256)
            $0.cipherSuites.append(.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
        }
        for (name, suite) in [
            ("second.example", CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
            ("localhost", .TLS_RSA_WITH_AES_128_GCM_SHA256),
        ] {
            let asking = client.configured {
                $0.serverName = bounded(name)
                $0.trust.names = ReferenceIdentities(.dns(bounded(name)))
            }
            let (a, b) = try pair(asking, both)
            #expect(a.isEstablished && b.isEstablished, "\(name)")
            #expect(b.connection.negotiated.cipherSuite == suite)
        }
    }

    @Test func aPinnedServerIsVerifiedByItsKey() throws {
        let hash = try digest(.sha256, Certificate(identities.transportServer.der.span).subjectPublicKeyInfo)
        let (client, _) = try pair(
            PeerSetup().only12.withKeyTransport.configured { $0.trust.pins.append(Trust.Pin { hash.bytes[$0] }) },
            server)
        #expect(client.isEstablished)
    }

    @Test func sessionsAreResumed() throws {
        let first = try meet(client.at(0), server.at(0))
        #expect(first.isEstablished && first.isFull)
        let next = try meet(client.at(0), server.at(0), offering: try first.session())
        #expect(next.isEstablished && next.isResumed)
        #expect(next.client.connection.negotiated.cipherSuite == .TLS_RSA_WITH_AES_128_GCM_SHA256)
    }

    /// Whoever does not name it does not get it, also where the suite is in the list.
    @Test func itIsOffUnlessItIsNamed() throws {
        let listed = PeerSetup(identities: [[identities.transportServer]], anchors: [identities.root])
            .with(suite: .TLS_RSA_WITH_AES_128_GCM_SHA256)
        let (client, server) = try pair(client, listed)
        #expect(server.failure == .peerIncompatible(.noCommonVersion))
        #expect(client.failure == .alertReceived(.protocol_version))
        let (second, unwilling) = try pair(identities.clientSetup.only12, self.server)
        // There are common suites, but no key that may sign.
        #expect(unwilling.failure == .peerIncompatible(.noCommonSignatureScheme))
        #expect(second.failure == .alertReceived(.handshake_failure))
    }

    /// A server that chooses it unasked is refused.
    @Test func aClientThatDidNotOfferItRefusesIt() throws {
        let client = try TestPeer(.client, identities.clientSetup.only12)
        try client.run()
        _ = client.takeOutput()
        let willing = try TestPeer(.client, self.client)
        let server = try TestPeer(.server, server)
        try willing.run()
        try server.give(willing.takeOutput())
        try server.run()
        try client.give(server.takeOutput())
        #expect(client.failure == .illegalParameter(.cipherSuiteNotOffered))
    }

    /// Threat "RSA key transport: the key must be one that never signs (keyEncipherment alone, not offered in 1.3)".
    @Test func theKeyOfKeyTransportNeverSigns() throws {
        for setup in [identities.clientSetup.only13, identities.clientSetup.only12, identities.clientSetup] {
            let (_, server) = try pair(setup, self.server)
            #expect(!server.isEstablished)
            #expect(!server.steps.contains(.wantsSignature))
        }
        // As a client it has no certificate to show.
        let (_, demanding) = try pair(
            PeerSetup(identities: [[identities.transportServer]], anchors: [identities.root]), identities.serverSetup)
        #expect(demanding.failure == .peerIncompatible(.clientCertificateRequired))
    }

    /// The same from the other side: a key that signs never decrypts, whether its key usage allows both or says nothing.
    @Test func aKeyThatSignsNeverDecrypts() throws {
        let both = try identities.factory.leaf(
            "both", key: .rsa2048, issuer: identities.root, keyUsage: "digitalSignature,keyEncipherment")
        let silent = try identities.factory.make(
            "silent", key: .rsa2048, issuer: identities.root,
            extensions: ["extendedKeyUsage=serverAuth", "subjectAltName=DNS:localhost"])
        for certificate in [both, silent, identities.rsaServer] {
            let (_, server) = try pair(
                client.with(suite: .TLS_RSA_WITH_AES_128_GCM_SHA256),
                PeerSetup(identities: [[certificate]], anchors: [identities.root]).withKeyTransport)
            #expect(server.failure == .peerIncompatible(.noCommonCipherSuite))
            #expect(!server.steps.contains(.wantsSignature))
        }
    }

    /// RFC 5246 §7.4.2: keyEncipherment "MUST be set if the key usage extension is present". Here the server is made to use
    /// a certificate that it would refuse.
    @Test(arguments: [false, true])
    func aClientWantsKeyEncipherment(_ isPinned: Bool) throws {
        let lying = PeerSetup(identities: [[identities.rsaServer]], anchors: [identities.root]).withKeyTransport
            .configured { $0.unsafeTransportsWithSigningKeys = true }.with(suite: .TLS_RSA_WITH_AES_128_GCM_SHA256)
        let unverified = PeerSetup().only12.withKeyTransport
            .configured { $0.trust.unsafeAcceptsAnyCertificate = true }
        let (client, _) = try pair(isPinned ? unverified : client, lying)
        guard case .badCertificate(let error) = client.failure else {
            Issue.record("accepted: \(String(describing: client.failure))")
            return
        }
        #expect(error.reason == .missingKeyEncipherment)
    }

    /// What can agree on a key is preferred to what cannot.
    @Test func ecdheIsPreferred() throws {
        let setup = PeerSetup(
            identities: [[identities.transportServer], [identities.server]], anchors: [identities.root]
        ).withKeyTransport
        let (client, server) = try pair(client, setup)
        #expect(client.isEstablished && server.isEstablished)
        #expect(server.connection.negotiated.cipherSuite == .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
        let (old, _) = try pair(self.client.with(suite: .TLS_RSA_WITH_AES_128_GCM_SHA256), setup)
        #expect(old.isEstablished)
        #expect(old.connection.copyPeerLeaf() == identities.transportServer.der)
    }

    /// RFC 5246 §7.4.3: with these suites a ServerKeyExchange is "not legal".
    @Test func aServerKeyExchangeIsRefused() throws {
        let client = try TestPeer(.client, client)
        let server = try TestPeer(.server, server)
        try client.run()
        try server.give(client.takeOutput())
        try server.run()
        let editor = FlightEditor(holder: server, sender: .server)
        var flight = try editor.open(server.takeOutput())
        let done = flight.removeLast()
        #expect(done.type == .server_hello_done_RESERVED)
        flight.append(FlightMessage(isProtected: false, bytes: [12, 0, 0, 4, 3, 0, 29, 0]))
        try client.give(try editor.seal(flight + [done]))
        #expect(client.failure == .peerMisbehaved(.unexpectedMessage))
    }
}
