// Frames that a peer should not send: every kind of them is borne, answered as ISO/IEC 13239 says, and never stops the
// program. Fed to one end by hand.
import Bytes
import LinkSimulation
import Testing

@testable import Transport

/// One end with a peer played by the test.
struct PlayedPeer: ~Copyable {
    var end: LineEnd
    var now: Int64 = 1_000_000
    private var framing: Framing

    init(isBasic: Bool = false) throws {
        var channel = ChannelConfiguration(frame: 64, window: 4)
        channel.isBasic = isBasic
        let end = try LineEnd(LinkConfiguration(baud: 115_200, frame: 128), [channel])
        let framing = try Framing(capacity: 256)
        self.end = end
        self.framing = framing
    }

    /// Sends a frame to the end; answers what it sends.
    @discardableResult
    mutating func send(_ frame: [UInt8]) -> [[UInt8]] {
        let line = framing.encode(frame)
        end.link.receive(line.span, at: now)
        return heard()
    }

    mutating func heard() -> [[UInt8]] {
        now += 100_000
        var piece = [UInt8](repeating: 0, count: 4096)
        var span = piece.mutableSpan
        let count = end.link.transmit(into: &span, at: now)
        return framing.decode(Array(piece.prefix(count)))
    }

    /// XID as our own stations send it.
    static func identification(session: UInt8, echo: UInt8 = 0, response: Bool = false) -> [UInt8] {
        [response ? 1 : 3, 0xbf, 0x82, 0x80, 0, 7, 6, 2, 2, 0, 8, 1, 4]
            + [0xff, 1, 0, 0, 0, 0, 0, 0, 0, session, 0, 0, 0, 0, 0, 0, 0, echo]
    }

    /// Opens the channel from the peer's side.
    mutating func establish() -> Bool {
        end.link.open(0, session: 1, initiates: false, at: now)
        let told = send(Self.identification(session: 2))
        let acknowledged = send([3, 0x7f])
        return told.first?.prefix(2) == [1, 0xbf] && acknowledged == [[1, 0x73]]
            && end.link.nextEvent(0) == .established
    }
}

@Suite struct MalformedFrameTests {
    /// What the standard calls a reason for FRMR, with the bits W, X, Y, Z that tell it.
    @Test(
        arguments: [
            ([3, 0x01, 0x0a], 8),  // RR that acknowledges what was never sent
            ([3, 0x05, 0x0a], 8), ([3, 0x09, 0x0a], 8), ([1, 0x0d, 0x0a], 8),
            ([3, 0x00, 0x0a, 1], 8),  // I likewise
            ([3, 0x01, 0x00, 1], 3),  // RR with information
            ([3, 0x13], 1),  // UI, which is not implemented
            ([3, 0x0b], 1), ([3, 0x11, 0x00], 1),
            ([3, 0x00, 0x00] + [UInt8](repeating: 1, count: 65), 4),  // longer than was agreed
        ] as [([UInt8], UInt8)]) func isRejected(frame: [UInt8], reason: UInt8) throws
    {
        var peer = try PlayedPeer()
        let established = peer.establish()
        let heard = peer.send(frame)
        #expect(established)
        #expect(heard.first?.prefix(2).map { $0 & ~0x10 } == [1, 0x87])
        #expect(heard.first?.last == reason)
        let event = peer.end.link.nextEvent(0)
        #expect(event == .failed(.protocolError))
        // Disconnected mode from now on.
        #expect(peer.send([3, 0x01, 0x01]) == [[1, 0x1f]])
    }

    /// What is merely not understood changes nothing.
    @Test(
        arguments: [
            [3, 0xbf], [3, 0xbf, 0x82], [3, 0xbf, 0x82, 0x80, 0xff, 0xff], [3, 0xbf, 0x81, 0x80, 0, 0],
            [3, 0xbf, 0x82, 0x80, 0, 3, 6, 9, 1], [3, 0xbf, 0x82, 0x80, 0, 3, 8, 1, 0],
            [3, 0xbf, 0x82, 0x80, 0, 4, 6, 2, 0, 0],
            [3, 0x7f, 1], [1, 0x73], [1, 0xbf], [2, 0x53], [3, 0x01], [0xff, 0x53], [7, 0x53], [3, 0x02, 0x00, 9],
        ] as [[UInt8]]) func isIgnored(frame: [UInt8]) throws
    {
        var peer = try PlayedPeer()
        let established = peer.establish()
        peer.send(frame)
        let event = peer.end.link.nextEvent(0)
        #expect(established && event == nil)
        // I frame 0, answered by RR 1.
        #expect(peer.send([3, 0x00, 0x00, 0x41]).contains([1, 0x01, 0x02]) || frame == [3, 0x02, 0x00, 9])
        let read = peer.end.read()
        #expect(read == (frame == [3, 0x02, 0x00, 9] ? [0x41, 9] : [0x41]))
    }

