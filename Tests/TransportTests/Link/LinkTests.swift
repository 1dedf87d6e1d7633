// The reliable link over a simulated line: what arrives, how fast, and what is told where it cannot arrive. Tests/LinkProperties
// does the same at random over a million frames.
import Bytes
import LinkSimulation
import Testing

@testable import Transport

extension LineSimulator {
    /// Goes on until an end of channel 0 is told at `one`, or `seconds` have passed.
    mutating func endOfOne(seconds: Int64) -> LinkEvent? {
        let limit = now + seconds * 1_000_000
        while now < limit {
            step(limit: limit)
            if let event = one.link.nextEvent(0), event != .established { return event }
        }
        return nil
    }
}

@Suite struct LinkGoodputTests {
    private func share(_ baud: Int, latency: Int64 = 0, faults: LineFaults, seed: UInt64, window: Int = 16) throws
        -> Double
    {
        let channel = ChannelConfiguration(window: window)
        var line = try LineSimulator(
            LinkConfiguration(baud: UInt32(baud)), [channel], latency: latency, faults: faults, seed: seed)
        let established = line.establish()
        #expect(established)
        let result = line.goodput(seconds: baud > 500_000 ? 4 : 15, baud: baud)
        #expect(result.wrong == 0)
        return Double(result.poorer) / 1000
    }

    @Test func clean() throws {
        let share = try share(115_200, faults: LineFaults(), seed: 1)
        #expect(share >= 0.92)
    }

    @Test func oneInTenThousandCorrupted() throws {
        let shares = try (1...3).map { try share(115_200, faults: LineFaults(corrupted: 10_000), seed: $0) }.sorted()
        #expect(shares[1] >= 0.85)
    }

    @Test func oneInThousandCorruptedAndSomeLost() throws {
        let faults = LineFaults(corrupted: 1000, dropped: 10_000)
        let shares = try (1...3).map { try share(115_200, faults: faults, seed: $0) }.sorted()
        #expect(shares[1] >= 0.65)
    }

    @Test func fastWithALongRoundTrip() throws {
        let share = try share(921_600, latency: 16_000, faults: LineFaults(), seed: 1)
        #expect(share >= 0.88)
    }
}

@Suite struct LinkTests {
    @Test func aChannelFitsInto12KB() {
        #expect(ChannelConfiguration(frame: 256, window: 16).memoryBytes <= 12 * 1024)
    }

    @Test(arguments: [true, false]) func bytesArriveBothWays(both: Bool) throws {
        var line = try LineSimulator(LinkConfiguration(baud: 115_200))
        let established = line.establish(both: both)
        #expect(established)
        let arrived = line.exchange(20_000, seconds: 10)
        #expect(arrived)
    }

