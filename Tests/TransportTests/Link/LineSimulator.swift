// A line between two ends of the link, in memory and in virtual time: true baud limit both ways, latency, and faults by
// seed. Nothing here looks at a clock.
import Bytes

@testable import Transport

/// What the line does to bytes. Rates are "one in so many", 0 is never.
struct LineFaults {
    var corrupted = 0
    var dropped = 0
    var duplicated = 0
    /// Stretches of up to 40 bytes that turn to noise.
    var bursts = 0
    /// While the cable is out.
    var unplugged: ClosedRange<Int64>?
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
        defer {
            first += 1
            if first > 1000 {
                pieces.removeFirst(first)
                first = 0
            }
        }
        return pieces[first].bytes
    }
}

/// An end of the link with the memory it lives in.
struct LineEnd: ~Copyable {
    var link: Link
    private let memory: TestArena

    init(_ line: LinkConfiguration, _ channels: [ChannelConfiguration]) throws {
        let memory = TestArena(channels.reduce(line.memoryBytes) { $0 + $1.memoryBytes })
        var link = try Link(line, memory: &memory.arena)
        for channel in channels { _ = try link.addChannel(channel, memory: &memory.arena) }
        self.link = link
        self.memory = memory
    }

    mutating func write(_ bytes: ArraySlice<UInt8>, _ channel: Int = 0) -> Int {
        let copy = Array(bytes)
        return link.write(copy.span, to: channel)
    }

    mutating func read(_ channel: Int = 0, limit: Int = 4096) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: limit)
        var span = piece.mutableSpan
        let count = link.read(channel, into: &span)
        return Array(piece.prefix(count))
    }
}

/// Two ends and the line.
struct LineSimulator: ~Copyable {
    var one: LineEnd
    var other: LineEnd
    private(set) var now: Int64 = 1_000_000
    private let baud: Int64
    private let latency: Int64
    var faults: LineFaults
    private var random: SeededRandom
    private var forth = Wire()
    private var back = Wire()
    private var burst = 0
    /// Makes time-outs late by up to so much, so that they happen in another order.
    var jitter: Int64 = 0

    init(
        _ line: LinkConfiguration, _ channels: [ChannelConfiguration] = [ChannelConfiguration()], latency: Int64 = 0,
        faults: LineFaults = LineFaults(), seed: UInt64 = 1, other: [ChannelConfiguration]? = nil
    ) throws {
        let one = try LineEnd(line, channels)
        let second = try LineEnd(line, other ?? channels)
        self.one = one
        self.other = second
        baud = Int64(line.baud)
        self.latency = latency
        self.faults = faults
        random = SeededRandom(seed: seed)
    }

    /// Lets the line work until the next thing happens, or `limit` has come.
    mutating func step(limit: Int64) {
        send()
        var next = limit
        for arrival in [forth.nextArrival, back.nextArrival] { next = min(next, arrival ?? next) }
        if one.link.hasOutput(at: now) { next = min(next, forth.freeAt) }
        if other.link.hasOutput(at: now) { next = min(next, back.freeAt) }
        let late = jitter > 0 ? Int64(random.below(Int(jitter))) : 0
        for deadline in [one.link.nextDeadline, other.link.nextDeadline] {
            next = min(next, (deadline ?? next) + late)
        }
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
        if forth.freeAt <= now {
            var span = piece.mutableSpan
            let count = one.link.transmit(into: &span, at: now)
            if count > 0 { carry(Array(piece.prefix(count)), isForth: true) }
        }
        if back.freeAt <= now {
            var span = piece.mutableSpan
            let count = other.link.transmit(into: &span, at: now)
            if count > 0 { carry(Array(piece.prefix(count)), isForth: false) }
        }
    }

    private mutating func carry(_ bytes: [UInt8], isForth: Bool) {
        let arrived = spoil(bytes)
        let begun = max(isForth ? forth.freeAt : back.freeAt, now - 100)
        let ended = begun + Int64(bytes.count) * 10_000_000 / baud
        if isForth { forth.freeAt = ended } else { back.freeAt = ended }
        if let unplugged = faults.unplugged, unplugged.contains(now) { return }
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
