// A server's ticket keys: hourly, for as long as a ticket needs them, in memory alone, wiped (threats: "Tickets").
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct TicketKeysTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    @Test func keysRotateHourlyAndOpenUntilTheLifetimeIsOver() throws {
        let start = testNow()
        let server = try TestPeer(.server, identities.serverSetup)
        try server.enableTickets(TicketSetup(lifetime: 7200, madeAt: start))
        let memory = try #require(server.ticketMemory)
        let first = Array(memory.contents[0..<32])
        try server.configuration.tickets.rotate(at: .known(start + 3599))
        #expect(!memory.contents[32..<64].contains { $0 != 0 })
        try server.configuration.tickets.rotate(at: .known(start + 3600))
        #expect(memory.contents[32..<64].contains { $0 != 0 })
        #expect(memory.contents.holds(first))
        // The first sealed until then, and what it sealed is good for two hours.
        try server.configuration.tickets.rotate(at: .known(start + 3600 + 7199))
        #expect(memory.contents.holds(first))
        try server.configuration.tickets.rotate(at: .known(start + 3600 + 7200))
        #expect(!memory.contents.holds(first))
    }

    @Test func aTicketOutlivesARotationAndNotItsKey() throws {
        let met = try meet(identities.clientSetup, identities.serverSetup, data: false)
        let session = try met.session()
        for (rotations, resumes) in [(1, true), (24, true), (25, false)] {
            let client = try TestPeer(.client, identities.clientSetup)
            let server = try TestPeer(.server, identities.serverSetup)
            try server.enableTickets(TicketSetup())
            for hour in 1...rotations {
                // So late that time alone wipes none: places are what is short.
                try server.configuration.tickets.rotate(at: .known(meetingTime + Int64(hour) * 3600))
            }
            #expect(try client.connection.offerSession(session.span, client.configuration))
            try converse(client, server)
            #expect(client.isEstablished && client.connection.negotiated.resumed == resumes, "\(rotations)")
        }
    }

    /// While the program runs: the key of two rotations ago is gone from memory, and its ticket only costs a full handshake.
    @Test func aTicketOfTwoRotationsAgoMeansAFullHandshakeAndItsKeyIsWiped() throws {
        let setup = TicketSetup(lifetime: 3600)
        let session = try meet(
            identities.clientSetup.at(0), identities.serverSetup.at(0), tickets: setup, data: false
        ).session()
        // A client whose clock stands still, so that it still offers.
        for (hours, resumes) in [(0, true), (1, true), (2, false)] {
            let client = try TestPeer(.client, identities.clientSetup.at(0))
            let server = try TestPeer(.server, identities.serverSetup.at(min(Int64(hours) * 3600, 3599)))
            try server.enableTickets(setup)
            let memory = try #require(server.ticketMemory)
            let first = Array(memory.contents[0..<32])
            for hour in 0..<hours {
                try server.configuration.tickets.rotate(at: .known(meetingTime + Int64(hour + 1) * 3600))
            }
            #expect(memory.contents.holds(first) == resumes)
            #expect(try client.connection.offerSession(session.span, client.configuration))
            try converse(client, server)
            #expect(client.isEstablished && server.isEstablished)
            #expect(server.connection.negotiated.resumed == resumes, "\(hours)")
        }
    }

    @Test func disablingWipes() throws {
        let server = try TestPeer(.server, identities.serverSetup)
        try server.enableTickets(TicketSetup())
        let memory = try #require(server.ticketMemory)
        #expect(memory.contents.contains { $0 != 0 })
        server.configuration.tickets.disable()
        #expect(!memory.contents.contains { $0 != 0 })
        let isEnabled = server.configuration.tickets.isEnabled
        #expect(!isEnabled)
    }

    @Test func withoutMemoryThereAreNoKeys() throws {
        let server = try TestPeer(.server, identities.serverSetup)
        #expect(throws: TLSError.limitExceeded(.memory, capacity: 0, needed: TicketKeys.memoryBytes)) {
            try server.configuration.tickets.enable(at: .known(testNow()))
        }
    }
}
