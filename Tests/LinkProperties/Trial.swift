// One trial: two ends with a few channels over a line that one seed decides. What must hold:
//
// - what is read on a channel is a beginning of what the peer wrote since one of its openings, byte by byte;
// - where nothing but noise and a short absence of the cable happened, everything arrives and no failure is told;
// - `.closed` is told only where one of the two sides has asked for the end, and then everything written here has arrived;
// - after a restart or a cut, both sides find each other again, and everything of the new openings arrives.
import Bytes
import LinkSimulation
import Transport

/// One channel as one side sees it.
struct ChannelView {
    /// How often it was opened.
    var opening = 0
    var isOpen = false
    var isEstablished = false
    /// Whether the end was asked for, and told, in this opening.
    var hasFinished = false
    var end: LinkEvent?
    var sent: ByteStream
    var pending: [UInt8] = []
    /// Bytes that the channel took.
    var written = 0
    var arrived = ArrivedStream()
}

struct Trial: ~Copyable {
    let kind: TrialKind
    let seed: UInt64
    private(set) var setting: TrialSetting
    private var line: LineSimulator
    private var random: SeededRandom
    /// By side and channel.
    private var views: [[ChannelView]] = []
    private(set) var result = TrialResult()
    /// Whether a failure has a cause: a restart, a cut, an end.
    private var mayFail = false
    private var begun: Int64 = 0

    /// - Parameter fault: a mistake of the link, by which something must no longer hold.
    init(_ kind: TrialKind, seed: UInt64, planting fault: PlantedFault? = nil) throws(ArenaExhausted) {
        var random = SeededRandom(seed: seed)
        let setting = TrialSetting(kind, &random)
        var line = try LineSimulator(
            setting.line, setting.mine, latency: setting.latency, faults: setting.faults, seed: random.next(),
            other: setting.theirs)
        line.jitter = setting.jitter
        line.ahead = setting.ahead
        if let fault { line.plant(fault) }
        self.line = line
        (self.kind, self.seed, self.setting, self.random) = (kind, seed, setting, random)
        views = (0..<2).map { side in
            (0..<setting.mine.count).map {
                ChannelView(sent: ByteStream(seed: seed, side: side, channel: $0, opening: 0))
            }
        }
    }

    /// Runs it to its end, or to what does not hold.
    mutating func run() {
        begun = line.now
        for side in 0..<2 { for channel in views[side].indices { open(side, channel, initiates: true) } }
        if kind == .restart { for _ in 0..<setting.restarts where result.broken == nil { restart() } }
        if kind == .unplugged || kind == .cut { unplug() }
        if kind == .stalled { stall() }
        let limit = line.now + setting.patience
        while line.now < limit, result.broken == nil, !isComplete { step(limit: limit) }
        if result.broken == nil, !isComplete { fail("not everything has arrived after \(setting.patience) us") }
        if kind == .finish, result.broken == nil { finish() }
        count()
    }

    // What happens

    /// One side loses its memory, in the midst of everything, and comes back at once.
    private mutating func restart() {
        let limit = line.now + Int64(random.below(3_000_000))
        while line.now < limit, result.broken == nil { step(limit: limit) }
        mayFail = true
        let side = random.below(2)
        count(side: side)
        do throws(ArenaExhausted) {
            let end = try LineEnd(setting.line, side == 0 ? setting.mine : setting.theirs)
            if side == 0 { line.one = end } else { line.other = end }
        } catch { return fail("no memory") }
        for channel in views[side].indices {
            // One of the two must begin, and side 0 always does.
            open(side, channel, initiates: side == 0 || setting.isBasic || random.below(2) == 0)
        }
    }

    private mutating func unplug() {
        let from = line.now + 100_000 + Int64(random.below(2_000_000))
        // An idle channel is only asked whether it is there when its poll is due.
        let silence = setting.line.patience + setting.line.idlePoll + 5_000_000
        let absence = kind == .cut ? silence : Int64(random.below(5_000_000))
        mayFail = kind == .cut
        line.faults.unplugged = from...(from + absence)
        while line.now < from + absence, result.broken == nil { step(limit: from + absence) }
        if kind == .cut, result.failuresTold < 2 { fail("a cut was told \(result.failuresTold) times, not twice") }
    }

    /// Channel 0 is not read at side 1 until all others are done.
    private mutating func stall() {
        setting.isStalled = true
        let limit = line.now + setting.patience
        while line.now < limit, result.broken == nil, !isComplete(except: 0) { step(limit: limit) }
        if !isComplete(except: 0) { fail("a stalled channel stops the others") }
        setting.isStalled = false
    }

    private mutating func finish() {
        mayFail = true
        for channel in views[0].indices {
            let side = random.below(2)
            // Some more, which must arrive before the end.
            let more = (0..<random.below(3000)).map { _ in views[side][channel].sent.next() }
            views[side][channel].written += link(side) { $0.write(more[...], channel) }
            views[side][channel].hasFinished = true
            let now = line.now
            link(side) { $0.link.finish(channel, at: now) }
        }
        let limit = line.now + setting.patience
        while line.now < limit, result.broken == nil, !hasEnded { step(limit: limit) }
        if !hasEnded { fail("an end was not told") }
    }

