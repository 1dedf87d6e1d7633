// What two sides settle: identities by name, application protocols, certificates of every kind, chains, record sizes.
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct NegotiationTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func run(_ client: PeerSetup, _ server: PeerSetup) throws -> (TestPeer, TestPeer) {
        let a = try TestPeer(.client, client)
        let b = try TestPeer(.server, server)
        try converse(a, b)
        return (a, b)
    }

    private func clientAsking(_ name: String) -> PeerSetup {
        var setup = identities.clientSetup
        setup.configure = {
            $0.serverName = bounded(name)
            $0.trust.names = ReferenceIdentities(.dns(bounded(name)))
        }
        return setup
    }

    private func server(_ configure: @escaping (inout Configuration) -> Void) -> PeerSetup {
        var setup = PeerSetup(
            identities: [[identities.server], [identities.secondServer]], anchors: [identities.root])
        setup.configure = configure
        return setup
    }

    @Test func theIdentityIsChosenByServerName() throws {
        let (client, server) = try run(clientAsking("second.example"), server { _ in })
        #expect(client.isEstablished && server.isEstablished)
        #expect(server.connection.negotiated.identity == 1)
        #expect(server.connection.serverName == bounded("second.example"))
    }

    /// The name decides, whatever the order of the suites and the kinds of keys: in TLS 1.2, where a suite is for one kind of
    /// key, as in TLS 1.3.
    @Test func theIdentityIsChosenByServerNameBeforeTheKindOfKey() throws {
        let rsa = try identities.factory.leaf(
            "rsa-named", key: .rsa2048, issuer: identities.root, names: ["DNS:rsa.example"])
        let server = PeerSetup(identities: [[identities.server], [rsa]], anchors: [identities.root])
        for asking in [clientAsking("rsa.example").only12, clientAsking("rsa.example").only13] {
            for isStrict in [false, true] {
                let (a, b) = try run(asking, server.configured { $0.defaultIdentityForUnknownNames = !isStrict })
                #expect(a.isEstablished && b.isEstablished)
                #expect(b.connection.negotiated.identity == 1)
            }
        }
    }

    @Test func anUnknownNameGetsTheDefaultOrUnrecognizedName() throws {
        let (lenient, _) = try run(clientAsking("third.example"), server { _ in })
        guard case .badCertificate(let error) = lenient.failure else {
            Issue.record("a certificate for another name was accepted")
            return
        }
        #expect(error.reason == .nameMismatch)
        let (client, strict) = try run(
            clientAsking("third.example"), server { $0.defaultIdentityForUnknownNames = false })
        #expect(strict.failure == .peerIncompatible(.unknownServerName))
        #expect(client.failure == .alertReceived(.unrecognized_name))
    }

    private func protocols(_ names: [String]) -> ApplicationProtocols {
        var list = ApplicationProtocols()
        for name in names {
            let bytes = Array(name.utf8)
            let isAppended = list.append(bytes.span)
            #expect(isAppended)
        }
        return list
    }

    @Test func applicationProtocolByTheServersPreference() throws {
        var client = identities.clientSetup
        client.configure = { $0.applicationProtocols = protocols(["a", "b", "c"]) }
        var server = identities.serverSetup
        server.configure = { $0.applicationProtocols = protocols(["c", "b"]) }
        let (a, b) = try run(client, server)
        #expect(a.connection.negotiated.applicationProtocol == 2)
        #expect(b.connection.negotiated.applicationProtocol == 0)
    }

    @Test func alpacaNoCommonProtocolIsFatal() throws {
        var client = identities.clientSetup
        client.configure = { $0.applicationProtocols = protocols(["a"]) }
        var server = identities.serverSetup
        server.configure = { $0.applicationProtocols = protocols(["b"]) }
        let (a, b) = try run(client, server)
        #expect(b.failure == .peerIncompatible(.noCommonApplicationProtocol))
        #expect(a.failure == .alertReceived(.no_application_protocol))
    }

    @Test func alpacaAServerThatIgnoresTheOfferCanBeRefused() throws {
        var client = identities.clientSetup
        client.configure = {
            $0.applicationProtocols = protocols(["a"])
            $0.requiresApplicationProtocol = true
        }
        let (a, _) = try run(client, identities.serverSetup)
        #expect(a.failure == .peerIncompatible(.noCommonApplicationProtocol))
    }

    @Test func certificatesOfEveryKind() throws {
        for leaf in [identities.server, identities.rsaServer, identities.p384Server] {
            let (client, server) = try run(
                identities.clientSetup, PeerSetup(identities: [[leaf]], anchors: [identities.root]))
            #expect(client.isEstablished && server.isEstablished)
        }
    }

    @Test func aKeyThatCannotSignAsTheClientWantsIsNotUsed() throws {
        var client = identities.clientSetup
        client.configure = {
            $0.signatureSchemes.removeAll()
            $0.signatureSchemes.append(.ecdsa_secp384r1_sha384)
        }
        let (a, b) = try run(client, PeerSetup(identities: [[identities.rsaServer]], anchors: [identities.root]))
        #expect(b.failure == .peerIncompatible(.noCommonSignatureScheme))
        #expect(a.failure == .alertReceived(.handshake_failure))
    }

    @Test func aChainOfFour() throws {
        let factory = identities.factory
        let first = try factory.authority("four-1", issuer: identities.root)
        let second = try factory.authority("four-2", issuer: first)
        let leaf = try factory.leaf("four-leaf", issuer: second)
        let (client, server) = try run(
            identities.clientSetup, PeerSetup(identities: [[leaf, second, first, identities.root]]))
        #expect(client.isEstablished && server.isEstablished)
    }

    @Test func aChainOf20KBNeedsAReassemblyOf32KiB() throws {
        let comment = String(repeating: "x", count: 19_000)
        let leaf = try identities.factory.make(
            "large", issuer: identities.root,
            extensions: [
                "basicConstraints=critical,CA:FALSE", "subjectAltName=DNS:localhost", "extendedKeyUsage=serverAuth",
                "nsComment=\(comment)",
            ])
        #expect(leaf.der.count > 19_000)
        let server = PeerSetup(identities: [[leaf]])
        let (refused, _) = try run(identities.clientSetup, server)
        guard case .limitExceeded(.handshakeMessage, capacity: 16384, let needed) = refused.failure else {
            Issue.record("not refused by the limit: \(String(describing: refused.failure))")
            return
        }
        #expect(needed > 19_000)
        var roomy = identities.clientSetup
        roomy.limits = Limits(handshakeMessage: 32768)
        let (client, _) = try run(roomy, server)
        #expect(client.isEstablished)
    }

    @Test(arguments: [512, 1024, 2048, 16384], [512, 2048, 16384])
    func recordsOfAnySizeOnEitherSide(_ ofClient: Int, _ ofServer: Int) throws {
        var client = identities.clientSetup
        client.limits = Limits(inboundFragment: ofClient, outboundFragment: ofClient)
        var server = identities.serverSetup
        server.limits = Limits(inboundFragment: ofServer, outboundFragment: ofServer)
        let (a, b) = try run(client, server)
        #expect(a.isEstablished && b.isEstablished)
        let data = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try send(data, from: a, to: b)
        try send(data, from: b, to: a)
        #expect(b.received == data && a.received == data)
    }

    private func send(_ data: [UInt8], from sender: TestPeer, to receiver: TestPeer) throws {
        var offset = 0
        while offset < data.count {
            offset += try sender.connection.write(data.span.extracting(offset..<data.count))
            try receiver.give(sender.takeOutput())
            #expect(receiver.failure == nil)
            if receiver.failure != nil { return }
        }
    }

    @Test func pinsAloneAndPinsThatDoNotMatch() throws {
        var pinned = PeerSetup()
        let info = try runProgram([
            "sh", "-c",
            "openssl x509 -in \(identities.server.certificatePath) -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary",
        ]).standardOutput
        pinned.configure = {
            var pin = Trust.Pin(repeating: 0)
            for index in 0..<32 { pin[index] = info[index] }
            $0.trust.pins.append(pin)
        }
        let plain = PeerSetup(identities: [[identities.server]])
        #expect(try run(pinned, plain).0.isEstablished)
        #expect(try run(pinned, PeerSetup(identities: [[identities.rsaServer]])).0.failure == .keyNotPinned)
    }

    @Test func theApplicationMayRefuseACertificate() throws {
        var setup = identities.clientSetup
        setup.configure = { $0.trust.asksForVerdict = true }
        let client = try TestPeer(.client, setup)
        let server = try TestPeer(.server, PeerSetup(identities: [[identities.server]]))
        try converse(client, server)
        #expect(client.isEstablished && client.steps.contains(.wantsVerdict))
        let other = try TestPeer(.client, setup)
        other.verdict = false
        let second = try TestPeer(.server, PeerSetup(identities: [[identities.server]]))
        #expect(throws: TLSError.certificateRefused(.certificate_unknown)) { try converse(other, second) }
        try second.give(other.takeOutput())
        #expect(second.failure == .alertReceived(.certificate_unknown))
    }
}
