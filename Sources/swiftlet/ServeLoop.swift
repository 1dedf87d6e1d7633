// The run of `serve`: one loop over the listener and its connections, of which there are at most `ServeLoop.capacity`
// (on a serial line one, and when it has ended the next). Nothing that a peer does can end it.
import Bytes
import CLinux
import TLS
import Transport

/// Accepts connections and moves them until a signal arrives.
struct ServeLoop: ~Copyable {
    /// How many connections there are at once; more wait to be accepted.
    static let capacity = 64
    /// How long accepting pauses when the system has no more descriptors, in milliseconds.
    private static let pause: Int64 = 500

    private var listener: EndpointListener
    /// Where it listens.
    private let place: String
    private let context: TLSContext
    private let options: TLSOptions
    private let service: Service
    private let signals: Int32
    private var connections: [ServedConnection] = []
    /// Memory of connections that have ended.
    private var spare: [ConnectionMemory] = []
    private var acceptsAgainAt: Int64 = 0

    init(
        _ listener: consuming EndpointListener, _ place: String, _ context: TLSContext, _ options: TLSOptions,
        _ service: Service
    ) throws {
        self.listener = listener
        self.place = place
        self.context = context
        self.options = options
        self.service = service
        signals = swl_signals_open()
        guard signals >= 0 else { throw fileError("cannot wait for signals: \(systemError(-signals)); try again") }
    }

    /// Serves until SIGINT, SIGTERM or SIGHUP.
    mutating func run() throws {
        while true {
            let now = swl_monotonic_milliseconds()
            var entries = pollEntries(now)
            // The call looks at these entries and writes their `has`.
            let ready = unsafe swl_poll(&entries, entries.count, wakeUp(now))
            guard ready >= 0 || ready == -SWL_EINTR else {
                throw fileError("cannot wait for connections: \(systemError(-ready)); try again")
            }
            if entries[0].has != 0 { return }
            rotateTicketKeys()
            move(entries)
            if entries[1].has != 0 || isAcceptDue { accept() }
        }
    }

    private func rotateTicketKeys() {
        do throws(TLSError) {
            try context.rotateTicketKeys(at: .known(options.time ?? swl_realtime_seconds()))
        } catch {
            writeError("swiftlet: cannot make a new key for tickets, the one before stays in use: \(describe(error))\n")
        }
    }

    private var isAcceptDue: Bool {
        mutating get { listener.deadline.map { $0 <= swl_monotonic_milliseconds() } ?? false }
    }

    private mutating func pollEntries(_ now: Int64) -> [swl_poll_entry] {
        let accepts = connections.count < Self.capacity && now >= acceptsAgainAt
        let listening = accepts ? listener.descriptor : -1
        var entries = [
            swl_poll_entry(descriptor: signals, wants: Int16(SWL_READABLE), has: 0),
            swl_poll_entry(descriptor: listening, wants: Int16(SWL_READABLE), has: 0),
        ]
        for connection in connections {
            entries.append(connection.pollEntry)
        }
        return entries
    }

    /// Milliseconds until the first deadline; negative for none.
    private mutating func wakeUp(_ now: Int64) -> Int32 {
        var deadlines = connections.compactMap(\.deadline)
        if now < acceptsAgainAt { deadlines.append(acceptsAgainAt) }
        if let deadline = listener.deadline { deadlines.append(deadline) }
        return deadlines.min().map { Int32(clamping: max($0 - now, 0)) } ?? -1
    }

    /// Moves the connections that are ready or late, and drops those that have ended.
    private mutating func move(_ entries: [swl_poll_entry]) {
        let now = swl_monotonic_milliseconds()
        var kept: [ServedConnection] = []
        for (connection, entry) in zip(connections, entries.dropFirst(2)) {
            let isLate = connection.deadline.map { $0 <= now } ?? false
            let isIdle = entry.has == 0 && !isLate
            if isIdle || connection.turn(isLate: isLate) {
                kept.append(connection)
            } else {
                end(connection)
            }
        }
        connections = kept
    }

    private mutating func end(_ connection: ServedConnection) {
        spare.append(connection.memory)
        connection.endStream()
        listener.connectionEnded(cleanly: connection.hasEndedCleanly)
    }

    private mutating func accept() {
        do throws(TransportError) {
            while connections.count < Self.capacity, let stream = try listener.accept() {
                let memory = spare.popLast() ?? ConnectionMemory(context.configuration.limits)
                start(stream, memory)
            }
        } catch {
            // The peer was gone already, or there are no descriptors left: the others go on.
            writeError("swiftlet: \(textBuilt { error.describe(into: &$0) })\n")
            acceptsAgainAt = swl_monotonic_milliseconds() + Self.pause
        }
    }

    private mutating func start(_ stream: consuming EndpointTransport, _ memory: ConnectionMemory) {
        let peer = stream.peerAddress.map { address in textBuilt { address.write(to: &$0) } } ?? place
        do {
            let pump = try context.connection(
                .server, over: stream, in: memory, time: options.time ?? swl_realtime_seconds())
            let connection = ServedConnection(pump, memory, context, options, service, peer: peer)
            if connection.turn(isLate: false) { connections.append(connection) } else { end(connection) }
        } catch {
            writeError("swiftlet: \(peer): cannot begin a connection: \(error)\n")
            spare.append(memory)
        }
    }
}