    /// Random schedules: all bytes in order, or a failure that is told.
    @Test(arguments: 1...24) func everythingArrivesInOrderOrFailureIsTold(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &* 977)
        let rates = [0, 0, 200, 500, 1000, 5000]
        let faults = LineFaults(
            corrupted: rates[random.below(6)], dropped: rates[random.below(6)], duplicated: rates[random.below(6)],
            bursts: rates[random.below(6)] * 2)
        var configuration = LinkConfiguration(baud: [9600, 115_200, 921_600][random.below(3)])
        if random.below(3) == 0 { configuration.characterMap = LinkConfiguration.xonxoff }
        let mine = ChannelConfiguration(frame: 16 + random.below(240), window: 1 + random.below(32))
        let theirs = ChannelConfiguration(frame: 16 + random.below(240), window: 1 + random.below(32))
        var line = try LineSimulator(
            configuration, [mine], latency: Int64(random.below(50_000)), faults: faults, seed: seed, other: [theirs])
        line.jitter = Int64(random.below(30_000))
        let established = line.establish(both: random.below(2) == 0, seconds: 60)
        let arrived = line.exchange(4000, seconds: 300)
        #expect(established && arrived, "\(faults) \(mine) \(theirs)")
    }

    /// What is written before the peer has told how long a frame it takes must fit all the same.
    @Test func thePeersFramesAreShorter() throws {
        var line = try LineSimulator(
            LinkConfiguration(baud: 115_200), [ChannelConfiguration(frame: 256)],
            other: [ChannelConfiguration(frame: 64)])
        line.one.link.open(0, session: 11, at: line.now)
        let early = line.one.write(pattern(1000)[...])
        let established = line.establish()
        let arrived = line.exchange(5000, seconds: 10)
        #expect(early == 0 && established && arrived)
    }

    @Test func tenFramesOfAHundredLost() throws {
        // A frame of 266 bytes is lost with 10 % at one byte in 2530.
        var line = try LineSimulator(LinkConfiguration(baud: 115_200), faults: LineFaults(corrupted: 2530), seed: 9)
        let established = line.establish()
        let arrived = line.exchange(50_000, seconds: 60)
        #expect(established && arrived)
    }

    @Test func fiveSecondsUnplugged() throws {
        var line = try LineSimulator(LinkConfiguration(baud: 115_200))
        let established = line.establish()
        line.faults.unplugged = (line.now + 500_000)...(line.now + 5_500_000)
        let arrived = line.exchange(60_000, seconds: 20)
        #expect(established && arrived)
    }

    @Test func aPeerThatIsGoneIsGivenUp() throws {
        var line = try LineSimulator(LinkConfiguration(baud: 115_200))
        let established = line.establish()
        line.faults.unplugged = line.now...(line.now + 100_000_000)
        let event = line.endOfOne(seconds: 60)
        #expect(established && event == .failed(.noAnswer))
    }

    // threats.md, serial link: "DISC or a new session id without close_notify is truncation, never a clean end of data".
    @Test func aRestartOfThePeerIsNoticed() throws {
        var line = try LineSimulator(LinkConfiguration(baud: 115_200))
        let established = line.establish()
        let arrived = line.exchange(3000, seconds: 10)
        line.other = try LineEnd(LinkConfiguration(baud: 115_200), [ChannelConfiguration()])
        line.other.link.open(0, session: 33, at: line.now)
        let event = line.endOfOne(seconds: 10)
        #expect(established && arrived && event == .peerRestarted)
        line.one.link.open(0, session: 44, at: line.now)
        let limit = line.now + 10_000_000
        var again = false
        while line.now < limit, !again {
            line.step(limit: limit)
            again = line.one.link.nextEvent(0) == .established
        }
        let after = line.exchange(3000, seconds: 10)
        #expect(again && after)
    }

    @Test func aPeerThatForgotAndWaitsIsNoticed() throws {
        var line = try LineSimulator(LinkConfiguration(baud: 115_200))
        let established = line.establish()
        line.other = try LineEnd(LinkConfiguration(baud: 115_200), [ChannelConfiguration()])
        let event = line.endOfOne(seconds: 30)
        #expect(established && event == .failed(.disconnected))
    }

    @Test func finishDeliversEverythingFirst() throws {
        var line = try LineSimulator(LinkConfiguration(baud: 115_200), faults: LineFaults(corrupted: 1000), seed: 3)
        let established = line.establish()
        let sent = pattern(3000)
        let count = line.one.write(sent[...])
        line.one.link.finish(0, at: line.now)
        let event = line.endOfOne(seconds: 20)
        let received = line.other.read()
        let told = line.other.link.nextEvent(0)
        #expect(established && event == .closed && told == .closed)
        #expect(count == 3000 && received == sent)
    }

    @Test func aSlowReaderLosesNothing() throws {
        var line = try LineSimulator(LinkConfiguration(baud: 115_200))
        let established = line.establish()
        var flow = Flow(seed: 3)
        flow.limit = 30_000
        let limit = line.now + 60_000_000
        var nextRead = line.now
        while line.now < limit, flow.read < flow.limit {
            flow.feed(&line.one)
            line.step(limit: min(limit, nextRead))
            if line.now >= nextRead {
                flow.drain(&line.other, limit: 700)
                nextRead = line.now + 200_000
            }
        }
        #expect(established && flow.read == flow.limit && flow.wrong == 0)
    }

    @Test func aStalledChannelDoesNotStopTheOthers() throws {
        let channels = (0..<3).map { ChannelConfiguration(address: UInt8($0 * 7), window: 8) }
        var line = try LineSimulator(LinkConfiguration(baud: 115_200, channels: 3), channels)
        for index in 0..<3 {
            line.one.link.open(index, session: UInt64(100 + index), at: line.now)
            line.other.link.open(index, session: UInt64(200 + index), initiates: false, at: line.now)
        }
        var flows = (0..<3).map { Flow(seed: UInt64($0)) }
        let limit = line.now + 10_000_000
        while line.now < limit {
            for index in 0..<3 { flows[index].feed(&line.one, index) }
            line.step(limit: limit)
            // Nobody reads channel 0.
            for index in 1..<3 { flows[index].drain(&line.other, index) }
        }
        let total = flows[1].read + flows[2].read
        #expect(Double(total) / 115_200 >= 0.85)
        #expect(abs(flows[1].read - flows[2].read) < total / 10)
        #expect(flows[1].wrong + flows[2].wrong == 0)
    }

    @Test func modulo8() throws {
        var channel = ChannelConfiguration(frame: 128, window: 4)
        channel.isBasic = true
        var line = try LineSimulator(
            LinkConfiguration(baud: 115_200), [channel], faults: LineFaults(corrupted: 2000), seed: 4)
        let established = line.establish(both: false, seconds: 20)
        let arrived = line.exchange(20_000, seconds: 60)
        #expect(established && arrived)
    }

    @Test func ourOwnEchoIsNoPeer() throws {
        var end = try LineEnd(LinkConfiguration(baud: 115_200), [ChannelConfiguration()])
        end.link.open(0, session: 5, at: 0)
        var piece = [UInt8](repeating: 0, count: 200)
        var span = piece.mutableSpan
        let count = end.link.transmit(into: &span, at: 0)
        end.link.receive(piece.span.extracting(first: count), at: 1000)
        let event = end.link.nextEvent(0)
        #expect(event == .failed(.loopedBack))
    }
}
