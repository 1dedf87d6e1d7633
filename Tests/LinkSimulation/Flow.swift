// Bytes that go one way over a simulated line and are checked as they arrive, and what comes of them.
import Bytes
import Transport

/// A flow of bytes one way, checked as it arrives.
package struct Flow {
    private var sent: SeededRandom
    private var expected: SeededRandom
    private var pending: [UInt8] = []
    package private(set) var written = 0
    package private(set) var read = 0
    package private(set) var wrong = 0
    package var limit = Int.max

    package init(seed: UInt64) { (sent, expected) = (SeededRandom(seed: seed), SeededRandom(seed: seed)) }

    package mutating func feed(_ end: inout LineEnd, _ channel: Int = 0) {
        while written < limit {
            if pending.isEmpty {
                pending = (0..<min(512, limit - written)).map { _ in UInt8(truncatingIfNeeded: sent.next()) }
            }
            let count = end.write(pending[...], channel)
            pending.removeFirst(count)
            written += count
            if count == 0 || !pending.isEmpty { return }
        }
    }

    package mutating func drain(_ end: inout LineEnd, _ channel: Int = 0, limit: Int = 4096) {
        for byte in end.read(channel, limit: limit) {
            if byte != UInt8(truncatingIfNeeded: expected.next()) { wrong += 1 }
            read += 1
        }
    }
}

/// What came of two flows, one each way.
package struct Goodput {
    /// The payload of TLS records of 1 KiB, in thousandths of what the line could carry.
    package var forth: Int
    package var back: Int
    /// Bytes that were not those sent.
    package var wrong: Int

    package init(forth: Int = 0, back: Int = 0, wrong: Int = 0) {
        (self.forth, self.back, self.wrong) = (forth, back, wrong)
    }

    package var poorer: Int { min(forth, back) }
}

extension LineSimulator {
    /// Opens channel 0 of both ends; answers whether both are established within `seconds`.
    package mutating func establish(both: Bool = true, seconds: Int64 = 10) -> Bool {
        one.link.open(0, session: 11, at: now)
        other.link.open(0, session: 22, initiates: both, at: now)
        let limit = now + seconds * 1_000_000
        var (first, second) = (false, false)
        while now < limit, !(first && second) {
            step(limit: limit)
            if one.link.nextEvent(0) == .established { first = true }
            if other.link.nextEvent(0) == .established { second = true }
        }
        return first && second
    }

    /// Both directions full for `seconds`.
    package mutating func goodput(seconds: Int64, baud: Int) -> Goodput {
        var (forth, back) = (Flow(seed: 5), Flow(seed: 6))
        let limit = now + seconds * 1_000_000
        while now < limit {
            forth.feed(&one)
            back.feed(&other)
            step(limit: limit)
            forth.drain(&other)
            back.drain(&one)
        }
        // A record has 22 bytes around its payload: header, content type, tag (RFC 8446 §5.2).
        let line = Int64(baud) / 10 * seconds * 1046
        func share(_ bytes: Int) -> Int { Int(truncatingIfNeeded: Int64(bytes) * 1024 * 1000 / line) }
        return Goodput(forth: share(forth.read), back: share(back.read), wrong: forth.wrong + back.wrong)
    }

    /// `count` bytes each way; answers whether all of them arrived in order within `seconds`.
    package mutating func exchange(_ count: Int, seconds: Int64) -> Bool {
        var (forth, back) = (Flow(seed: 7), Flow(seed: 8))
        (forth.limit, back.limit) = (count, count)
        let limit = now + seconds * 1_000_000
        while now < limit, forth.read < count || back.read < count {
            forth.feed(&one)
            back.feed(&other)
            step(limit: limit)
            forth.drain(&other)
            back.drain(&one)
        }
        return forth.read == count && back.read == count && forth.wrong + back.wrong == 0
    }
}
