// Early data in both roles (RFC 8446 §2.3, §4.2.10, §4.5, §8): taken, refused in every way that there is, and never twice.
import Bytes
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct EarlyDataTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private var client: PeerSetup { identities.clientSetup.at(100) }
    private var server: PeerSetup { identities.serverSetup.at(100) }

    /// A client with a session and early data written, and its server.
    private struct Pair {
        let client: TestPeer
        let server: TestPeer
        var first: [UInt8] = []
    }

    private func session(_ client: PeerSetup, _ server: PeerSetup, size: UInt32 = 1000) throws -> [UInt8] {
        let one = try TestPeer(.client, client)
        let other = try TestPeer(.server, server)
        try other.enableTickets(TicketSetup())
        try other.enableEarlyData(size: size)
        try converse(one, other)
        return try #require(one.sessions.first)
    }

    /// A client that has sent its first flight with early data.
    private func start(
        _ client: PeerSetup, _ server: PeerSetup, _ session: [UInt8], _ text: String = "early", enabled: Bool = true,
        began: Int64 = 0
    ) throws -> Pair {
        let one = try TestPeer(.client, client)
        let other = try TestPeer(.server, server)
        try other.enableTickets(TicketSetup())
        if enabled { try other.enableEarlyData(size: 1000, began: began) }
        #expect(try one.connection.offerSession(session.span, one.configuration))
        #expect(try one.connection.offerEarlyData(one.configuration) == 1000)
        #expect(one.connection.earlyDataIsPending == true)
        try one.run()
        let bytes = Array(text.utf8)
        #expect(try one.connection.writeEarlyData(bytes.span) == bytes.count)
        try one.run()
        return Pair(client: one, server: other, first: one.takeOutput())
    }

    private func finish(_ pair: Pair) throws {
        try pair.server.give(pair.first)
        try converse(pair.client, pair.server)
    }

    private func expect(_ pair: Pair, _ outcome: EarlyDataOutcome, early: String = "") {
        #expect(pair.client.isEstablished && pair.server.isEstablished)
        #expect(pair.client.connection.negotiated.earlyData == outcome)
        #expect(pair.server.connection.negotiated.earlyData == outcome)
        #expect(pair.server.early == Array(early.utf8))
    }

    @Test(arguments: [
        CipherSuite.TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
    ])
    func taken(_ suite: CipherSuite) throws {
        let pair = try start(client.with(suite: suite), server, session(client.with(suite: suite), server))
        try finish(pair)
        expect(pair, .accepted, early: "early")
        #expect(pair.client.connection.negotiated.resumed)
        // The connection goes on both ways, and the next session is as good.
        #expect(try pair.client.write("later") == 5)
        #expect(try pair.server.write("answer") == 6)
        try converse(pair.client, pair.server)
        #expect(pair.server.received == Array("later".utf8) && pair.client.received == Array("answer".utf8))
        #expect(try pair.client.connection.writeEarlyData([1].span) == 0)
    }

    @Test func inSinglePieces() throws {
        let pair = try start(client, server, session(client, server))
        for part in parts(pair.first, 1) { try pair.server.give(part) }
        try converse(pair.client, pair.server, piece: 1)
        expect(pair, .accepted, early: "early")
    }

    @Test func aServerMayAnswerBeforeTheClientHasFinished() throws {
        let pair = try start(client, server, session(client, server))
        try pair.server.give(pair.first)
        let flight = pair.server.takeOutput()
        try pair.server.run()
        #expect(pair.server.early == Array("early".utf8) && !pair.server.isEstablished)
        #expect(pair.server.connection.writeCapacity > 0)
        #expect(try pair.server.write("answer") == 6)
        try pair.client.give(flight)
        try converse(pair.client, pair.server)
        #expect(pair.client.received == Array("answer".utf8))
    }

    @Test func withoutMiddleboxCompatibility() throws {
        let plain = client.configured { $0.middleboxCompatibility = false }
        let pair = try start(plain, server, session(plain, server))
        try finish(pair)
        expect(pair, .accepted, early: "early")
    }

    // Refused

    /// threats.md, 0-RTT: off unless it is asked for.
    @Test func byAServerThatTakesNone() throws {
        let pair = try start(client, server, session(client, server), enabled: false)
        try finish(pair)
        expect(pair, .rejected)
        // Written again, it arrives.
        #expect(try pair.client.write("early") == 5)
        try converse(pair.client, pair.server)
        #expect(pair.server.received == Array("early".utf8))
    }

    @Test func byAHelloRetryRequest() throws {
        let pair = try start(client, server.with(groups: [.secp256r1]), session(client, server))
        try finish(pair)
        expect(pair, .rejected)
        #expect(pair.client.connection.negotiated.helloRetryRequest && pair.client.connection.negotiated.resumed)
    }

    @Test func byAFullHandshake() throws {
        let session = try session(client, server)
        let changed = server.configured { $0.clientCertificates = .optional }
        let pair = try start(client, changed, session)
        try finish(pair)
        expect(pair, .rejected)
        #expect(!pair.client.connection.negotiated.resumed)
    }

    @Test func forAnotherSuite() throws {
        let session = try session(client, server)
        let pair = try start(client, server.with(suite: .TLS_CHACHA20_POLY1305_SHA256), session)
        try finish(pair)
        expect(pair, .rejected)
        #expect(pair.client.connection.negotiated.resumed)
    }

    /// threats.md, 0-RTT: "refused for one window after start".
    @Test func theFirstTwentySecondsAfterTheStart() throws {
        let session = try session(client, server)
        for (seconds, outcome) in [(81, EarlyDataOutcome.rejected), (80, .accepted)] {
            let pair = try start(client, server, session, began: Int64(seconds))
            try finish(pair)
            expect(pair, outcome, early: outcome == .accepted ? "early" : "")
        }
    }

    /// §8.3: the client's word about the age must be what the server finds.
    @Test func anAgeThatIsNotRight() throws {
        let session = try session(client, server)
        for (seconds, outcome) in [
            (Int64(10), EarlyDataOutcome.accepted), (11, .rejected), (-10, .accepted), (-11, .rejected),
        ] {
            let pair = try start(client.at(200), server.at(200 + seconds), session)
            try finish(pair)
            expect(pair, outcome, early: outcome == .accepted ? "early" : "")
        }
    }

    /// §8.2: the same flight a second time, to the same server.
    @Test func aReplay() throws {
        let pair = try start(client, server, session(client, server))
        try pair.server.give(pair.first)
        _ = pair.server.takeOutput()
        try pair.server.run()
        #expect(pair.server.early == Array("early".utf8))
        let again = try TestPeer(.server, server)
        try again.enableTickets(TicketSetup())
        again.share(pair.server)
        try again.give(pair.first)
        _ = again.takeOutput()
        try again.run()
        #expect(again.early.isEmpty && again.connection.negotiated.earlyData == .rejected)
        #expect(again.failure == nil)
    }

    // Limits

    @Test func aClientStopsAtWhatTheTicketAllows() throws {
        let pair = try start(client, server, session(client, server), String(repeating: "x", count: 990))
        let more = [UInt8](repeating: 121, count: 100)
        #expect(try pair.client.connection.writeEarlyData(more.span) == 10)
        #expect(try pair.client.connection.writeEarlyData(more.span) == 0)
        try finish(pair)
        expect(pair, .accepted, early: String(repeating: "x", count: 990) + String(repeating: "y", count: 10))
    }

    @Test func aServerEndsWhatIsMore() throws {
        let pair = try start(client, server, session(client, server))
        pair.client.connection.core.earlyData.left = 2000
        let more = [UInt8](repeating: 121, count: 996)
        #expect(try pair.client.connection.writeEarlyData(more.span) == 996)
        try finish(pair)
        #expect(pair.server.failure == .peerMisbehaved(.tooMuchEarlyData))
        #expect(pair.client.failure == .alertReceived(.unexpected_message))
    }

    @Test func nothingIsOfferedWithoutASessionThatAllowsIt() throws {
        let one = try TestPeer(.client, client)
        #expect(try one.connection.offerEarlyData(one.configuration) == 0)
        let plain = try meet(client, server).session()
        #expect(try one.connection.offerSession(plain.span, one.configuration))
        #expect(try one.connection.offerEarlyData(one.configuration) == 0)
        #expect(one.connection.earlyDataIsPending == false)
        try one.run()
        #expect(throws: TLSError.misuse(.handshakeUnderWay)) {
            _ = try one.connection.offerEarlyData(one.configuration)
        }
        #expect(try one.connection.writeEarlyData([1].span) == 0)
    }

    @Test func aTicketIsLargerOnlyWhereEarlyDataIsTaken() throws {
        let bytes = try session(client, server)
        #expect(Session(bytes.span)?.ticket.count == 110 + EarlyTicket.bytes)
        #expect(Session(bytes.span)?.maximumEarlyData == 1000)
    }
}

