// External keys in both roles (RFC 8446 §2.2, §4.2.9, §4.2.11; RFC 9258): every suite, with and without a key exchange, with
// and without certificates beside them.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct ExternalKeyTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func client(_ keys: [SharedKey] = [.plain], modes: [PSKKeyExchangeMode] = [.psk_dhe_ke]) -> PeerSetup {
        PeerSetup().with(keys: keys, for: .client, modes: modes)
    }

    private func server(_ keys: [SharedKey] = [.plain], modes: [PSKKeyExchangeMode] = [.psk_dhe_ke]) -> PeerSetup {
        PeerSetup().with(keys: keys, for: .server, modes: modes)
    }

    private func expectKeyed(_ met: Meeting, key: Int = 0) {
        #expect(met.isEstablished && met.isFull)
        for side in [met.client, met.server] {
            #expect(side.connection.negotiated.peerAuthentication == .externalKey)
            #expect(side.connection.negotiated.peerIsAuthenticated)
            #expect(side.connection.negotiated.signatureScheme == nil && side.connection.copyPeerLeaf() == nil)
        }
        #expect(met.server.connection.negotiated.externalKey == key)
    }

    @Test(arguments: [
        CipherSuite.TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_AES_128_CCM_SHA256,
    ])
    func everySuite(_ suite: CipherSuite) throws {
        let key = suite == .TLS_AES_256_GCM_SHA384 ? SharedKey.longer : .plain
        for keys in [[key], [SharedKey.imported], [SharedKey(hash: .sha384, context: "")]] {
            let met = try meet(client(keys).with(suite: suite), server(keys))
            expectKeyed(met)
            #expect(met.client.connection.negotiated.cipherSuite == suite)
            #expect(met.client.connection.negotiated.group == .x25519)
        }
    }

    /// A key is offered for the hashes of TLS 1.3's suites alone, since it can be used with no other; and so not at all by a
    /// client that does not offer TLS 1.3, whose hello would lack what belongs to the offer (RFC 8446 §4.2.9).
    @Test func aKeyIsOfferedForTheHashesOfItsVersion() throws {
        func offered(_ setup: PeerSetup) throws -> [HashAlgorithm] {
            let peer = try TestPeer(.client, setup)
            let offers = peer.configuration.offers(session: nil, only: nil)
            return (0..<offers.count).map { offers.elements[$0].hash }
        }
        let all = client([.imported]).configured { $0.trust.unsafeAcceptsAnyCertificate = true }
        #expect(try offered(all) == [.sha256, .sha384])
        let short = all.configured {
            $0.cipherSuites.removeAll()
            $0.cipherSuites.append(.TLS_AES_128_GCM_SHA256)
            $0.cipherSuites.append(.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)
        }
        #expect(try offered(short) == [.sha256])
        #expect(try offered(all.only12) == [])
        let met = try meet(all.only12, PeerSetup(identities: [[identities.server]], anchors: []))
        #expect(met.isEstablished && met.client.connection.negotiated.version == .tls12)
    }

    @Test func withoutAKeyExchangeWhereBothSayTheyWantThat() throws {
        for keys in [[SharedKey.plain], [SharedKey.imported]] {
            for modes in [[PSKKeyExchangeMode.psk_ke], [.psk_ke, .psk_dhe_ke]] {
                let met = try meet(client(keys, modes: modes), server(keys, modes: [.psk_ke]))
                expectKeyed(met)
                #expect(met.client.connection.negotiated.group == nil && met.server.connection.negotiated.group == nil)
            }
        }
        // The server's order decides.
        let both: [PSKKeyExchangeMode] = [.psk_ke, .psk_dhe_ke]
        let met = try meet(client(modes: both), server(modes: both.reversed()))
        expectKeyed(met)
        #expect(met.server.connection.negotiated.group == .x25519)
    }

    @Test func aClientThatOnlyAllowsTheKeyAloneGetsNoTicketThatItCouldNotUse() throws {
        let only = client(modes: [.psk_ke])
        let met = try meet(only, server(modes: [.psk_ke]))
        #expect(met.isEstablished && met.client.sessions.isEmpty)
    }

    @Test(arguments: [NamedGroup.secp256r1, .secp384r1]) func afterAHelloRetryRequest(_ group: NamedGroup) throws {
        for keys in [[SharedKey.plain], [SharedKey.longer], [SharedKey.imported]] {
            let met = try meet(client(keys), server(keys).with(groups: [group]))
            expectKeyed(met)
            #expect(met.client.connection.negotiated.helloRetryRequest)
        }
    }

    /// RFC 8446 §4.2.11: after a HelloRetryRequest keys of another hash than the suite's are not offered again.
    @Test func theSecondHelloOffersWhatFitsTheSuite() throws {
        let keys = [SharedKey.plain, .longer, SharedKey(identity: "imported", context: "")]
        let met = try meet(client(keys), server([.longer]).with(groups: [.secp256r1]))
        #expect(met.isEstablished && met.client.connection.negotiated.cipherSuite == .TLS_AES_256_GCM_SHA384)
        #expect(met.client.connection.negotiated.externalKey == 1)
        let counts = met.client.flights.compactMap { flight in
            records(flight).first { $0[0] == 22 }.map { identityCount(EditableHello(record: $0)) }
        }
        #expect(counts == [4, 2])
    }

    private func identityCount(_ hello: EditableHello) -> Int {
        var rest = hello.body(.pre_shared_key).dropFirst(2)
        var left = hello.body(.pre_shared_key).prefix(2).reduce(0) { $0 << 8 | Int($1) }
        var count = 0
        while left > 0 {
            let length = 2 + rest.prefix(2).reduce(0) { $0 << 8 | Int($1) } + 4
            rest = rest.dropFirst(length)
            left -= length
            count += 1
        }
        return count
    }

    @Test func theServersOrderDecidesAmongKeys() throws {
        let other = SharedKey(identity: "device-2", key: [UInt8](9..<41))
        let met = try meet(client([.plain, other]), server([other, .plain]))
        expectKeyed(met, key: 0)
        #expect(met.client.connection.negotiated.externalKey == 1)
        let name = met.server.configuration.externalKeys.copyFirstIdentity()
        #expect(name == Array("device-2".utf8))
    }

    /// The suite follows the key where the key has a hash.
    @Test func theSuiteIsOneThatTheKeyFits() throws {
        let met = try meet(client([.longer]), server([.longer]))
        expectKeyed(met)
        #expect(met.server.connection.negotiated.cipherSuite == .TLS_AES_256_GCM_SHA384)
    }

    // With certificates beside them

    private var openServer: PeerSetup { PeerSetup(identities: [[identities.server]]) }

    @Test func aServerWithBothUsesTheKeyUnlessToldOtherwise() throws {
        let both = PeerSetup(anchors: [identities.root]).with(keys: [.plain], for: .client)
        let keyed = openServer.with(keys: [.plain], for: .server)
        expectKeyed(try meet(both, keyed))
        let preferring = keyed.configured { $0.prefersCertificatesToExternalKeys = true }
        let shown = try meet(both, preferring)
        #expect(shown.isEstablished && shown.client.connection.negotiated.peerAuthentication == .certificate)
        #expect(shown.server.connection.negotiated.externalKey == nil)
        // A client that takes no certificate gets none even so.
        expectKeyed(try meet(client(), preferring))
    }

    @Test func anUnknownKeyLeadsToCertificatesWhereBothHaveThem() throws {
        let both = PeerSetup(identities: [[identities.client]], anchors: [identities.root])
            .with(keys: [.plain], for: .client)
        for keys in [[SharedKey](), [SharedKey(identity: "device-2", key: [UInt8](9..<41))], [.imported]] {
            let met = try meet(both, identities.serverSetup.with(keys: keys, for: .server))
            #expect(met.isEstablished)
            #expect(met.client.connection.negotiated.peerAuthentication == .certificate)
            #expect(met.server.connection.negotiated.peerAuthentication == .certificate)
        }
    }

    @Test func aServerThatDemandsCertificatesTakesAKeyForOne() throws {
        expectKeyed(try meet(client(), identities.serverSetup.with(keys: [.plain], for: .server)))
    }

    /// §4.2.3: signature_algorithms goes with the wish to see a certificate.
    @Test func aClientThatTrustsKeysAloneTakesNoCertificate() throws {
        let side = try TestPeer(.client, client())
        try side.run()
        let hello = EditableHello(record: side.takeOutput())
        #expect(!hello.extensions.contains { $0.type == .signature_algorithms })
        #expect(hello.extensions.last?.type == .pre_shared_key)
        let met = try meet(client(), openServer)
        #expect(met.server.failure == .peerIncompatible(.noCommonPreSharedKey))
        #expect(met.client.failure == .alertReceived(.handshake_failure))
    }

    // Sessions

    @Test func aSessionOfAKeyIsResumed() throws {
        for keys in [[SharedKey.plain], [SharedKey.imported], [SharedKey.longer]] {
            let first = try meet(client(keys), server(keys))
            expectKeyed(first)
            let second = try meet(client(keys), server(keys), offering: first.session())
            #expect(second.isEstablished && second.isResumed)
            for side in [second.client, second.server] {
                #expect(side.connection.negotiated.peerAuthentication == .externalKey)
                #expect(side.connection.negotiated.externalKey == nil)
                #expect(array(side.connection.peerLeafHash.bytes) == sha256(Array(keys[0].identity.utf8)))
            }
            // Where the server no longer has tickets, the key is there beside the session.
            expectKeyed(try meet(client(keys), server(keys), tickets: nil, offering: first.session()))
        }
    }

    /// A change of keys is a change of who is let in.
    @Test func aSessionIsBoundToTheKeys() throws {
        let session = try meet(client(), server()).session()
        let other = SharedKey(identity: "device-2", key: [UInt8](9..<41))
        let met = try meet(client(), server([.plain, other]), offering: session)
        #expect(met.isEstablished && met.isFull)
        _ = try meet(client([.plain, other]), server(), offering: session, offered: false)
    }

    @Test func aTicketOfAnUnknownClientIsNoneOfAKnownOne() throws {
        let keyed = openServer.with(keys: [.plain], for: .server)
        let session = try meet(PeerSetup(anchors: [identities.root]), keyed).session()
        let met = try meet(PeerSetup(anchors: [identities.root]), keyed, offering: session)
        #expect(met.isResumed && met.server.connection.negotiated.peerAuthentication == .none)
        let without = PeerSetup().with(keys: [.plain], for: .server)
        let refused = try meet(PeerSetup(anchors: [identities.root]), without, offering: session)
        #expect(refused.server.failure == .peerIncompatible(.noCommonPreSharedKey))
    }

    @Test func nothingOfAKeyIsLeftBehind() throws {
        for keys in [[SharedKey.plain], [SharedKey.imported]] {
            let met = try meet(client(keys), server(keys))
            for side in [met.client, met.server] {
                #expect(!side.memory.contents.holds(keys[0].key) && !side.workspace.contents.holds(keys[0].key))
                side.connection.releaseWorkspace()
                #expect(!side.workspace.contents.contains { $0 != 0 })
            }
        }
    }

    @Test func theSmallestMemoryWillDo() throws {
        let small = Limits(inboundFragment: 512, outboundFragment: 512, handshakeMessage: 2048)
        var (one, other) = (client([.plain, .imported]), server([.imported]))
        (one.limits, other.limits) = (small, small)
        let session = try meet(one, other).session()
        #expect(try meet(one, other, offering: session).isResumed)
    }
}
