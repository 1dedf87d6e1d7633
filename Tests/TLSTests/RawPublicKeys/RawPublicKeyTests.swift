// Raw public keys (RFC 7250) in both versions, both roles and both directions: what is shown, what is known of it afterwards,
// and what sessions are worth that began with it.
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct RawPublicKeyTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    static let versions: [ProtocolVersion] = [.tls13, .tls12]

    /// The four combinations of what the server and the client show.
    @Test(
        arguments: versions, [(true, true), (true, false), (false, true), (false, false)])
    func eitherSideShowsEither(_ version: ProtocolVersion, _ isRaw: (server: Bool, client: Bool)) throws {
        let client = try side(
            shows: identities.client, raw: isRaw.client, trusts: identities.server, isRaw.server)
        let server = try side(
            shows: identities.server, raw: isRaw.server, trusts: identities.client, isRaw.client
        ).configured { $0.clientCertificates = .required }
        let met = try meet(client.only(version), server.only(version))
        try #require(met.isEstablished)
        try check(met.client, sees: identities.server, raw: isRaw.server)
        try check(met.server, sees: identities.client, raw: isRaw.client)
        #expect(met.client.connection.negotiated.certificateType == (isRaw.client ? .RawPublicKey : .X509))
        #expect(met.server.connection.negotiated.certificateType == (isRaw.server ? .RawPublicKey : .X509))
        #expect(met.client.connection.negotiated.version == version)
    }

    private func side(
        shows own: TestCertificate, raw: Bool, trusts peer: TestCertificate, _ peerIsRaw: Bool
    ) throws -> PeerSetup {
        let setup = raw ? PeerSetup(rawKeys: [own]) : PeerSetup(identities: [[own]])
        guard peerIsRaw else {
            var copy = setup
            copy.anchors = [identities.root]
            return copy
        }
        return try setup.trustingOnly([peer])
    }

    private func check(_ side: TestPeer, sees peer: TestCertificate, raw: Bool) throws {
        let info = try peer.publicKeyInfo()
        let negotiated = side.connection.negotiated
        #expect(negotiated.peerAuthentication == (raw ? .rawPublicKey : .certificate))
        #expect(negotiated.peerCertificateType == (raw ? .RawPublicKey : .X509))
        #expect(negotiated.peerSignatureScheme == .ecdsa_secp256r1_sha256 && !negotiated.peerIsUnverified)
        #expect(side.connection.copyRawPublicKey() == (raw ? info : []))
        #expect(side.connection.copyPeerLeaf() == (raw ? nil : peer.der))
        #expect(array(side.connection.peerLeafHash.bytes) == sha256(raw ? info : peer.der))
    }

    /// A key is judged as one in a certificate is: every kind that we have.
    @Test(arguments: versions, [TestKey.p256, .p384, .rsa2048])
    func everyKindOfKey(_ version: ProtocolVersion, _ key: TestKey) throws {
        let shown = [TestKey.p256: identities.server, .p384: identities.p384Server, .rsa2048: identities.rsaServer]
        let own = try #require(shown[key])
        let met = try meet(
            try PeerSetup().trustingOnly([own]).only(version), PeerSetup(rawKeys: [own]).only(version))
        #expect(met.isEstablished)
    }

    @Test(arguments: versions) func withAHelloRetryRequest(_ version: ProtocolVersion) throws {
        let server = PeerSetup(rawKeys: [identities.server]).with(groups: [.secp384r1]).only(version)
        let met = try meet(try PeerSetup().trustingOnly([identities.server]).only(version), server)
        #expect(met.isEstablished)
        #expect(met.client.connection.negotiated.helloRetryRequest == (version == .tls13))
    }

    /// Where nobody asked for it, nothing of it is on the wire.
    @Test func itIsOffUnlessConfigured() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        try client.run()
        let hello = EditableHello(record: records(client.takeOutput())[0])
        let types = hello.extensions.map(\.type)
        #expect(!types.contains(.client_certificate_type) && !types.contains(.server_certificate_type))
    }

    /// A client says what it takes in its own order, with certificates where they stay possible.
    @Test func theOrderIsTheConfigurations() throws {
        let setup = PeerSetup(
            identities: [[identities.client]], rawKeys: [identities.secondServer], anchors: [identities.root])
        let client = try TestPeer(.client, try setup.trusting([identities.server]))
        try client.run()
        let hello = EditableHello(record: records(client.takeOutput())[0])
        #expect(hello.body(.client_certificate_type) == [2, 0, 2])
        #expect(hello.body(.server_certificate_type) == [2, 0, 2])
        let other = try TestPeer(
            .client,
            setup.configured {
                $0.offeredCertificateTypes.append(.RawPublicKey)
                $0.trust.certificateTypes.removeAll()
                $0.trust.certificateTypes.append(.RawPublicKey)
            })
        try other.run()
        let otherHello = EditableHello(record: records(other.takeOutput())[0])
        #expect(otherHello.body(.client_certificate_type) == [1, 2])
        #expect(otherHello.body(.server_certificate_type) == [1, 2])
    }

    /// A server with both shows the first that the client takes, whatever stands before it.
    @Test(arguments: versions) func aServerWithBothShowsWhatTheClientTakes(_ version: ProtocolVersion) throws {
        let server = PeerSetup(
            identities: [[identities.server]], rawKeys: [identities.secondServer]
        ).only(version)
        let raw = try meet(try PeerSetup().trustingOnly([identities.secondServer]).only(version), server)
        #expect(raw.isEstablished)
        #expect(raw.client.connection.negotiated.peerAuthentication == .rawPublicKey)
        let certificates = try meet(PeerSetup(anchors: [identities.root]).only(version), server)
        #expect(certificates.client.connection.negotiated.peerAuthentication == .certificate)
        let either = try meet(
            try PeerSetup(anchors: [identities.root]).trusting([identities.secondServer]).only(version), server)
        #expect(either.client.connection.negotiated.peerAuthentication == .certificate)
        // Where names have to be known, a raw key does not stand for one that is not.
        let strict = server.configured { $0.defaultIdentityForUnknownNames = false }
        let unknown = try meet(
            try PeerSetup().trustingOnly([identities.secondServer]).only(version)
                .configured { $0.serverName = bounded("unknown.example") }, strict)
        #expect(unknown.server.failure == .peerIncompatible(.unknownServerName))
        let known = try meet(try PeerSetup().trustingOnly([identities.secondServer]).only(version), strict)
        #expect(known.isEstablished)
    }

    /// Threats, tickets: the ticket carries SHA-256 of what was authenticated, here of the raw public key.
    @Test(arguments: versions) func resumptionRemembersTheKey(_ version: ProtocolVersion) throws {
        let client = try PeerSetup(rawKeys: [identities.client]).trustingOnly([identities.server]).only(version)
        let server = try PeerSetup(rawKeys: [identities.server]).trustingOnly([identities.client]).only(version)
            .configured { $0.clientCertificates = .required }
        let first = try meet(client, server)
        let second = try meet(client, server, offering: first.session())
        try #require(second.isEstablished && second.isResumed)
        for (side, peer) in [(second.client, identities.server), (second.server, identities.client)] {
            #expect(side.connection.negotiated.peerAuthentication == .rawPublicKey)
            #expect(array(side.connection.peerLeafHash.bytes) == sha256(try peer.publicKeyInfo()))
            #expect(side.connection.copyRawPublicKey().isEmpty)
        }
    }

    /// Threats, tickets: a session does not outlive a change of the keys that are trusted (CVE-2025-23419's class).
    @Test(arguments: versions) func aChangeOfTheTrustedKeysEndsSessions(_ version: ProtocolVersion) throws {
        let client = try PeerSetup(rawKeys: [identities.client]).trustingOnly([identities.server]).only(version)
        func server(_ keys: [TestCertificate]) throws -> PeerSetup {
            try PeerSetup(rawKeys: [identities.server]).trustingOnly(keys).only(version)
                .configured { $0.clientCertificates = .required }
        }
        let session = try meet(client, try server([identities.client])).session()
        let same = try meet(client, try server([identities.client]), offering: session)
        #expect(same.isResumed)
        let withMore = try meet(client, try server([identities.client, identities.secondServer]), offering: session)
        #expect(withMore.isEstablished && withMore.isFull)
        let other = try PeerSetup(rawKeys: [identities.client]).trustingOnly([identities.secondServer]).only(version)
        _ = try meet(other, try server([identities.client]), offering: session, offered: false)
    }

    /// The application can have the last word, now and about a session.
    @Test(arguments: versions, [true, false])
    func theApplicationGivesItsVerdict(_ version: ProtocolVersion, _ verdict: Bool) throws {
        let setup = try PeerSetup().trustingOnly([identities.server]).only(version).configured {
            $0.trust.asksForVerdict = true
            $0.trust.verdictOnResumption = .askedAgain
        }
        let server = PeerSetup(rawKeys: [identities.server]).only(version)
        let session = try meet(setup, server).session()
        let client = try TestPeer(.client, setup)
        client.verdict = verdict
        let peer = try TestPeer(.server, server)
        try peer.enableTickets(TicketSetup())
        #expect(try client.connection.offerSession(session.span, client.configuration))
        if verdict {
            try converse(client, peer)
        } else {
            #expect(throws: TLSError.certificateRefused(.certificate_unknown)) { try converse(client, peer) }
        }
        #expect(client.steps.contains(.wantsVerdict))
        #expect(client.isEstablished == verdict)
    }
}

extension PeerSetup {
    /// The same with one version alone.
    func only(_ version: ProtocolVersion) -> PeerSetup { version == .tls12 ? only12 : only13 }

    /// The same, and the raw keys of these are trusted as well.
    func trusting(_ peers: [TestCertificate]) throws -> PeerSetup {
        let infos = try peers.map { try $0.publicKeyInfo() }
        return configured { configuration in
            for info in infos {
                #expect(throws: Never.self) { try configuration.trust.addRawPublicKey(info.span) }
            }
        }
    }

    /// The same, and the raw keys of these are all that is trusted.
    func trustingOnly(_ peers: [TestCertificate]) throws -> PeerSetup {
        try configured { $0.trust.certificateTypes.removeAll() }.trusting(peers)
    }
}
