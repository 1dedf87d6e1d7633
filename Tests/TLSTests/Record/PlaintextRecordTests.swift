// Records that a server may get before there are keys (RFC 8446 §5.1, §5, §6, Appendix D.4).
import TestSupport
import Testing

@testable import TLS

@Suite struct PlaintextRecordTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func server() throws -> TestPeer { try TestPeer(.server, identities.serverSetup) }

    private func clientHello() throws -> [UInt8] {
        let client = try TestPeer(.client, identities.clientSetup)
        try client.run()
        return client.takeOutput()
    }

    private func failure(_ bytes: [UInt8]) throws -> TLSError? {
        let server = try server()
        try server.give(bytes)
        return server.failure
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let error: TLSError
    }

    @Test(arguments: [
        Case(
            testDescription: "unknown content type", bytes: [99, 3, 3, 0, 1, 0],
            error: .peerMisbehaved(.unexpectedRecord)),
        Case(
            testDescription: "text", bytes: Array("GET / HTTP/1.0\r\n\r\n".utf8),
            error: .peerMisbehaved(.recordVersion)),
        Case(testDescription: "major version", bytes: [22, 2, 0, 0, 1, 0], error: .peerMisbehaved(.recordVersion)),
        Case(testDescription: "too long", bytes: [22, 3, 1, 0x40, 1], error: .peerMisbehaved(.recordOverflow)),
        Case(
            testDescription: "empty fragment", bytes: [22, 3, 1, 0, 0], error: .peerMisbehaved(.emptyHandshakeFragment)),
        Case(
            testDescription: "data without keys", bytes: [23, 3, 3, 0, 1, 0], error: .peerMisbehaved(.unexpectedRecord)),
        Case(
            testDescription: "bad CCS", bytes: [20, 3, 3, 0, 1, 2], error: .peerMisbehaved(.changeCipherSpecMalformed)),
        Case(
            testDescription: "long CCS", bytes: [20, 3, 3, 0, 2, 1, 1],
            error: .peerMisbehaved(.changeCipherSpecMalformed)),
        Case(testDescription: "short alert", bytes: [21, 3, 3, 0, 1, 2], error: .peerMisbehaved(.alertMalformed)),
        Case(
            testDescription: "fatal alert", bytes: [21, 3, 3, 0, 2, 2, 40], error: .alertReceived(.handshake_failure)),
        Case(
            testDescription: "close_notify in the handshake", bytes: [21, 3, 3, 0, 2, 1, 0],
            error: .alertReceived(.close_notify)),
        Case(
            testDescription: "a message of another type", bytes: [22, 3, 3, 0, 4, 20, 0, 0, 0],
            error: .peerMisbehaved(.unexpectedMessage)),
        Case(
            testDescription: "a message larger than the limit", bytes: [22, 3, 3, 0, 4, 1, 0xFF, 0xFF, 0xFF],
            error: .limitExceeded(.handshakeMessage, capacity: 16384, needed: 0xFFFFFF + 4)),
    ])
    func refused(_ row: Case) throws {
        #expect(try failure(row.bytes) == row.error)
    }

    @Test func nuisanceChangeCipherSpecsHaveABudget() throws {
        let one: [UInt8] = [20, 3, 3, 0, 1, 1]
        let budget = ConnectionCore.changeCipherSpecBudget
        #expect(try failure((0..<budget).flatMap { _ in one }) == nil)
        #expect(try failure((0...budget).flatMap { _ in one }) == .peerMisbehaved(.tooManyChangeCipherSpecs))
    }

    @Test func nuisanceWarningsHaveABudget() throws {
        let one: [UInt8] = [21, 3, 3, 0, 2, 1, 90]
        let budget = ConnectionCore.warningBudget
        #expect(try failure((0..<budget).flatMap { _ in one }) == nil)
        #expect(try failure((0...budget).flatMap { _ in one }) == .peerMisbehaved(.tooManyWarnings))
    }

    @Test func nothingMayComeBetweenTheFragmentsOfAMessage() throws {
        let hello = try clientHello()
        let fragment = [22, 3, 1, 0, 10] + hello[5..<15]
        #expect(try failure(fragment + [20, 3, 3, 0, 1, 1]) == .peerMisbehaved(.interleavedRecords))
        #expect(try failure(fragment + [21, 3, 3, 0, 2, 1, 90]) == .peerMisbehaved(.interleavedRecords))
    }

    @Test func aHelloSpreadOverRecordsOfOneByteIsTaken() throws {
        let hello = try clientHello()
        let server = try server()
        for byte in hello[5...] { try server.give([22, 3, 1, 0, 1, byte]) }
        #expect(server.failure == nil)
        #expect(!server.takeOutput().isEmpty)
    }

    @Test func nuisanceRecordsOfOneByteHaveABudget() throws {
        let server = try server()
        try server.give([22, 3, 1, 0, 4, 1, 0, 0x3F, 0])
        for _ in 1..<RecordReader.smallFragmentBudget { try server.give([22, 3, 1, 0, 1, 0]) }
        #expect(server.failure == nil)
        try server.give([22, 3, 1, 0, 1, 0])
        #expect(server.failure == .peerMisbehaved(.tooManySmallFragments))
    }

    @Test func aPlaintextRecordLargerThanTheBufferIsTakenInPieces() throws {
        var setup = identities.serverSetup
        setup.limits = Limits(inboundFragment: 512, outboundFragment: 512)
        let server = try TestPeer(.server, setup)
        // A message of an unknown size that fits the reassembly but not the record buffer: refused as a ClientHello that
        // does not parse, not as a record.
        try server.give(recordHeader(22, 6000) + [1, 0, 0x17, 0x6C] + [UInt8](repeating: 0, count: 5996))
        #expect(server.failure == .malformed(.client_hello))
    }

    @Test func bytesBehindTheClientHelloInItsRecordStraddleTheKeyChange() throws {
        var hello = try clientHello()
        hello += [20, 0, 0, 0]
        let length = hello.count - 5
        hello[3] = UInt8(length >> 8)
        hello[4] = UInt8(length & 255)
        #expect(try failure(hello) == .peerMisbehaved(.messageAcrossKeyChange))
    }

    @Test func theEndOfTheTransportIsATruncation() throws {
        let server = try server()
        server.connection.receiveEndOfStream()
        try server.run()
        #expect(server.failure == .truncated)
    }
}
