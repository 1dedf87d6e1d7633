// A serial port with the link over it: what brings the state machine `Link` together with a device and a clock. One line
// carries several channels; each is a stream (`LinkTransport`).
//
// It lives on one descriptor, an epoll set of the port and a timer: whenever that is readable, `service` is to be called,
// and whatever happens on the line happens in there. A program that waits for many things waits for this one too.
//
// Invariants:
// - the device's queue holds no more than the line carries in a few hundredths of a second, since what is in it cannot be
//   overtaken by an answer (`Pace`);
// - a port that goes away is looked for until it is back; the channels know only that nothing arrives for a while, and end
//   when the peer has been silent for `LinkConfiguration.patience`;
// - how a channel ended is kept until it is opened again.
import Bytes
import CLinux

/// How a channel of a line is.
public enum ChannelStatus: Equatable, Sendable {
    /// Never opened.
    case closed
    /// Opened, waiting for the peer.
    case opening
    case established
    /// Over; what has arrived can still be read. Never `.established`.
    case ended(LinkEvent)
}

/// A serial port with the link over it.
struct LinkLine: ~Copyable {
    private let settings: SerialSettings
    private var link: Link
    /// What the link gave out and the port has not taken.
    private var staging: Region
    private var staged = 0..<0
    private var statuses = InlineArray<64, ChannelStatus>(repeating: .closed)
    private let channels: Int
    /// The port, -1 while it is away.
    private var port: Int32 = -1
    private var reopening = BackOff(50_000...1_000_000)
    private var pace: Pace
    private var isFull = false
    private let watcher: Int32
    private let timer: Int32
    private var timerIsSetTo: Int64 = -1

    /// What becomes of the two descriptors in the watcher.
    private enum Token {
        static let port: UInt64 = 0
        static let timer: UInt64 = 1
    }
    static var stagingBytes: Int { 512 }
    /// Reads that one `service` makes, so that the line does not hold up everything else.
    private static var readsAtOnce: Int { 16 }

    /// Bytes of memory that a line needs besides what its `Link` does.
    static var memoryBytes: Int { stagingBytes + MemoryLayout<LinkLine>.stride + 2 * Region.alignment }

    /// A line over a port that is yet to be opened.
    /// - Throws: `TransportError` with operation `.open` where the system has no descriptors left.
    init(
        _ settings: SerialSettings, _ configuration: LinkConfiguration, _ link: consuming Link, channels: Int,
        staging: consuming Region
    ) throws(TransportError) {
        let watcher = swl_epoll_create()
        guard watcher >= 0 else { throw TransportError(.open, code: Int(watcher)) }
        let timer = swl_timer_create()
        guard timer >= 0 else {
            _ = swl_close(watcher)
            throw TransportError(.open, code: Int(timer))
        }
        let added = swl_epoll_add(watcher, timer, SWL_READABLE, Token.timer)
        guard added >= 0 else {
            _ = swl_close(watcher)
            _ = swl_close(timer)
            throw TransportError(.open, code: Int(added))
        }
        self.settings = settings
        self.link = link
        self.channels = channels
        self.staging = staging
        self.watcher = watcher
        self.timer = timer
        pace = Pace(configuration)
    }

    deinit {
        if port >= 0 { _ = swl_close(port) }
        _ = swl_close(timer)
        _ = swl_close(watcher)
    }

    /// Readable when `service` is to be called.
    var descriptor: Int32 { watcher }
    /// Whether the port is there.
    var isPresent: Bool { port >= 0 }

    // The port

    /// Opens the port. Where that fails, `service` tries again.
    mutating func open() throws(TransportError) {
        let now = microseconds()
        do throws(TransportError) {
            port = try SerialPort.open(settings)
        } catch {
            reopening.noteFailure(at: now)
            schedule(now)
            throw error
        }
        let added = swl_epoll_add(watcher, port, SWL_READABLE, Token.port)
        guard added >= 0 else {
            lose(now)
            throw TransportError(.open, code: Int(added))
        }
        reopening.noteSuccess()
        service()
    }

    private mutating func reopen(_ now: Int64) {
        // It is tried again, for as long as it takes.
        do throws(TransportError) { try open() } catch { return }
    }

    /// The port has gone, and the frame that was on its way is lost.
    private mutating func lose(_ now: Int64) {
        _ = swl_close(port)
        port = -1
        isFull = false
        staged = 0..<0
        reopening.noteFailure(at: now)
        link.lineReopened()
    }

    // What happens on the line

    /// Does what there is to do: takes what has arrived, looks at the timers, sends.
    mutating func service() {
        _ = swl_event_clear(timer)
        let now = microseconds()
        if port < 0, reopening.nextAttempt <= now { reopen(now) }
        receive(now)
        link.tick(now)
        takeEvents()
        send(now)
    }

    private mutating func receive(_ now: Int64) {
        var memory = InlineArray<512, UInt8>(repeating: 0)
        for _ in 0..<Self.readsAtOnce where port >= 0 {
            var buffer = memory.mutableSpan
            do throws(TransportError) {
                switch try SerialPort.read(port, into: &buffer) {
                case .bytes(let count): link.receive(memory.span.extracting(first: count), at: now)
                case .wouldBlock: return
                case .endOfStream: lose(now)
                }
            } catch {
                lose(now)
            }
        }
    }

    private mutating func takeEvents() {
        for channel in 0..<channels {
            while let event = link.nextEvent(channel) {
                statuses[channel] = event == .established ? .established : .ended(event)
            }
        }
    }