    @Test func aDuplicateIsDeliveredOnce() throws {
        var peer = try PlayedPeer()
        let established = peer.establish()
        for _ in 0..<3 { peer.send([3, 0x00, 0x00, 0x41]) }
        let read = peer.end.read()
        #expect(established && read == [0x41])
    }

    @Test func missingFramesAreAskedForByOneSREJ() throws {
        var peer = try PlayedPeer()
        let established = peer.establish()
        // Frame 3, where 0, 1 and 2 are missing.
        #expect(peer.send([3, 0x06, 0x00, 0x44]).first == [1, 0x0d, 0x00, 0x02, 0x04])
        // With P: the same with F.
        #expect(peer.send([3, 0x01, 0x01]).first == [1, 0x0d, 0x01, 0x02, 0x04])
        for number: UInt8 in 0..<3 { peer.send([3, number << 1, 0x00, 0x41 + number]) }
        let read = peer.end.read()
        #expect(established && read == Array("ABCD".utf8))
    }

    /// SREJ asks for exactly what is sent again.
    @Test func selectedFramesAreSentAgain() throws {
        var peer = try PlayedPeer()
        let established = peer.establish()
        let bytes = pattern(4 * 64)
        let written = peer.end.write(bytes[...])
        let first = peer.heard()
        peer.now += 100_000
        let again = peer.send([1, 0x0d, 0x00, 0x04])
        #expect(established && written == 256 && first.map { $0[1] } == [0, 2, 4, 6])
        #expect(
            again.filter { $0[1] & 1 == 0 }.map { Array($0.dropFirst(3)) }
                == [Array(bytes[0..<64]), Array(bytes[128..<192])])
    }

    @Test func aBusyPeerIsAskedAndNotFlooded() throws {
        var peer = try PlayedPeer()
        let established = peer.establish()
        peer.send([1, 0x05, 0x00])
        _ = peer.end.write([1, 2, 3])
        #expect(peer.heard().allSatisfy { $0[1] & 1 == 1 })
        #expect(peer.send([1, 0x01, 0x00]).contains { $0[1] == 0 && $0.dropFirst(3) == [1, 2, 3] })
        #expect(established)
    }

    /// What a busy peer has lost must wait as well (ISO/IEC 13239 §5.5.2.2).
    @Test func aBusyPeerGetsNothingAgain() throws {
        var peer = try PlayedPeer()
        let established = peer.establish()
        _ = peer.end.write([UInt8](repeating: 7, count: 128)[...])
        #expect(peer.heard().filter { $0[1] & 1 == 0 }.count == 2)
        // RNR with F: neither has arrived.
        #expect(peer.send([1, 0x05, 0x01]).allSatisfy { $0[1] & 1 == 1 })
        #expect(peer.send([1, 0x01, 0x00]).filter { $0[1] & 1 == 0 }.count == 2)
        #expect(established)
    }

    /// The RR that ends the pause could be lost, so it is asked for, long before the idle poll.
    @Test func aBusyPeerIsAskedWhetherItStillIs() throws {
        var peer = try PlayedPeer()
        let established = peer.establish()
        peer.send([1, 0x05, 0x00])
        for _ in 0..<2 {
            peer.now += 1_500_000
            peer.end.link.tick(peer.now)
            #expect(peer.heard() == [[3, 0x01, 0x01]])
            // RNR with F: it still is.
            #expect(peer.send([1, 0x05, 0x01]) == [])
        }
        #expect(established)
    }

    // threats.md, serial link: "DISC or a new session id without close_notify is truncation".
    @Test func anotherSessionIsARestart() throws {
        var peer = try PlayedPeer()
        let established = peer.establish()
        peer.send(PlayedPeer.identification(session: 2))
        let same = peer.end.link.nextEvent(0)
        peer.send(PlayedPeer.identification(session: 3))
        let other = peer.end.link.nextEvent(0)
        #expect(established && same == nil && other == .peerRestarted)
    }

    @Test func setModeAfterDataIsARestart() throws {
        var peer = try PlayedPeer()
        let established = peer.establish()
        // Our UA was lost: the same again.
        #expect(peer.send([3, 0x7f]).first == [1, 0x73])
        peer.send([3, 0x00, 0x00, 0x41])
        #expect(peer.send([3, 0x7f]).first == [1, 0x1f])
        let event = peer.end.link.nextEvent(0)
        #expect(established && event == .peerRestarted)
    }

    @Test func endsAreTold() throws {
        let ends: [([UInt8], LinkEvent)] = [
            ([3, 0x53], .closed), ([1, 0x1f], .failed(.disconnected)), ([1, 0x87, 0, 0, 0, 0, 1], .failed(.rejected)),
        ]
        for (frame, expected) in ends {
            var peer = try PlayedPeer()
            let established = peer.establish()
            peer.send(frame)
            let event = peer.end.link.nextEvent(0)
            #expect(established && event == expected)
        }
        var peer = try PlayedPeer()
        let established = peer.establish()
        _ = peer.end.write([1])
        peer.send([3, 0x53])
        let event = peer.end.link.nextEvent(0)
        #expect(established && event == .failed(.disconnected))
    }

    @Test func nobodyIsHomeOnAClosedOrUnknownChannel() throws {
        var peer = try PlayedPeer()
        for command: [UInt8] in [[3, 0x7f], [3, 0x3f], [3, 0x53], [3, 0x01, 0x01]] {
            #expect(peer.send(command) == [[1, 0x1f]])
        }
        #expect(peer.send([0x0b, 0x7f]) == [[0x09, 0x1f]])
        // Nobody has asked for an answer; and this is none that could be asked for.
        #expect(peer.send([0x0b, 0x00, 0x00, 0x41]) == [])
        #expect(peer.send([0x09, 0x73]) == [])
    }

    /// A station of LAPB: SABM, modulo 8, REJ, no XID.
    @Test func aSmallPeer() throws {
        var peer = try PlayedPeer(isBasic: true)
        peer.end.link.open(0, session: 1, initiates: false, at: peer.now)
        #expect(peer.send([3, 0x3f]) == [[1, 0x73]])
        #expect(peer.send([3, 0x00, 0x41]) == [[1, 0x21]])
        // Frame 2, where 1 is missing: REJ 1, then both.
        #expect(peer.send([3, 0x04, 0x43]).first == [1, 0x29])
        peer.send([3, 0x02, 0x42])
        let read = peer.end.read()
        #expect(read == Array("ABC".utf8))
        // N(R) 5 of nothing sent.
        #expect(peer.send([3, 0xb1]).first == [1, 0x97, 0xb1, 0x60, 0x08])
    }

    /// Every address with every control octet and what follows, at random: nothing traps, and a new opening works.
    @Test func anyFramesAtAll() throws {
        var random = SeededRandom(seed: 99)
        for isBasic in [false, true] {
            var peer = try PlayedPeer(isBasic: isBasic)
            for round in 0..<20_000 {
                if round % 20 == 0 {
                    peer.end.link.open(0, session: 1, initiates: random.below(2) == 0, at: peer.now)
                    if !isBasic {
                        peer.send(PlayedPeer.identification(session: 2, echo: 1, response: random.below(2) == 0))
                    }
                    peer.send([3, isBasic ? 0x3f : 0x7f])
                    _ = peer.end.write(pattern(100)[...])
                }
                var frame: [UInt8] = [[1, 3][random.below(2)], UInt8(random.below(256))]
                for _ in 0..<random.below(8) { frame.append(UInt8(random.below(random.below(2) == 0 ? 16 : 256))) }
                peer.send(frame)
                peer.end.link.tick(peer.now)
                if random.below(3) == 0 { _ = peer.end.read() }
            }
        }
    }
}