/// A window with its memory.
private final class TestWindow {
    // In this order: what lies in memory before the memory.
    private var window: ReplayWindow
    private let memory: TestMemory

    init(entries: Int, began: CurrentTime = .known(0)) throws {
        memory = TestMemory(ReplayWindow.memoryBytes(entries: entries))
        window = ReplayWindow(in: try memory.takeAll())
        try window.enable(maximumSize: 1, at: began)
    }

    func admits(_ value: UInt8, expectedAt expected: Int64, now: Int64) -> Bool {
        let binder = [UInt8](repeating: value, count: 32)
        return window.admits(binder: binder.span, expectedAt: expected, now: now)
    }
}

@Suite struct ReplayWindowTests {
    @Test func whatIsFullRefusesUntilSomethingIsForgotten() throws {
        let window = try TestWindow(entries: 2)
        #expect(window.admits(1, expectedAt: 100, now: 100))
        #expect(window.admits(2, expectedAt: 105, now: 100))
        #expect(!window.admits(3, expectedAt: 100, now: 100))
        #expect(!window.admits(1, expectedAt: 100, now: 110))
        // The first is refused by its age from now on, and forgotten.
        #expect(!window.admits(1, expectedAt: 100, now: 111))
        #expect(window.admits(3, expectedAt: 111, now: 111))
    }

    @Test func aClockThatGoesBackTellsNothing() throws {
        let window = try TestWindow(entries: 4)
        #expect(window.admits(1, expectedAt: 100, now: 100))
        #expect(window.admits(2, expectedAt: 500, now: 500))
        #expect(!window.admits(1, expectedAt: 100, now: 100))
        #expect(!window.admits(3, expectedAt: 499, now: 499))
    }

    @Test func timesAtTheEndsOfTheirRangeTrapNothing() throws {
        let window = try TestWindow(entries: 4, began: .known(.max - 5))
        for now in [Int64.min, -1, 0, .max] {
            for expected in [Int64.min, 0, .max] { _ = window.admits(1, expectedAt: expected, now: now) }
        }
    }

    @Test func withoutMemoryOrTimeItIsNotEnabled() throws {
        #expect(throws: TLSError.self) {
            var none = ReplayWindow()
            try none.enable(maximumSize: 1, at: .known(0))
        }
        #expect(throws: TLSError.misuse(.badConfiguration)) { _ = try TestWindow(entries: 1, began: .unknown) }
    }
}