    /// Sends as much as the pace allows, and sees to it that the rest is sent in time.
    private mutating func send(_ now: Int64) {
        while port >= 0 {
            if staged.isEmpty {
                let room = pace.room(in: port, at: now)
                guard room > 0 else { break }
                var target = staging.mutableBytes(in: 0..<min(room, staging.count))
                staged = 0..<link.transmit(into: &target, at: now)
                if staged.isEmpty { break }
            }
            guard writeStaged(now) else { break }
        }
        watchForRoom(!staged.isEmpty)
        schedule(now)
    }

    /// - Returns: whether the port took anything.
    private mutating func writeStaged(_ now: Int64) -> Bool {
        do throws(TransportError) {
            guard case .bytes(let count) = try SerialPort.write(port, staging.bytes.extracting(staged)) else {
                return false
            }
            pace.noteSent(count, at: now)
            staged = (staged.lowerBound + count)..<staged.upperBound
            return true
        } catch {
            lose(now)
            return false
        }
    }

    private mutating func watchForRoom(_ wanted: Bool) {
        guard port >= 0, wanted != isFull else { return }
        isFull = wanted
        _ = swl_epoll_change(watcher, port, SWL_READABLE | (wanted ? SWL_WRITABLE : 0), Token.port)
    }

    private mutating func schedule(_ now: Int64) {
        var next = link.nextDeadline ?? never
        if port < 0 {
            next = min(next, reopening.nextAttempt)
        } else if !isFull, link.hasOutput(at: now) {
            next = min(next, pace.nextRoom(after: now))
        }
        guard next != timerIsSetTo else { return }
        timerIsSetTo = next
        _ = swl_timer_set(timer, next == never ? -1 : max(next, 1) * 1000)
    }

    // Channels

    /// How a channel is.
    func status(_ channel: Int) -> ChannelStatus { statuses[channel] }

    /// Opens a channel, whatever it was before.
    /// - Parameter initiates: whether this side begins; otherwise it waits for the peer.
    /// - Throws: `TransportError` with operation `.connect`: no random numbers.
    mutating func open(_ channel: Int, initiates: Bool) throws(TransportError) {
        var session = InlineArray<8, UInt8>(repeating: 0)
        var span = session.mutableSpan
        // The call writes as many bytes as there are.
        let drawn = unsafe span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return -SWL_EINVAL }
            return unsafe swl_random_fill(base, buffer.count)
        }
        guard drawn >= 0 else { throw TransportError(.connect, code: Int(drawn)) }
        var number: UInt64 = 0
        for index in 0..<8 { number = number << 8 | UInt64(session[index]) }
        statuses[channel] = .opening
        let now = microseconds()
        link.open(channel, session: number, initiates: initiates, at: now)
        send(now)
    }

    mutating func read(_ channel: Int, into target: inout MutableSpan<UInt8>) -> Int {
        let count = link.read(channel, into: &target)
        // The peer may have been told to wait, and must hear that there is room again.
        if count > 0 { send(microseconds()) }
        return count
    }

    mutating func write(_ bytes: Span<UInt8>, to channel: Int) -> Int {
        let count = link.write(bytes, to: channel)
        if count > 0 { send(microseconds()) }
        return count
    }

    /// Whether everything written has arrived, or never will.
    func hasDelivered(_ channel: Int) -> Bool {
        if case .ended = statuses[channel] { return true }
        return link.hasDelivered(channel)
    }

    /// Ends a channel: when everything written has arrived, or at once.
    mutating func finish(_ channel: Int, atOnce: Bool) {
        let now = microseconds()
        if atOnce { link.abandon(channel, at: now) } else { link.finish(channel, at: now) }
        takeEvents()
        send(now)
    }

    func statistics(_ channel: Int) -> LinkStatistics { link.statistics(channel) }
}

/// How much a device is given at a time. It tells how much waits in its queue, or, as a pseudo-terminal, does not; the rate
/// tells what can have left.
struct Pace {
    private let bytesPerSecond: Int64
    /// Bytes that may wait in the queue: enough not to run dry between two looks, on a machine with other things to do.
    private let limit: Int
    /// When everything given out will have left, by the rate.
    private var idleAt: Int64 = 0

    init(_ configuration: LinkConfiguration) {
        bytesPerSecond = max(Int64(configuration.baud) / 10, 1)
        let slow = Int(clamping: bytesPerSecond / 40)
        let fast = Int(clamping: bytesPerSecond / 80)
        // A fortieth of a second; less where the line is so fast that a window does not last long.
        limit = min(max(slow, 32), max(fast, 288))
    }

    /// How many bytes may be given to `port` now; 0 where it is not worth a call yet.
    func room(in port: Int32, at now: Int64) -> Int {
        let modelled = Int(clamping: max(idleAt - now, 0) * bytesPerSecond / 1_000_000)
        guard limit - modelled >= limit / 4 else { return 0 }
        let room = limit - max(modelled, SerialPort.queued(port))
        return room >= limit / 4 ? room : 0
    }

    mutating func noteSent(_ count: Int, at now: Int64) {
        idleAt = max(idleAt, now) + Int64(count) * 1_000_000 / bytesPerSecond
    }

    /// When there will be room again, by the rate; a device that is slower is asked again a little later.
    func nextRoom(after now: Int64) -> Int64 {
        let quarter = Int64(limit) * 1_000_000 / bytesPerSecond / 4
        return max(idleAt - 3 * quarter, now + max(quarter / 4, 200))
    }
}
