// A server that takes no early data passes it over, as much as it bears and no more, and only where a client announced it
// (RFC 8446 §4.2.10).
import TestSupport
import Testing

@testable import TLS

@Suite struct RefusedEarlyDataTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// A record that nobody can open.
    private func early(_ count: Int = 100) -> [UInt8] { recordHeader(23, count) + [UInt8](repeating: 7, count: count) }

    /// The setup of a server that asks for another share.
    private var retrying: PeerSetup {
        var setup = identities.serverSetup
        setup.configure = {
            $0.groups.removeAll()
            $0.groups.append(.secp256r1)
        }
        return setup
    }

    private func hello(from client: TestPeer, announces: Bool = true) throws -> [UInt8] {
        try client.run()
        var hello = EditableHello(record: client.takeOutput())
        if announces { hello.set(.early_data, []) }
        return hello.record
    }

    /// A server that has answered a ClientHello.
    private func server(_ setup: PeerSetup, announces: Bool) throws -> TestPeer {
        let server = try TestPeer(.server, setup)
        try server.give(hello(from: try TestPeer(.client, identities.clientSetup), announces: announces))
        _ = server.takeOutput()
        #expect(server.failure == nil)
        return server
    }

    @Test(arguments: [1, 17, 4096]) func theHandshakeGoesOnBehindEarlyData(_ piece: Int) throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        try server.give(client.takeOutput())
        // The editor would break the transcript: what the extension does is done here.
        server.connection.core.reader.expectRefusedEarlyData()
        try client.give(server.takeOutput())
        for part in parts(early(1) + early(16) + early(17) + early(9000) + client.takeOutput(), piece) {
            try server.give(part)
        }
        #expect(server.isEstablished)
        try client.run()
        _ = try client.write("data")
        try server.give(client.takeOutput())
        #expect(server.received == Array("data".utf8))
        // What opens ends it: nothing is passed over any more.
        try server.give(early())
        #expect(server.failure == .peerMisbehaved(.badRecordMAC))
    }

    @Test func aRecordLongerThanOurBufferIsPassedOverToo() throws {
        var setup = identities.serverSetup
        setup.limits = Limits(inboundFragment: 512)
        let server = try server(setup, announces: true)
        try server.give(early(5000) + early(100))
        #expect(server.failure == nil)
    }

    @Test func earlyDataThatNobodyAnnouncedIsNotPassedOver() throws {
        let direct = try server(identities.serverSetup, announces: false)
        try direct.give(early())
        #expect(direct.failure == .peerMisbehaved(.badRecordMAC))
        let retried = try server(retrying, announces: false)
        try retried.give(early())
        #expect(retried.failure == .peerMisbehaved(.unexpectedRecord))
    }

    @Test(arguments: [false, true]) func thereIsABound(_ retries: Bool) throws {
        let setup = retries ? retrying : identities.serverSetup
        let server = try server(setup, announces: true)
        try server.give(early(RecordReader.earlyDataBudget))
        #expect(server.failure == nil)
        let second = try self.server(setup, announces: true)
        try second.give(early(RecordReader.earlyDataBudget - 100))
        try second.give(early(101))
        #expect(second.failure == .peerMisbehaved(.tooMuchRefusedEarlyData))
        #expect(second.failure?.alert == .unexpected_message)
        // Records without content count as well.
        let third = try self.server(setup, announces: true)
        for _ in 0...RecordReader.earlyDataBudget where third.failure == nil { try third.give(early(0)) }
        #expect(third.failure != nil)
    }

    @Test func betweenTheHellosItIsPassedOverAndBehindThemNot() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try TestPeer(.server, retrying)
        try server.give(hello(from: client))
        try server.give(early(50))
        #expect(server.failure == nil)
        try client.give(server.takeOutput())
        try server.give(client.takeOutput())
        _ = server.takeOutput()
        #expect(server.failure == nil)
        try server.give(early())
        #expect(server.failure == .peerMisbehaved(.badRecordMAC))
    }

    @Test func withinAMessageNothingIsPassedOver() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try TestPeer(.server, retrying)
        try server.give(hello(from: client))
        try client.give(server.takeOutput())
        let records = records(client.takeOutput())
        let second = try #require(records.last)
        let half = Array(second[5..<50])
        try server.give(recordHeader(22, half.count) + half + early())
        #expect(server.failure == .peerMisbehaved(.unexpectedRecord))
    }

    @Test func aClientOffersNone() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let hello = EditableHello(record: try hello(from: client, announces: false))
        #expect(!hello.extensions.contains { $0.type == .early_data })
    }
}
