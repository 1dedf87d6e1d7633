// When a session or a ticket is not resumed (threats: "Tickets"; the class of CVE-2025-23419): another name, protocol,
// context or policy, too old, a clock that is not known or has gone back, bytes that were changed. The answer is always a
// full handshake; only a binder without the key ends it.
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct SessionRefusalTests {
    let identities: TestIdentities
    let session: [UInt8]

    init() throws {
        identities = try TestIdentities.get()
        session = try meet(identities.clientSetup.at(0), identities.serverSetup.at(0), data: false).session()
    }

    private var client: PeerSetup { identities.clientSetup.at(0) }
    private var server: PeerSetup { identities.serverSetup.at(0) }

    private func expectFull(
        _ client: PeerSetup, _ server: PeerSetup, tickets: TicketSetup? = TicketSetup(), offered: Bool,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let met = try meet(client, server, tickets: tickets, offering: session, offered: offered, data: false)
        #expect(met.isEstablished && met.isFull, sourceLocation: location)
    }

    @Test func aClientOffersItOnlyAsItGotIt() throws {
        try expectFull(client.configured { $0.serverName = bounded("other.example") }, server, offered: false)
        try expectFull(client.with(protocols: ["h2"]), server, offered: false)
        try expectFull(
            client.configured {
                let der = identities.otherRoot.der
                try? $0.trust.addAnchor(der.span)
            }, server, offered: false)
        try expectFull(
            client.configured { $0.trust.names.append(.dns(bounded("second.example"))) }, server, offered: false)
        try expectFull(client.configured { $0.trust.maximumDepth = 3 }, server, offered: false)
        // What we would show is part of it: a new identity is shown in a full handshake first.
        var renewed = client
        renewed.identities = [[identities.secondServer]]
        try expectFull(renewed, PeerSetup(identities: [[identities.server]]).at(0), offered: false)
    }

    @Test func aVerdictOfTheApplicationsIsAskedForEachTime() throws {
        try expectFull(client.configured { $0.trust.asksForVerdict = true }, server, offered: false)
        let asking = server.configured { $0.trust.asksForVerdict = true }
        try expectFull(client, asking, offered: true)
        #expect(try meet(client, asking, data: false).client.sessions.isEmpty)
    }

    @Test func aServerTakesATicketOnlyUnderItsOwnPolicy() throws {
        try expectFull(client, server, tickets: TicketSetup(context: "other tunnel"), offered: true)
        try expectFull(client, server, tickets: TicketSetup(key: 2), offered: true)
        try expectFull(client, server, tickets: nil, offered: true)
        try expectFull(client, server.configured { $0.clientCertificates = .optional }, offered: true)
        try expectFull(
            client,
            server.configured {
                let der = identities.otherRoot.der
                try? $0.trust.addAnchor(der.span)
            }, offered: true)
    }

    @Test func aTicketWithoutCertificateIsNotTakenWhereOneIsRequired() throws {
        // CVE-2025-23419: the first host asks for none, the second for one.
        let open = PeerSetup(identities: [[identities.server]], anchors: [identities.root]).at(0)
        let ticket = try meet(client, open, data: false).session()
        let met = try meet(client, server, offering: ticket, data: false)
        #expect(met.isFull && met.server.connection.negotiated.peerIsAuthenticated)
    }

    @Test func aTicketOfOneServerNameIsNotTakenByAnother() throws {
        var both = server
        both.identities = [[identities.server], [identities.secondServer]]
        let second = client.configured {
            $0.serverName = bounded("second.example")
            $0.trust.names.append(.dns(bounded("second.example")))
        }
        let ticket = try meet(client, both, data: false).session()
        // A client that does not care where it got it: the ticket is taken over into a session of the other name.
        let own = try meet(second, both, data: false).session()
        let forged = try rebind(own, to: ticket, second)
        let met = try meet(second, both, offering: forged, data: false)
        #expect(met.isEstablished && met.isFull)
    }

    @Test func aTicketOfOneProtocolIsNotTakenForAnother() throws {
        let two = server.with(protocols: ["a", "b"])
        let ticket = try meet(client.with(protocols: ["a"]), two, data: false).session()
        let other = client.with(protocols: ["b"])
        let own = try meet(other, two, data: false).session()
        let forged = try rebind(own, to: ticket, other)
        let met = try meet(other, two, offering: forged, data: false)
        #expect(met.isEstablished && met.isFull)
    }

    /// The ticket and key of one session in another, with a check that is right.
    private func rebind(_ session: [UInt8], to donor: [UInt8], _ setup: PeerSetup) throws -> [UInt8] {
        let head = Limits.sessionKeyOffset - 1
        let body = Array(session[..<head]) + donor[head..<(donor.count - Session.checkBytes)]
        return try checked(body, setup)
    }

    /// A session's bytes with the check that they should have.
    private func checked(_ body: [UInt8], _ setup: PeerSetup) throws -> [UInt8] {
        let peer = try TestPeer(.client, setup)
        let binding = try SessionBinding.client(peer.configuration)
        var check = [UInt8](repeating: 0, count: 32)
        var memory = check.mutableSpan
        try hmac(.sha256, key: binding.bytes, body.span, into: &memory)
        return body + check
    }

    @Test func nothingIsResumedAfterItsTime() throws {
        let day = Int64(TicketKeys.longestLifetime)
        #expect(try meet(client.at(day - 1), server.at(day - 1), offering: session, data: false).isResumed)
        try expectFull(client.at(day), server.at(day), offered: false)
        // The server looks for itself.
        try expectFull(client, server.at(day), offered: true)
        let short = TicketSetup(lifetime: 60)
        let brief = try meet(client, server, tickets: short, data: false).session()
        #expect(try meet(client.at(59), server.at(59), tickets: short, offering: brief, data: false).isResumed)
        #expect(try meet(client, server.at(60), tickets: short, offering: brief, data: false).isFull)
    }

    @Test func aClockThatIsUnknownOrHasGoneBackTellsNothing() throws {
        try expectFull(client.at(-1), server, offered: false)
        try expectFull(client, server.at(-1), offered: true)
        var unknown = client
        unknown.time = .unknown
        unknown = unknown.configured { $0.trust.unknownTime = .floor(testNow()) }
        try expectFull(unknown, server, offered: false)
        #expect(try meet(unknown, server, data: false).client.sessions.isEmpty)
        var unknownServer = server
        unknownServer.time = .unknown
        unknownServer = unknownServer.configured { $0.trust.unknownTime = .floor(testNow()) }
        try expectFull(client, unknownServer, offered: true)
        #expect(try meet(client, unknownServer, data: false).client.sessions.isEmpty)
    }

    @Test func renewalNeverOutlivesTheFullHandshake() throws {
        var latest = session
        let step: Int64 = 10_000
        var time = step
        while time < Int64(TicketKeys.longestLifetime) {
            let met = try meet(client.at(time), server.at(time), offering: latest, data: false)
            #expect(met.isResumed, "\(time)")
            latest = try met.session()
            time += step
        }
        let met = try meet(client.at(time), server.at(time), offering: latest, offered: false, data: false)
        #expect(met.isEstablished && met.isFull)
    }

    @Test func aSessionNeverOutlivesTheLeaf() {
        let peer = PeerRecord(authenticated: 1000, leafNotAfter: 2000)
        #expect(peer.end(lifetime: 86_400) == 2001)
        #expect(peer.end(lifetime: 500) == 1500)
        #expect(PeerRecord(authenticated: .max).end(lifetime: 86_400) == .max)
    }

    @Test func aSessionWithAnyByteChangedIsNotOffered() throws {
        let peer = try TestPeer(.client, client)
        for index in session.indices {
            var changed = session
            changed[index] ^= 1
            #expect(try !peer.connection.offerSession(changed.span, peer.configuration), "\(index)")
        }
        for count in 0..<session.count {
            #expect(try !peer.connection.offerSession(session.span.extracting(0..<count), peer.configuration))
        }
        #expect(try !peer.connection.offerSession((session + [0]).span, peer.configuration))
        #expect(try peer.connection.offerSession(session.span, peer.configuration))
    }

    /// Bytes with a right check but anything else inside: nothing traps.
    @Test func aSessionThatSaysAnythingNeverTraps() throws {
        let body = Array(session.dropLast(Session.checkBytes))
        let values: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]
        for index in body.indices.prefix(Limits.sessionKeyOffset + 40) {
            for value in values {
                var changed = body
                changed[index] = value
                let peer = try TestPeer(.client, client)
                let bytes = try checked(changed, client)
                if try peer.connection.offerSession(bytes.span, peer.configuration) { try peer.run() }
            }
        }
    }

    @Test func aTicketWithAnyByteChangedMeansAFullHandshake() throws {
        let ticketStart = Limits.sessionKeyOffset + 32 + 2
        let body = Array(session.dropLast(Session.checkBytes))
        for index in stride(from: ticketStart, to: body.count, by: 3) {
            var changed = body
            changed[index] ^= 1
            let met = try meet(client, server, offering: try checked(changed, client), data: false)
            #expect(met.isEstablished && met.isFull, "\(index)")
        }
    }

    @Test func aClientWithoutTheKeyIsToldSo() throws {
        var body = Array(session.dropLast(Session.checkBytes))
        body[Limits.sessionKeyOffset] ^= 1
        let met = try meet(client, server, offering: try checked(body, client), data: false)
        #expect(met.server.failure == .peerMisbehaved(.binderInvalid))
        #expect(met.client.failure == .alertReceived(.decrypt_error))
    }

    @Test func callsThatComeTooLateAreMisuse() throws {
        let peer = try TestPeer(.client, client)
        try peer.run()
        #expect(throws: TLSError.misuse(.handshakeUnderWay)) {
            _ = try peer.connection.offerSession(session.span, peer.configuration)
        }
        #expect(throws: TLSError.misuse(.noTicket)) { _ = try peer.takeSession() }
        let other = try TestPeer(.server, server)
        #expect(throws: TLSError.misuse(.handshakeUnderWay)) {
            _ = try other.connection.offerSession(session.span, other.configuration)
        }
    }

    @Test func aSessionThatDoesNotFitNamesTheSizeItNeeds() throws {
        let met = try meet(client, server, data: false)
        let needed = try met.session().count
        var bytes = [UInt8](repeating: 0, count: needed - 1)
        var failure: TLSError?
        do {
            var memory = bytes.mutableSpan
            do throws(TLSError) { _ = try met.client.connection.takeSession(into: &memory) } catch { failure = error }
        }
        #expect(failure == .limitExceeded(.session, capacity: needed - 1, needed: needed))
        #expect(bytes.allSatisfy { $0 == 0 })
    }

    @Test func nothingOfASessionIsLeftBehind() throws {
        let met = try meet(client, server, offering: session, data: false)
        let key = Array(session[Limits.sessionKeyOffset..<(Limits.sessionKeyOffset + 32)])
        for side in [met.client, met.server] {
            #expect(!side.memory.contents.holds(key) && !side.workspace.contents.holds(key))
        }
    }
}
