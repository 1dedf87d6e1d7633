// After the handshake (RFC 8446 §4.6, §5, §6.1): data, closing, key updates, tickets, and what a peer may not do.
import CAllocationCount
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct EstablishedTests {
    let identities: TestIdentities
    let client: TestPeer
    let server: TestPeer

    init() throws {
        identities = try TestIdentities.get()
        client = try TestPeer(.client, identities.clientSetup)
        server = try TestPeer(.server, identities.serverSetup)
        try converse(client, server)
        #expect(client.isEstablished && server.isEstablished)
    }

    @Test func closingOneDirectionLeavesTheOther() throws {
        client.connection.close()
        try converse(client, server)
        #expect(server.lastStep == .peerClosed)
        #expect(try server.write("still here") == 10)
        server.connection.close()
        try converse(client, server)
        #expect(client.received == Array("still here".utf8))
        #expect(client.lastStep == .closed && server.lastStep == .closed)
        client.connection.receiveEndOfStream()
        #expect(client.connection.failure == nil)
    }

    @Test func theApplicationMayEndAConnectionWithAnAlertOfItsOwn() throws {
        client.connection.abort(.internal_error)
        try client.run()
        try converse(client, server)
        #expect(client.failure == .aborted(.internal_error))
        #expect(server.failure == .alertReceived(.internal_error))
    }

    @Test func writingAfterCloseIsMisuse() {
        client.connection.close()
        #expect(throws: TLSError.misuse(.alreadyClosed)) { _ = try client.write("x") }
    }

    @Test func anEndWithoutCloseNotifyIsATruncation() throws {
        server.connection.receiveEndOfStream()
        try server.run()
        #expect(server.failure == .truncated)
    }

    @Test func aRecordThatWasTamperedWithEndsTheConnection() throws {
        _ = try client.write("hello")
        var bytes = client.takeOutput()
        bytes[bytes.count - 1] ^= 1
        try server.give(bytes)
        #expect(server.failure == .peerMisbehaved(.badRecordMAC))
        #expect(server.received.isEmpty)
        try client.give(server.takeOutput())
        #expect(client.failure == .alertReceived(.bad_record_mac))
    }

    @Test func aRecordPlayedTwiceOrOutOfOrderIsRefused() throws {
        _ = try client.write("one")
        let record = client.takeOutput()
        try server.give(record)
        try server.give(record)
        #expect(server.received == Array("one".utf8))
        #expect(server.failure == .peerMisbehaved(.badRecordMAC))
    }

    @Test func changeCipherSpecAfterTheHandshakeIsUnexpected() throws {
        try server.give([20, 3, 3, 0, 1, 1])
        #expect(server.failure == .peerMisbehaved(.unexpectedRecord))
    }

    /// Sends a handshake message from `sender` as if it had composed it after the handshake.
    private func inject(_ bytes: [UInt8], from sender: TestPeer, type: ContentType = .handshake) throws -> [UInt8] {
        try sender.connection.inject(type, bytes)
        return sender.takeOutput()
    }

    @Test func keyUpdateIsFollowedAndAnswered() throws {
        for _ in 0..<3 {
            try client.connection.updateKeys(requestingPeer: true)
            try converse(client, server)
            _ = try client.write("c")
            _ = try server.write("s")
            try converse(client, server)
        }
        #expect(server.received == Array("ccc".utf8) && client.received == Array("sss".utf8))
    }

    @Test func nuisanceKeyUpdatesHaveABudget() throws {
        for _ in 0..<PostHandshake.keyUpdateBudget {
            try client.connection.updateKeys()
            try server.give(client.takeOutput())
        }
        #expect(server.failure == nil)
        try client.connection.updateKeys()
        try server.give(client.takeOutput())
        #expect(server.failure == .peerMisbehaved(.tooManyKeyUpdates))
    }

    @Test func allKeyUpdatesAreAnsweredByOneBeforeTheNextData() throws {
        for _ in 0..<5 {
            // As a client does that does not wait for answers.
            try client.connection.askForKeys()
            try server.give(client.takeOutput())
        }
        // A peer that asks and asks makes us send nothing …
        #expect(server.takeOutput().isEmpty)
        // … until there is data: one KeyUpdate goes before it.
        #expect(try server.write("data") == 4)
        let output = server.takeOutput()
        #expect(records(output).count == 2)
        try client.give(output)
        #expect(client.received == Array("data".utf8))
        #expect(try server.write("more") == 4)
        #expect(records(server.takeOutput()).count == 1)
    }

    @Test func nothingFollowsOurCloseNotAnAnswerToAKeyUpdateEither() throws {
        server.connection.close()
        let close = server.takeOutput()
        try client.connection.askForKeys()
        try server.give(client.takeOutput())
        #expect(server.failure == nil && server.takeOutput().isEmpty)
        try client.give(close)
        #expect(client.lastStep == .peerClosed)
    }

    @Test func aKeyUpdateWithBytesBehindItInTheRecordIsRefused() throws {
        try server.give(inject([24, 0, 0, 1, 0, 24], from: client))
        #expect(server.failure == .peerMisbehaved(.messageAcrossKeyChange))
    }

    @Test func anyOtherHandshakeMessageIsUnexpected() throws {
        try client.give(inject([13, 0, 0, 3, 0, 0, 0], from: server))
        #expect(client.failure == .peerMisbehaved(.unexpectedMessage))
    }

    @Test func aTicketFromAClientIsUnexpected() throws {
        try server.give(inject([4, 0, 0, 14] + ticket, from: client))
        #expect(server.failure == .peerMisbehaved(.unexpectedMessage))
    }

    private var ticket: [UInt8] { [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0, 0] }

    @Test func ticketsArePassedOverAndHaveABudget() throws {
        for _ in 0..<PostHandshake.ticketBudget { try client.give(inject([4, 0, 0, 14] + ticket, from: server)) }
        #expect(client.failure == nil)
        // A ticket that does not fit is passed over too, and data behind it arrives.
        let large: [UInt8] =
            [4, 0, 0x0F, 0xA0 + 13] + ticket[0..<9] + [0x0F, 0xA0] + [UInt8](repeating: 7, count: 4000) + [0, 0]
        try client.give(inject(large, from: server))
        _ = try server.write("data")
        try converse(client, server)
        #expect(client.received == Array("data".utf8))
        try client.give(inject([4, 0, 0, 14] + ticket, from: server))
        #expect(client.failure == .peerMisbehaved(.tooManyTickets))
    }

    @Test func aSignatureThatCannotBeHadEndsTheHandshakeWithAnAlert() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        _ = server.connection.receive(client.takeOutput().span)
        while server.connection.step(server.configuration) != .wantsSignature {}
        server.connection.refuseSignature(.outOfMemory)
        try server.run()
        #expect(server.failure == .cryptoFailed(.outOfMemory))
        try client.give(server.takeOutput())
        #expect(client.failure == .alertReceived(.internal_error))
    }

    /// RFC 9846 §6.2: like every alert but two it ends the connection, whatever its level says.
    @Test(arguments: [1, 2] as [UInt8]) func generalErrorEndsTheConnection(_ level: UInt8) throws {
        try server.give(inject([level, 117], from: client, type: .alert))
        #expect(server.failure == .alertReceived(.general_error))
        #expect(server.takeOutput().isEmpty)
        #expect(AlertDescription.general_error.name.map { "\($0)" } == "general_error")
    }

    @Test func emptyRecordsHaveABudget() throws {
        for _ in 0..<RecordReader.emptyFragmentBudget {
            try server.give(inject([], from: client, type: .application_data))
        }
        #expect(server.failure == nil)
        try server.give(inject([], from: client, type: .application_data))
        #expect(server.failure == .peerMisbehaved(.tooManyEmptyRecords))
    }

    @Test func handshakeBytesNeverComeOutAsData() throws {
        // Two tickets in one record: after the first, the rest of the fragment is still handshake.
        try client.give(inject([4, 0, 0, 14] + ticket + [4, 0, 0, 14] + ticket, from: server))
        #expect(client.failure == nil)
        #expect(client.received.isEmpty)
    }

    @Test func aRecordLongerThanWhatWasAnnouncedIsAnOverflow() throws {
        var setup = identities.clientSetup
        setup.limits = Limits(inboundFragment: 512)
        let small = try TestPeer(.client, setup)
        let peer = try TestPeer(.server, identities.serverSetup)
        try converse(small, peer)
        try small.give(recordHeader(23, 600) + [UInt8](repeating: 0, count: 600))
        #expect(small.failure == .limitExceeded(.inboundFragment, capacity: 512, needed: 583))
        try peer.give(small.takeOutput())
        #expect(peer.failure == .alertReceived(.record_overflow))
    }

    /// With each AEAD, in TLS 1.3 and in TLS 1.2.
    @Test(arguments: [
        CipherSuite.TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_AES_128_CCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    ])
    func aRecordAllocatesNothingMbedTLSIncluded(_ suite: CipherSuite) throws {
        let client = try TestPeer(.client, identities.clientSetup.with(suite: suite))
        let server = try TestPeer(.server, identities.serverSetup)
        try converse(client, server)
        #expect(client.isEstablished && client.connection.negotiated.cipherSuite == suite)
        let data = [UInt8](repeating: 5, count: 1024)
        let round = { () throws -> Void in
            _ = try client.connection.write(data.span)
            server.connection.takeFrom(&client.connection)
            _ = server.connection.step(server.configuration)
            server.connection.consumeApplicationData(2000)
        }
        // A record that allocated would do so in every round; the run-time library does in a round now and then.
        var least = Int.max
        for _ in 0..<8 {
            let before = swl_allocation_count()
            for _ in 0..<20 { try round() }
            least = min(least, swl_allocation_count() - before)
        }
        #expect(least == 0)
    }

    @Test func nothingIsLeftInMemoryWhenTheConnectionEnds() throws {
        let memory = TestMemory(Limits().connectionBytes)
        let workspace = TestMemory(Limits().workspaceBytes)
        do {
            var arena = memory.arena
            var work = workspace.arena
            var connection = try Connection(.client, Limits(), memory: &arena, workspace: &work, time: .unknown)
            for _ in 0..<3 { _ = connection.step(client.configuration) }
            #expect(memory.contents.contains { $0 != 0 })
            #expect(workspace.contents.contains { $0 != 0 })
        }
        #expect(!memory.contents.contains { $0 != 0 })
        #expect(!workspace.contents.contains { $0 != 0 })
    }
}

extension Connection {
    /// Seals bytes of any type as the next record.
    mutating func inject(_ type: ContentType, _ bytes: [UInt8]) throws(TLSError) {
        guard !bytes.isEmpty else { return try core.writer.sealRecord(type, count: 0, isProtected: true) }
        _ = try core.writer.append(type, bytes.span)
        try core.writer.seal()
    }

    /// Asks for a KeyUpdate, whether or not one is outstanding.
    mutating func askForKeys() throws(TLSError) { try PostHandshake.send(.update_requested, &core) }

    /// Takes the other side's output without a copy in between.
    mutating func takeFrom(_ other: inout Connection) {
        let count = receive(other.output)
        other.consumeOutput(count)
    }
}
