// What a session of TLS 1.2 is bound to (RFC 5077 §5, RFC 7627 §5.3; the class of CVE-2025-23419): whoever would be judged
// otherwise today than in the full handshake does not resume.
import TestSupport
import Testing

@testable import TLS

@Suite struct Session12Tests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private var client: PeerSetup { identities.clientSetup.only12.at(0) }
    private var server: PeerSetup { identities.serverSetup.at(0) }
    private let suite = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

    @Test func aTicketIsBoundToWhatTheServerIs() throws {
        let session = try meet(client, server).session()
        let others: [(PeerSetup, TicketSetup)] = [
            (server, TicketSetup(key: 2)), (server, TicketSetup(context: "another tunnel")),
            (server.configured { $0.trust.maximumDepth = 3 }, TicketSetup()),
            (server.configured { $0.clientCertificates = .optional }, TicketSetup()),
            (server.with(suite: .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384), TicketSetup()),
        ]
        for (other, tickets) in others {
            // The client offers the suite of its session and more.
            let second = try meet(client, other, tickets: tickets, offering: session)
            #expect(second.isEstablished && second.isFull)
        }
        #expect(try meet(client, server, offering: session).isResumed)
    }

    @Test func aSessionIsOfferedOnlyWhereItBelongs() throws {
        let session = try meet(client, server).session()
        let others: [PeerSetup] = [
            client.configured { $0.serverName = bounded("second.example") },
            client.with(protocols: ["h2"]), client.with(suite: .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
            identities.clientSetup.only13.at(0), client.at(90_000), client.at(-60),
        ]
        for other in others {
            let peer = try TestPeer(.client, other)
            #expect(try !peer.connection.offerSession(session.span, peer.configuration))
        }
    }

    /// A session is no reason to stay with the version that gave it.
    @Test func aPairThatKnowsTLS13LeavesTheSessionAside() throws {
        let session = try meet(client, server).session()
        let second = try meet(identities.clientSetup.at(0), server, offering: session)
        #expect(second.isEstablished && second.isFull)
        #expect(second.client.connection.negotiated.version == .tls13)
    }

    @Test func aServerWithoutTicketsMakesAFullHandshake() throws {
        let session = try meet(client, server).session()
        let second = try meet(client, server, tickets: nil, offering: session)
        #expect(second.isEstablished && second.isFull && second.client.sessions.isEmpty)
    }

    /// Resumption ends with the full handshake's day, however often a ticket is renewed.
    @Test func renewalDoesNotProlong() throws {
        var session = try meet(client, server).session()
        for seconds: Int64 in [40_000, 80_000] {
            let next = try meet(client.at(seconds), server.at(seconds), offering: session)
            #expect(next.isResumed)
            session = try next.session()
        }
        let peer = try TestPeer(.client, client.at(86_401))
        #expect(try !peer.connection.offerSession(session.span, peer.configuration))
    }

    /// What the server's answer to an offered session may not say.
    private func failure(
        _ setup: PeerSetup? = nil, _ edit: (inout EditableHello) -> Void
    ) throws -> TLSError? {
        let session = try meet(setup ?? client, server).session()
        let a = try TestPeer(.client, setup ?? client)
        let b = try TestPeer(.server, server)
        try b.enableTickets(TicketSetup())
        #expect(try a.connection.offerSession(session.span, a.configuration))
        try a.run()
        try b.give(a.takeOutput())
        var hello = EditableHello(record: records(b.takeOutput())[0])
        edit(&hello)
        try a.give(hello.record)
        return a.failure
    }

    /// threats.md: "Resume only if the extended-master-secret state is equal".
    @Test func whatAResumingServerHelloMayNotSay() throws {
        #expect(try failure { _ in } == nil)
        #expect(try failure { $0.suites = [0xC0, 0x2C] } == .illegalParameter(.cipherSuiteChanged))
        let unsafe = client.configured { $0.unsafeAllowsMissingExtendedMasterSecret = true }
        let changed = try failure(unsafe) { $0.remove(.extended_master_secret) }
        #expect(changed == .peerMisbehaved(.extendedMasterSecretChanged))
        #expect(changed?.alert == .handshake_failure)
    }

    /// threats.md, the same: RFC 7627 §5.3: a client that has forgotten the extension of its session is not the one that it was given to.
    @Test func aClientHelloMayNotDropTheExtendedMasterSecret() throws {
        let session = try meet(client, server).session()
        let a = try TestPeer(.client, client)
        let b = try TestPeer(
            .server, server.configured { $0.unsafeAllowsMissingExtendedMasterSecret = true })
        try b.enableTickets(TicketSetup())
        #expect(try a.connection.offerSession(session.span, a.configuration))
        try a.run()
        var hello = EditableHello(record: records(a.takeOutput())[0])
        hello.remove(.extended_master_secret)
        try b.give(hello.record)
        #expect(b.failure == .peerMisbehaved(.extendedMasterSecretChanged))
    }

    /// The session of a handshake in which neither side bound the master secret, as with a peer that cannot.
    private func sessionWithoutExtendedMasterSecret() throws -> [UInt8] {
        let a = try TestPeer(.client, client)
        let b = try TestPeer(.server, server)
        try b.enableTickets(TicketSetup())
        try a.run()
        try b.give(a.takeOutput())
        let messages = try FlightEditor(holder: b, sender: .server).open(b.takeOutput())
        for (index, message) in messages.enumerated() {
            // Behind the hellos, and before there is a master secret.
            if index == 1 {
                for peer in [a, b] { peer.connection.core.negotiated.extendedMasterSecret = false }
            }
            try a.give(recordHeader(22, message.bytes.count) + message.bytes)
        }
        try converse(a, b)
        #expect(a.isEstablished && b.isEstablished)
        return try #require(a.sessions.first)
    }

    /// threats.md, the same, the other way round (RFC 7627 §5.3): a session that was not bound is offered only where that is allowed,
    /// and a server to which the client says now that it binds does a full handshake.
    @Test func aSessionThatWasNotBoundIsNotResumedByPeersThatBind() throws {
        let session = try sessionWithoutExtendedMasterSecret()
        #expect(try meet(client, server, offering: session, offered: false).isFull)
        let unsafe = client.configured { $0.unsafeAllowsMissingExtendedMasterSecret = true }
        for other in [server, server.configured { $0.unsafeAllowsMissingExtendedMasterSecret = true }] {
            let met = try meet(unsafe, other, offering: session)
            #expect(met.isEstablished && met.isFull)
            #expect(met.client.connection.negotiated.extendedMasterSecret)
        }
    }

    @Test func theKeyLogHasTheMasterSecretOnce() throws {
        let lines = Lines()
        let setup = client.configured { $0.unsafeKeyLog = { lines.all.append($0) } }
        let met = try meet(setup, server.configured { $0.unsafeKeyLog = { lines.all.append($0) } })
        #expect(lines.all.count == 2 && lines.all[0] == lines.all[1])
        let words = lines.all[0].split(separator: " ")
        #expect(words.count == 3 && words[0] == "CLIENT_RANDOM" && words[1].count == 64 && words[2].count == 96)
        // Nothing is exported from it that is not asked for (RFC 5705).
        #expect(try met.client.exported("EXPORTER-test", nil, 48) != hex(String(words[2])))
    }

    private final class Lines {
        var all: [String] = []
    }
}
