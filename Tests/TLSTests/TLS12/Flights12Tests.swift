// Where TLS 1.2's flights and records end: nothing of a message crosses the end of a flight, nothing but Finished stands
// behind a change_cipher_spec (RFC 5246 §7.1, §7.3, §7.4.5), and what carries nothing has one budget, in whatever order it
// comes.
import TestSupport
import Testing

@testable import TLS

@Suite struct Flights12Tests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func pair() throws -> (client: TestPeer, server: TestPeer) {
        (
            try TestPeer(.client, identities.clientSetup.only12), try TestPeer(.server, identities.serverSetup)
        )
    }

    /// ServerHelloDone ends the server's flight: a message that begins in its record would end behind ours.
    @Test func aMessageAcrossTheEndOfAFlightIsRefused() throws {
        let (client, server) = try pair()
        try client.run()
        try server.give(client.takeOutput())
        let editor = FlightEditor(holder: server, sender: .server)
        let messages = try editor.open(server.takeOutput())
        try client.give(try editor.seal(messages.dropLast()))
        #expect(client.failure == nil)
        let done = try #require(messages.last)
        #expect(done.type == .server_hello_done_RESERVED)
        let straddling = done.bytes + [HandshakeType.new_session_ticket.rawValue]
        try client.give(recordHeader(22, straddling.count) + straddling)
        #expect(client.failure == .peerMisbehaved(.messageAcrossKeyChange))
        #expect(client.failure?.alert == .unexpected_message)
    }

    /// Application data, be it empty, has no place before the handshake is over.
    @Test(arguments: [[], [1, 2, 3]] as [[UInt8]])
    func applicationDataBehindAChangeCipherSpecIsRefused(_ data: [UInt8]) throws {
        let (client, server) = try pair()
        try client.run()
        try server.give(client.takeOutput())
        try client.give(server.takeOutput())
        let editor = FlightEditor(holder: client, sender: .client)
        let messages = try editor.open(client.takeOutput())
        #expect(messages.last?.isProtected == true)
        try server.give(try editor.seal(messages.dropLast()))
        #expect(server.failure == nil)
        try server.give(try editor.firstRecord12(.application_data, data))
        #expect(server.failure == .peerMisbehaved(.unexpectedRecord))
        #expect(server.failure?.alert == .unexpected_message)
    }

    /// A warning between empty records does not begin the count anew, and the other way round.
    @Test func emptyRecordsAndWarningsInTurnHaveTheirBudgets() throws {
        for (empty, warnings, failure) in [
            (RecordReader.emptyFragmentBudget, 4, nil), (33, 4, Misbehaviour.tooManyEmptyRecords),
            (32, 5, .tooManyWarnings),
        ] {
            let (client, server) = try pair()
            try converse(client, server)
            for count in 1...33 {
                if count <= empty {
                    try server.connection.core.writer.sealRecord(.application_data, count: 0, isProtected: true)
                }
                if count <= warnings { try server.send(.alert, [AlertLevel.warning.rawValue, 112]) }
                try client.give(server.takeOutput())
            }
            #expect(client.failure == failure.map { .peerMisbehaved($0) })
        }
    }

    /// What carries something begins the count anew.
    @Test func dataBetweenEmptyRecordsRenewsTheBudget() throws {
        let (client, server) = try pair()
        try converse(client, server)
        for count in 1...100 {
            try server.connection.core.writer.sealRecord(.application_data, count: 0, isProtected: true)
            if count % 20 == 0 { _ = try server.write("x") }
            try client.give(server.takeOutput())
        }
        #expect(client.failure == nil)
        #expect(client.received.count == 5)
    }
}
