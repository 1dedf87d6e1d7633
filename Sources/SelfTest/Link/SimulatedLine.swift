// A serial line in memory, in virtual time: true baud both ways, and the same noise in every run. Nothing here looks at a
// clock or a port, so it is the same on every board.
import Bytes
import Transport

/// Two ends of the reliable link and the line between them.
struct SimulatedLine: ~Copyable {
    var client: LinkedEnd
    var server: LinkedEnd
    /// The virtual time, in microseconds.
    private(set) var now: Int64 = 1_000_000
    private var noise = Noise()
    private var pluggedAgainAt: Int64 = 0

    /// What the line carries each way between two looks at it, and how long that takes at `baud`, ten bits a byte.
    private static var bytesAtOnce: Int { 32 }
    private static var stepTime: Int64 { Int64(bytesAtOnce) * 10_000_000 / Int64(baud) }
    static var baud: UInt32 { 115_200 }

    /// Two ends that begin to open their channel.
    init(_ arena: inout Arena) throws(CheckFailure) {
        let client = try LinkedEnd(session: 1, initiates: true, at: now, arena: &arena)
        let server = try LinkedEnd(session: 2, initiates: false, at: now, arena: &arena)
        self.client = client
        self.server = server
    }

    /// Takes the cable out for some time.
    mutating func unplug(microseconds: Int64) { pluggedAgainAt = now + microseconds }

    /// Lets the line carry what fits into one step of time.
    mutating func advance() {
        now += Self.stepTime
        let isPlugged = now >= pluggedAgainAt
        Self.carry(from: &client.link, to: &server.link, &noise, isPlugged: isPlugged, at: now)
        Self.carry(from: &server.link, to: &client.link, &noise, isPlugged: isPlugged, at: now)
        client.link.tick(now)
        server.link.tick(now)
    }

    private static func carry(
        from sender: inout Link, to receiver: inout Link, _ noise: inout Noise, isPlugged: Bool, at now: Int64
    ) {
        var sent = InlineArray<32, UInt8>(repeating: 0)
        var target = sent.mutableSpan
        let count = sender.transmit(into: &target, at: now)
        var arrived = InlineArray<32, UInt8>(repeating: 0)
        var length = 0
        for index in 0..<count {
            switch noise.next() {
            case .dropped: continue
            case .corrupted(let bit): arrived[length] = sent[index] ^ bit
            case .none: arrived[length] = sent[index]
            }
            length += 1
        }
        if isPlugged { receiver.receive(arrived.span.extracting(0..<length), at: now) }
    }
}

/// Decides what becomes of each byte: one in 512 is corrupted and one in 2048 lost, the same ones in every run.
private struct Noise {
    enum Fault {
        case none, dropped
        case corrupted(UInt8)
    }
    /// A generator of 64 bits (xorshift, Marsaglia 2003): far from random, and as irregular as noise has to be.
    private var state: UInt64 = 0x2545_f491_4f6c_dd1d

    mutating func next() -> Fault {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        let draw = state >> 32 & 2047
        if draw == 0 { return .dropped }
        return draw <= 4 ? .corrupted(1 << UInt8(truncatingIfNeeded: state >> 61)) : .none
    }
}
