// KeyUpdate (RFC 8446 §4.6.3, §5.5; RFC 9846 §4.7.3): by itself before the limit of an AEAD, within the bound on their
// number, and never asked for twice at once.
import TestSupport
import Testing

@testable import TLS

@Suite struct KeyUpdateTests {
    let client: TestPeer
    let server: TestPeer

    init() throws {
        let identities = try TestIdentities.get()
        client = try TestPeer(.client, identities.clientSetup)
        server = try TestPeer(.server, identities.serverSetup)
        try converse(client, server)
    }

    @Test func aKeyThatHasProtectedEnoughIsChangedByItself() throws {
        client.connection.core.writer.recordLimit = 3
        for _ in 0..<20 {
            #expect(try client.write("data") == 4)
            try server.give(client.takeOutput())
        }
        #expect(server.received.count == 80)
        // 3 records under the first key; under each later key, too, 3 of data, its KeyUpdate counting for the one before.
        #expect(client.connection.core.writer.protection.updates == 6)
        #expect(server.connection.core.reader.protection.updates == 6)
        #expect(server.connection.core.writer.protection.updates == 0)
    }

    @Test func whatWasSealedWithTheOldKeyLeavesFirst() throws {
        client.connection.core.writer.recordLimit = 1
        #expect(try client.write("one") == 3)
        #expect(client.connection.writeCapacity == 0)
        #expect(try client.write("two") == 0)
        try server.give(client.takeOutput())
        #expect(client.connection.writeCapacity > 0)
        #expect(try client.write("two") == 3)
        try server.give(client.takeOutput())
        #expect(server.received == Array("onetwo".utf8))
    }

    /// Whoever reads as much as `writeCapacity` says must not be left with a rest.
    @Test func theCapacityLeavesRoomForTheKeyUpdate() throws {
        client.connection.core.writer.recordLimit = 1
        _ = try client.write("one")
        try server.give(client.takeOutput())
        let data = [UInt8](repeating: 1, count: client.connection.writeCapacity)
        #expect(data.count > 16000)
        #expect(try client.connection.write(data.span) == data.count)
        try server.give(client.takeOutput())
        #expect(server.received.count == 3 + data.count)
    }

    @Test(arguments: [
        (CipherSuite.TLS_AES_128_GCM_SHA256, 24), (.TLS_AES_256_GCM_SHA384, 24), (.TLS_AES_128_CCM_SHA256, 21),
        (.TLS_CHACHA20_POLY1305_SHA256, 48),
    ])
    func theLimitIsTheAlgorithms(_ suite: CipherSuite, _ bits: Int) throws {
        let identities = try TestIdentities.get()
        var setup = identities.clientSetup
        setup.configure = {
            $0.cipherSuites.removeAll()
            $0.cipherSuites.append(suite)
        }
        let client = try TestPeer(.client, setup)
        try converse(client, try TestPeer(.server, identities.serverSetup))
        #expect(client.connection.core.writer.protection.recordLimit == 1 << UInt64(bits))
    }

    @Test func noSenderChangesItsKeyMoreOftenThanRFC9846Allows() throws {
        #expect(client.connection.core.writer.keyUpdateLimit == (1 << 48) - 1)
        server.connection.core.writer.keyUpdateLimit = 1
        for _ in 0..<3 {
            try client.connection.updateKeys(requestingPeer: true)
            try converse(client, server)
            _ = try server.write("on ")
            try converse(client, server)
        }
        // The second and third request are ignored, and the receiver enforces nothing.
        #expect(server.connection.core.writer.protection.updates == 1)
        #expect(server.connection.core.reader.protection.updates == 3)
        _ = try server.write("still here")
        try converse(client, server)
        #expect(client.received == Array("on on on still here".utf8))
        // What would need a new key is not written.
        server.connection.core.writer.recordLimit = 0
        #expect(throws: TLSError.limitExceeded(.keyUpdates, capacity: .max, needed: .max)) {
            _ = try server.write("no more")
        }
    }

    @Test func thePeerIsNotAskedAgainBeforeItHasAnswered() throws {
        for _ in 0..<3 {
            try client.connection.updateKeys(requestingPeer: true)
            _ = client.takeOutput().count
        }
        #expect(client.connection.core.writer.protection.updates == 3)
        let second = try TestIdentities.get()
        let a = try TestPeer(.client, second.clientSetup)
        let b = try TestPeer(.server, second.serverSetup)
        try converse(a, b)
        try a.connection.updateKeys(requestingPeer: true)
        let first = a.takeOutput()
        try a.connection.updateKeys(requestingPeer: true)
        try b.give(first)
        _ = try b.write("answered")
        #expect(records(b.takeOutput()).count == 2)
        try b.give(a.takeOutput())
        // The second asked for nothing, so no KeyUpdate goes before the data.
        _ = try b.write("not answered")
        #expect(records(b.takeOutput()).count == 1)
        #expect(b.connection.core.reader.protection.updates == 2)
    }
}