    private var hasEnded: Bool { views.allSatisfy { $0.allSatisfy { $0.end != nil } } }

    // One step

    private mutating func step(limit: Int64) {
        for side in 0..<2 { for channel in views[side].indices { feed(side, channel) } }
        line.step(limit: limit)
        for side in 0..<2 {
            for channel in views[side].indices {
                takeEvents(side, channel)
                if !(setting.isStalled && side == 1 && channel == 0) { read(side, channel) }
            }
        }
    }

    private mutating func link<Result>(_ side: Int, _ body: (inout LineEnd) -> Result) -> Result {
        side == 0 ? body(&line.one) : body(&line.other)
    }

    private mutating func open(_ side: Int, _ channel: Int, initiates: Bool) {
        let opening = views[side][channel].opening + 1
        views[side][channel] = ChannelView(
            opening: opening, isOpen: true,
            sent: ByteStream(seed: seed, side: side, channel: channel, opening: opening))
        let (session, now) = (random.next() | 1, line.now)
        link(side) { $0.link.open(channel, session: session, initiates: initiates, at: now) }
    }

    private mutating func feed(_ side: Int, _ channel: Int) {
        guard views[side][channel].isOpen, views[side][channel].written < setting.volume else { return }
        if views[side][channel].pending.isEmpty {
            let count = min(256, setting.volume - views[side][channel].written)
            for _ in 0..<count { views[side][channel].pending.append(views[side][channel].sent.next()) }
        }
        let pending = views[side][channel].pending
        let taken = link(side) { $0.write(pending[...], channel) }
        views[side][channel].pending.removeFirst(taken)
        views[side][channel].written += taken
    }

    private mutating func read(_ side: Int, _ channel: Int) {
        let bytes = link(side) { $0.read(channel) }
        guard !bytes.isEmpty else { return }
        result.bytes += bytes.count
        views[side][channel].arrived.take(bytes, seed: seed, side: 1 - side, channel: channel)
        let arrived = views[side][channel].arrived
        if arrived.wrong > 0 { fail("wrong bytes at side \(side), channel \(channel)") }
        let peer = views[1 - side][channel].opening
        if arrived.count >= ByteStream.headerBytes, arrived.opening > peer {
            fail("bytes of opening \(arrived.opening), where the peer is at \(peer)")
        }
    }

    private mutating func takeEvents(_ side: Int, _ channel: Int) {
        while let event = link(side, { $0.link.nextEvent(channel) }) {
            if event == .established {
                views[side][channel].isEstablished = true
                continue
            }
            // What has arrived before the end counts.
            read(side, channel)
            takeEnd(event, side, channel)
        }
    }

    private mutating func takeEnd(_ event: LinkEvent, _ side: Int, _ channel: Int) {
        let (view, peer) = (views[side][channel], views[1 - side][channel])
        if event == .closed {
            if !view.hasFinished && !peer.hasFinished { return fail("an end that nobody has asked for") }
            // The peer may have read it already, or may still read it.
            read(1 - side, channel)
            let arrived = views[1 - side][channel].arrived.count
            if arrived != view.written { fail("an end after \(arrived) bytes of \(view.written)") }
        } else {
            result.failuresTold += 1
            if !mayFail { return fail("\(event.name) without a cause") }
        }
        views[side][channel].end = event
        if kind != .finish { open(side, channel, initiates: true) }
    }

    // Whether it is over

    private var isComplete: Bool { isComplete(except: -1) }

    private func isComplete(except: Int) -> Bool {
        for side in 0..<2 {
            for channel in views[side].indices where channel != except {
                let (view, peer) = (views[side][channel], views[1 - side][channel])
                let hasArrived = view.arrived.opening == peer.opening && view.arrived.count == setting.volume
                if !view.isEstablished || !hasArrived { return false }
            }
        }
        return true
    }

    private mutating func fail(_ what: String) {
        if result.broken == nil { result.broken = what }
    }

    private mutating func count(side: Int) {
        for channel in views[side].indices {
            let statistics = link(side) { $0.link.statistics(channel) }
            result.frames += statistics.framesSent
            result.repeated += statistics.framesRepeated
        }
    }

    private mutating func count() {
        for side in 0..<2 { count(side: side) }
        result.duration = line.now - begun
    }
}

/// Runs the trial of a seed.
func runTrial(_ kind: TrialKind, seed: UInt64, planting fault: PlantedFault? = nil) -> TrialResult {
    do throws(ArenaExhausted) {
        var trial = try Trial(kind, seed: seed, planting: fault)
        trial.run()
        return trial.result
    } catch {
        return TrialResult(broken: "no memory for the trial")
    }
}
