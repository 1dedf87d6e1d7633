// A line between two ends of the link, in memory and in virtual time: true baud limit both ways, latency, and faults by
// seed. Nothing here looks at a clock.
import Bytes
import Transport

/// What the line does to bytes. Rates are "one in so many", 0 is never.
package struct LineFaults {
    package var corrupted: Int
    package var dropped: Int
    package var duplicated: Int
    /// Stretches of up to 40 bytes that turn to noise.
    package var bursts: Int
    /// While the cable is out.
    package var unplugged: ClosedRange<Int64>?

    package init(corrupted: Int = 0, dropped: Int = 0, duplicated: Int = 0, bursts: Int = 0) {
        (self.corrupted, self.dropped, self.duplicated, self.bursts) = (corrupted, dropped, duplicated, bursts)
    }
}

/// One direction: a queue of pieces with their time of arrival.
struct Wire {
    private var pieces: [(at: Int64, bytes: [UInt8])] = []
    private var first = 0
    /// When the line can take the next byte.
    var freeAt: Int64 = 0

    var nextArrival: Int64? { first < pieces.count ? pieces[first].at : nil }

    mutating func put(_ bytes: [UInt8], at time: Int64) { pieces.append((time, bytes)) }

    mutating func take(_ now: Int64) -> [UInt8]? {
        guard first < pieces.count, pieces[first].at <= now else { return nil }
        let bytes = pieces[first].bytes
        first += 1
        if first > 1000 {
            pieces.removeFirst(first)
            first = 0
        }
        return bytes
    }
}

/// Two ends and the line.
package struct LineSimulator: ~Copyable {
    package var one: LineEnd
    package var other: LineEnd
    package private(set) var now: Int64 = 1_000_000
    private let baud: Int64
    private let latency: Int64
    package var faults: LineFaults
    private var random: SeededRandom
    private var forth = Wire()
    private var back = Wire()
    private var burst = 0
    /// Makes time-outs late by up to so much, so that they happen in another order.
    package var jitter: Int64 = 0
    /// For so long the device takes bytes before the line can carry them. In microseconds.
    package var ahead: Int64 = 0
    /// A mistake of the link that the line plays.
    private var faulty: FaultyLine?

    package init(
        _ line: LinkConfiguration, _ channels: [ChannelConfiguration] = [ChannelConfiguration()], latency: Int64 = 0,
        faults: LineFaults = LineFaults(), seed: UInt64 = 1, other: [ChannelConfiguration]? = nil
    ) throws(ArenaExhausted) {
        let one = try LineEnd(line, channels)
        let second = try LineEnd(line, other ?? channels)
        self.one = one
        self.other = second
        baud = Int64(line.baud)
        self.latency = latency
        self.faults = faults
        random = SeededRandom(seed: seed)
    }

    /// Plays a mistake of the link from now on.
    package mutating func plant(_ fault: PlantedFault) { faulty = FaultyLine(fault) }

    /// Lets the line work until the next thing happens, or `limit` has come.
    package mutating func step(limit: Int64) {
        send()
        var next = limit
        next = min(next, forth.nextArrival ?? next)
        next = min(next, back.nextArrival ?? next)
        if one.link.hasOutput(at: now) { next = min(next, forth.freeAt - ahead) }
        if other.link.hasOutput(at: now) { next = min(next, back.freeAt - ahead) }
        let late = jitter > 0 ? Int64(random.below(Int(jitter))) : 0
        next = min(next, (one.link.nextDeadline ?? next) + late)
        next = min(next, (other.link.nextDeadline ?? next) + late)
        now = max(now + 1, next)
        if random.below(2) == 0 {
            one.link.tick(now)
            other.link.tick(now)
        } else {
            other.link.tick(now)
            one.link.tick(now)
        }
        while let bytes = forth.take(now) { other.link.receive(bytes.span, at: now) }
        while let bytes = back.take(now) { one.link.receive(bytes.span, at: now) }
    }

    private mutating func send() {
        var piece = [UInt8](repeating: 0, count: 32)
        if forth.freeAt - ahead <= now {
            var span = piece.mutableSpan
            let count = one.link.transmit(into: &span, at: now)
            if count > 0 { carry(Array(piece.prefix(count)), isForth: true) }
        }
        if back.freeAt - ahead <= now {
            var span = piece.mutableSpan
            let count = other.link.transmit(into: &span, at: now)
            if count > 0 { carry(Array(piece.prefix(count)), isForth: false) }
        }
    }

    private mutating func carry(_ bytes: [UInt8], isForth: Bool) {
        var arrived = spoil(bytes)
        let begun = max(isForth ? forth.freeAt : back.freeAt, now - 100)
        let ended = begun + Int64(bytes.count) * 10_000_000 / baud
        if isForth { forth.freeAt = ended } else { back.freeAt = ended }
        if let unplugged = faults.unplugged, unplugged.contains(now) { return }
        if let altered = faulty?.alter(arrived, isForth: isForth) { arrived = altered }
        guard !arrived.isEmpty else { return }
        if isForth { forth.put(arrived, at: ended + latency) } else { back.put(arrived, at: ended + latency) }
    }

    private mutating func spoil(_ bytes: [UInt8]) -> [UInt8] {
        guard faults.corrupted + faults.dropped + faults.duplicated + faults.bursts > 0 else { return bytes }
        var arrived: [UInt8] = []
        arrived.reserveCapacity(bytes.count + 4)
        for byte in bytes {
            if random.once(in: faults.bursts) { burst = random.below(40) }
            if random.once(in: faults.dropped) { continue }
            let isSpoilt = burst > 0 || random.once(in: faults.corrupted)
            burst = max(burst - 1, 0)
            arrived.append(isSpoilt ? byte ^ UInt8(1 << random.below(8)) : byte)
            if random.once(in: faults.duplicated) { arrived.append(byte) }
        }
        return arrived
    }
}
