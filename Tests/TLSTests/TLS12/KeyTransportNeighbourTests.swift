// RSA key transport (RFC 5246 §7.4.7.1) beside what else changes the server's flight or the worth of its certificate: OCSP
// staples (RFC 6066 §8), raw public keys (RFC 7250), revocation lists.
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct KeyTransportNeighbourTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private let response = (0..<700).map { UInt8(truncatingIfNeeded: $0 &* 3) }

    private var server: PeerSetup {
        PeerSetup(identities: [[identities.transportServer]], anchors: [identities.root]).withKeyTransport
    }

    private func client(asks: Bool = true, verdict: Bool = false) -> PeerSetup {
        identities.clientSetup.only12.withKeyTransport.configured {
            $0.requestsOCSPStaple = asks
            $0.trust.asksForVerdict = verdict
        }
    }

    private func stapling(_ policy: ClientCertificates) -> PeerSetup {
        var setup = server.configured { $0.clientCertificates = policy }
        setup.staple = response
        return setup
    }

    // Staples

    @Test(arguments: [ClientCertificates.none, .required], [true, false])
    func aStapleComesBehindTheCertificate(_ policy: ClientCertificates, _ verdict: Bool) throws {
        let met = try meet(client(verdict: verdict), stapling(policy))
        try #require(met.isEstablished)
        #expect(met.client.connection.negotiated.cipherSuite == .TLS_RSA_WITH_AES_128_GCM_SHA256)
        #expect(met.client.connection.copyStaple() == response)
        #expect(met.client.stapleAtVerdict == (verdict ? response : nil))
        let silent = try meet(client(asks: false, verdict: verdict), stapling(policy))
        #expect(silent.isEstablished && silent.client.connection.copyStaple().isEmpty)
    }

    /// RFC 6066 §8: a server that has announced a CertificateStatus may leave it out. The verdict comes before anything of
    /// ours is sent, also where it is the end of the server's flight that shows that none will come.
    @Test(arguments: [ClientCertificates.none, .required], [true, false])
    func anAnnouncedStatusMayBeMissing(_ policy: ClientCertificates, _ accepts: Bool) throws {
        for verdict in [true, false] {
            let client = try TestPeer(.client, client(verdict: verdict))
            client.verdict = accepts
            let peer = try TestPeer(.server, stapling(policy))
            try client.run()
            try peer.give(client.takeOutput())
            let editor = FlightEditor(holder: peer, sender: .server)
            let messages = try editor.open(peer.takeOutput())
            let rest = messages.filter { $0.type != .certificate_status_RESERVED }
            #expect(rest.count == messages.count - 1)
            let answer = try editor.seal(rest)
            if verdict, !accepts {
                #expect(throws: TLSError.certificateRefused(client.alertOfRefusal)) { try client.give(answer) }
                continue
            }
            try client.give(answer)
            #expect(client.steps.contains(.wantsVerdict) == verdict)
            #expect(client.failure == nil)
            // Our flight has gone out: what the server's Finished would answer.
            let flight = try FlightEditor(holder: client, sender: .client).open(client.takeOutput())
            #expect(flight.contains { $0.type == .client_key_exchange_RESERVED })
            #expect(client.connection.copyStaple().isEmpty)
        }
    }

    // Raw public keys: nothing says what such a key is for, so it is none to encrypt to.

    @Test(arguments: [true, false])
    func aServerDecryptsWithNoRawKey(_ alsoTakesCertificates: Bool) throws {
        // Also where it is made to use keys that sign.
        for unsafely in [true, false] {
            let setup = PeerSetup(rawKeys: [identities.rsaServer]).withKeyTransport
                .configured { $0.unsafeTransportsWithSigningKeys = unsafely }
            let raw = identities.rsaServer
            let taking =
                try alsoTakesCertificates
                ? PeerSetup(anchors: [identities.root]).trusting([raw]) : PeerSetup().trustingOnly([raw])
            let met = try meet(taking.only12.withKeyTransport.with(suite: .TLS_RSA_WITH_AES_128_GCM_SHA256), setup)
            #expect(met.server.failure == .peerIncompatible(.noCommonCipherSuite))
            #expect(!met.server.steps.contains(.wantsSignature))
        }
    }

    /// A certificate for key transport is nothing for a client that takes raw public keys alone.
    @Test func aClientOfRawKeysGetsNoCertificateForKeyTransport() throws {
        var setup = server
        setup.rawKeys = [identities.rsaServer]
        let raw = try PeerSetup().trustingOnly([identities.rsaServer]).only12.withKeyTransport
        let met = try meet(raw.with(suite: .TLS_RSA_WITH_AES_128_GCM_SHA256), setup)
        #expect(met.server.failure == .peerIncompatible(.noCommonCipherSuite))
        // With a suite that signs, the raw key serves.
        #expect(try meet(raw, setup).isEstablished)
    }

    /// A server that shows one all the same is refused, though the key is trusted.
    @Test func aClientEncryptsToNoRawKey() throws {
        let both = try PeerSetup(anchors: [identities.root]).trusting([identities.rsaServer]).only12.withKeyTransport
        let client = try TestPeer(.client, both)
        let peer = try TestPeer(.server, server)
        try client.run()
        try peer.give(client.takeOutput())
        let flight = peer.takeOutput()
        var hello = EditableHello(record: records(flight)[0])
        hello.set(.server_certificate_type, [2])
        var rest = Array(try FlightEditor(holder: peer, sender: .server).open(flight).dropFirst())
        #expect(rest[0].type == .certificate)
        rest[0] = rest[0].with(body: wireChain([try identities.rsaServer.publicKeyInfo()]))
        let bytes = rest.flatMap(\.bytes)
        try client.give(hello.record + recordHeader(22, bytes.count) + bytes)
        #expect(client.failure == .illegalParameter(.certificateKeyKind))
    }

    // Revocation lists

    /// Threat "Tickets: resumption never outlives a change of CRLs": nor the list that the server was checked by.
    @Test func noSessionOutlivesAList() throws {
        let list = try identities.factory.listForMeetings("transport", issuer: identities.root, hours: 2)
        let checking = client(asks: false).configured { try? $0.trust.replaceRevocationLists(list.span) }
        let session = try meet(checking.at(0), server.at(0), data: false).session()
        let early = try meet(checking.at(3600), server.at(3600), offering: session, data: false)
        #expect(early.isEstablished && early.isResumed)
        let late = try meet(checking.at(7300), server.at(7300), offering: session, offered: false, data: false)
        guard case .badCertificate(let error) = late.client.failure else {
            Issue.record("accepted: \(String(describing: late.client.failure))")
            return
        }
        #expect(error.reason == .revocationListExpired)
    }
}
