// OCSP responses stapled to a server's certificate (RFC 6066 §8, RFC 8446 §4.4.2.1): asked for, sent, handed to the caller as they
// are, and refused where they were not asked for or are none. What they say is nobody's business here.
import TestSupport
import Testing

@testable import TLS

@Suite struct OCSPStapleTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    static let versions: [ProtocolVersion] = [.tls13, .tls12]
    private let response = (0..<1700).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private func client(_ version: ProtocolVersion, asks: Bool = true, verdict: Bool = false) -> PeerSetup {
        identities.clientSetup.only(version).configured {
            $0.requestsOCSPStaple = asks
            $0.trust.asksForVerdict = verdict
        }
    }

    private func server(_ version: ProtocolVersion, _ response: [UInt8]) -> PeerSetup {
        var setup = identities.serverSetup.only(version)
        setup.staple = response
        return setup
    }

    @Test(arguments: versions, [true, false]) func aStapleIsHandedOver(_ version: ProtocolVersion, _ verdict: Bool)
        throws
    {
        let met = try meet(client(version, verdict: verdict), server(version, response))
        try #require(met.isEstablished)
        #expect(met.client.connection.copyStaple() == response)
        #expect(met.client.stapleAtVerdict == (verdict ? response : nil))
        #expect(met.server.connection.copyStaple().isEmpty)
        met.client.connection.releaseWorkspace()
        #expect(met.client.connection.copyStaple().isEmpty)
    }

    /// Through the smallest records, and behind a chain of several certificates.
    @Test(arguments: versions) func inSmallRecordsBehindAChain(_ version: ProtocolVersion) throws {
        // The cases run side by side, and the names are those of files.
        let middle = try identities.factory.authority("staple-middle-\(version.rawValue)", issuer: identities.root)
        let leaf = try identities.factory.leaf("staple-leaf-\(version.rawValue)", issuer: middle)
        var setup = server(version, response)
        setup.identities = [[leaf, middle]]
        setup.limits = Limits(inboundFragment: 512, outboundFragment: 512)
        let met = try meet(client(version), setup)
        try #require(met.isEstablished)
        #expect(met.client.connection.copyStaple() == response)
        #expect(met.client.connection.copyPeerLeaf() == leaf.der)
    }

    @Test(arguments: versions) func whereNobodyAsksOrHasOneThereIsNone(_ version: ProtocolVersion) throws {
        for (asks, has) in [(false, true), (true, false), (false, false)] {
            let met = try meet(client(version, asks: asks, verdict: true), server(version, has ? response : []))
            try #require(met.isEstablished)
            #expect(met.client.connection.copyStaple().isEmpty)
            #expect(met.client.stapleAtVerdict == [])
        }
    }

    /// A resumption brings none.
    @Test(arguments: versions) func notInAResumption(_ version: ProtocolVersion) throws {
        let session = try meet(client(version), server(version, response)).session()
        let second = try meet(client(version), server(version, response), offering: session)
        #expect(second.isResumed && second.client.connection.copyStaple().isEmpty)
    }

    /// What the client makes of a server's flight that was changed.
    private func failure(
        _ version: ProtocolVersion, asks: Bool = true, verdict: Bool = false,
        _ edit: (inout [FlightMessage]) throws -> Void
    ) throws -> (failure: TLSError?, client: TestPeer) {
        let client = try TestPeer(.client, client(version, asks: asks, verdict: verdict))
        let peer = try TestPeer(.server, server(version, response))
        try client.run()
        try peer.give(client.takeOutput())
        let editor = FlightEditor(holder: peer, sender: .server)
        var messages = try editor.open(peer.takeOutput())
        try edit(&messages)
        try client.give(try editor.seal(messages))
        return (client.failure, client)
    }

    /// RFC 6066 §8: a server that has announced a CertificateStatus may leave it out; the verdict comes all the same.
    @Test(arguments: [true, false]) func anAnnouncedStatusMayBeMissing(_ verdict: Bool) throws {
        let (failure, client) = try failure(.tls12, verdict: verdict) { messages in
            messages.removeAll { $0.type == .certificate_status_RESERVED }
        }
        // Everything up to our Finished is as it should be.
        #expect(failure == nil)
        #expect(client.steps.contains(.wantsVerdict) == verdict)
        #expect(client.connection.copyStaple().isEmpty && client.connection.copyPeerLeaf() == identities.server.der)
    }

    @Test func aStatusThatWasNotAnnouncedIsUnexpected() throws {
        let (found, _) = try failure(.tls12, asks: false) { messages in
            let place = try #require(messages.firstIndex { $0.type == .certificate })
            let status = FlightMessage(isProtected: false, bytes: [22, 0, 0, 0]).with(body: [1, 0, 0, 1, 0])
            messages.insert(status, at: place + 1)
        }
        #expect(found == .peerMisbehaved(.unexpectedMessage))
    }

    @Test func aStatusThatIsNone() throws {
        for body in [[1, 0, 0, 0], [2, 0, 0, 1, 0], [1, 0, 0, 2, 0], [1, 0, 0, 1, 0, 0], []] as [[UInt8]] {
            let (found, _) = try failure(.tls12) { messages in
                let place = try #require(messages.firstIndex { $0.type == .certificate_status_RESERVED })
                messages[place] = messages[place].with(body: body)
            }
            #expect(found == .malformed(.certificate_status_RESERVED), "\(body)")
        }
        // A second one, or one behind the key exchange.
        let (twice, _) = try failure(.tls12) { messages in
            let place = try #require(messages.firstIndex { $0.type == .certificate_status_RESERVED })
            messages.insert(messages[place], at: place)
        }
        #expect(twice == .peerMisbehaved(.unexpectedMessage))
    }

    /// Bounded: what is kept has the room of the longest handshake message, the certificates included.
    @Test(arguments: versions) func aStapleThatIsTooLong(_ version: ProtocolVersion) throws {
        var setup = client(version)
        setup.limits = Limits(handshakeMessage: 2048)
        let met = try meet(setup, server(version, [UInt8](repeating: 5, count: 3000)))
        guard case .limitExceeded(.handshakeMessage, _, let needed) = met.client.failure else {
            Issue.record("\(met.client.failure.map { "\($0)" } ?? "taken")")
            return
        }
        #expect(needed > 3000)
        #expect(met.server.failure == .alertReceived(.handshake_failure))
    }

    /// RFC 8446 §4.4.2: extensions of a certificate answer what was asked for.
    @Test func extensionsOfACertificate() throws {
        func with(_ extensions: [UInt8], asks: Bool) throws -> TLSError? {
            try failure(.tls13, asks: asks) { messages in
                let place = try #require(messages.firstIndex { $0.type == .certificate })
                let entry = wireChain([identities.server.der]) + [0, UInt8(extensions.count)] + extensions
                messages[place] = messages[place].with(body: [0] + wireChain([entry]))
                messages = Array(messages[...place])
            }.failure
        }
        let staple: [UInt8] = [0, 5, 0, 5, 1, 0, 0, 1, 7]
        #expect(try with(staple, asks: true) == nil)
        #expect(try with(staple, asks: false) == .peerMisbehaved(.unsolicitedExtension))
        #expect(try with([0, 5, 0, 4, 1, 0, 0, 0], asks: true) == .malformed(.certificate))
        #expect(try with([0, 5, 0, 5, 2, 0, 0, 1, 7], asks: true) == .malformed(.certificate))
        #expect(try with([0, 18, 0, 0], asks: true) == .peerMisbehaved(.unsolicitedExtension))
    }

    @Test func whatCanBeStapled() throws {
        let peer = try TestPeer(.server, identities.serverSetup)
        let (one, long) = ([UInt8](repeating: 1, count: 1), [UInt8](repeating: 1, count: 16385))
        let nothing: [UInt8] = []
        for (bytes, identity) in [(nothing, 0), (long, 0), (one, 1), (one, -1)] {
            #expect(throws: TLSError.misuse(.badConfiguration)) {
                try peer.configuration.identities.staple(bytes.span, to: identity)
            }
        }
        try peer.configuration.identities.staple(one.span, to: 0)
        #expect(throws: TLSError.misuse(.badConfiguration)) {
            try peer.configuration.identities.staple(one.span, to: 0)
        }
    }
}
