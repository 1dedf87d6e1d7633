// epoll: tells which sockets can do something again. Connections are watched edge-triggered: a socket is told of once
// when it becomes ready, and `Side` remembers it until a call would block. So a peer that has hung up while its data
// cannot be moved on does not keep the loop spinning, and interest never has to be changed.
import CLinux

/// What an event is about.
enum Watched: Equatable {
    /// The socket that speaks TLS, or the plain one, of a session.
    case tls(Int)
    case plain(Int)
    /// The listener of a tunnel.
    case listener(Int)
    /// A serial line with the link over it.
    case line(Int)
    /// The helper process with the key of a tunnel.
    case signer(Int)
    /// The process that makes an attempt at a renewal.
    case renewal(Int)
    case signals
    /// The system's clock.
    case clock

    var token: UInt64 {
        switch self {
        case .tls(let session): 0 << 32 | UInt64(truncatingIfNeeded: session)
        case .plain(let session): 1 << 32 | UInt64(truncatingIfNeeded: session)
        case .listener(let tunnel): 2 << 32 | UInt64(truncatingIfNeeded: tunnel)
        case .signals: 3 << 32
        case .line(let line): 4 << 32 | UInt64(truncatingIfNeeded: line)
        case .signer(let tunnel): 5 << 32 | UInt64(truncatingIfNeeded: tunnel)
        case .renewal(let renewal): 6 << 32 | UInt64(truncatingIfNeeded: renewal)
        case .clock: 7 << 32
        }
    }

    init(token: UInt64) {
        let number = Int(token & 0xFFFF_FFFF)
        switch token >> 32 {
        case 0: self = .tls(number)
        case 1: self = .plain(number)
        case 2: self = .listener(number)
        case 4: self = .line(number)
        case 5: self = .signer(number)
        case 6: self = .renewal(number)
        case 7: self = .clock
        default: self = .signals
        }
    }
}

/// Something that happened.
struct Event {
    let watched: Watched
    let isReadable: Bool
    let isWritable: Bool
    let isBroken: Bool
}

/// An epoll descriptor, open for the life of the process.
struct Poller {
    private let descriptor: Int32

    /// - Throws: the error number.
    init() throws(SystemError) {
        descriptor = swl_epoll_create()
        guard descriptor >= 0 else { throw SystemError(number: descriptor) }
    }

    /// Watches the socket of a session, both ways.
    func watch(_ socket: Int32, _ watched: Watched) throws(SystemError) {
        let events = SWL_READABLE | SWL_WRITABLE | SWL_EDGE_TRIGGERED
        let result = swl_epoll_add(descriptor, socket, events, watched.token)
        guard result >= 0 else { throw SystemError(number: result) }
    }

    /// Watches a listener, the signals, the clock or a helper process: they are told of for as long as something waits.
    func watchWaiting(_ socket: Int32, _ watched: Watched) throws(SystemError) {
        let result = swl_epoll_add(descriptor, socket, SWL_READABLE, watched.token)
        guard result >= 0 else { throw SystemError(number: result) }
    }

    /// No longer watches a listener, for a while or for good.
    func ignore(_ socket: Int32) { _ = swl_epoll_remove(descriptor, socket) }

    /// Waits for events and hands each to `body`.
    /// - Parameter milliseconds: how long at most; negative is no limit.
    func wait(milliseconds: Int32, _ body: (Event) -> Void) throws(SystemError) {
        var events = InlineArray<64, swl_event>(repeating: swl_event())
        var span = events.mutableSpan
        // The call writes at most as many events as there is room for.
        let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return -SWL_EINVAL }
            return unsafe swl_epoll_wait(descriptor, base, buffer.count, milliseconds)
        }
        guard count >= 0 else { throw SystemError(number: count) }
        for index in 0..<Int(count) {
            let event = events[index]
            let isBroken = event.events & SWL_ERROR != 0
            let hasHungUp = event.events & (SWL_HANG_UP | SWL_ERROR) != 0
            body(
                Event(
                    watched: Watched(token: event.token), isReadable: hasHungUp || event.events & SWL_READABLE != 0,
                    isWritable: hasHungUp || event.events & SWL_WRITABLE != 0, isBroken: isBroken))
        }
    }
}

/// An error number that CLinux answered.
struct SystemError: Error, Equatable {
    let number: Int32
}

/// The events of one turn, at most as many as epoll is asked for.
struct EventList {
    private var events = InlineArray<64, Event>(
        repeating: Event(watched: .signals, isReadable: false, isWritable: false, isBroken: false))
    private(set) var count = 0

    mutating func append(_ event: Event) {
        guard count < 64 else { return }
        events[count] = event
        count += 1
    }

    subscript(index: Int) -> Event { events[index] }
}
