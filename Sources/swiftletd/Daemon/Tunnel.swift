// One tunnel at work: its listener, what its connections show and trust, where they lead, and their memory.
//
// What they show and trust has a place for the present material and one for that before it: when the identity store has a new
// generation, new handshakes use it, those under way end with the one that they began with, and then that is wiped. Established
// connections need neither.
import Bytes
import CLinux
import Provisioning
import TLS
import Transport
import X509

/// A tunnel that is open.
@safe struct Tunnel: ~Copyable {
    let settings: TunnelSettings
    /// The material of this generation and, while handshakes use it, that of the one before: each at its parity.
    private(set) var materials: Slots<TunnelMaterial>
    /// How often the material has been replaced.
    private(set) var generation = 0
    /// The helper process of a token whose key is not used any more.
    var ending = EndingProcess()
    /// Memory for materials that come later, likewise; none where none comes.
    private var rooms: Slots<Region>
    /// Client: the session to resume with the next connection.
    var session: KeptSession
    let poller: Poller
    /// The addresses of `connect`, looked up at start; nil where it is a serial line.
    private let addresses: SocketAddresses?
    /// The channel of `connect`, where it is one of the link.
    private let outgoing: LineChannel?
    /// Where new connections come from; nil once the daemon is about to end.
    private var listener: EndpointListener?
    /// The listener's descriptor while it is watched, else -1.
    private var watched: Int32 = -1
    /// The serial port that a connection has borrowed from the listener, else -1.
    private var borrowed: Int32 = -1
    /// Serial: whether `accept` may answer something.
    private var mayAccept = false
    /// The numbers of its sessions that are free, and the first of them all.
    var free: FreeList
    var firstSession: Int { first }
    private let first: Int
    /// Memory of all its connections, and how much each has.
    private let memory: UnsafeMutableRawPointer
    private let stride: Int

    /// Opens a tunnel.
    /// - Parameters:
    ///   - first: the number of its first session.
    /// - Throws: what the operator has to know, as one line.
    init(
        _ settings: TunnelSettings, _ material: consuming TunnelMaterial, _ memory: consuming MaterialMemory,
        _ poller: Poller, _ lines: [WatchedLine], first: Int, at time: CurrentTime
    ) throws(StartError) {
        var addresses: SocketAddresses?
        do throws(TransportError) {
            if !settings.connect.isSerial { addresses = try SocketAddresses(of: settings.connect) }
        } catch {
            throw StartError(settings, settings.connect, error)
        }
        let listener: EndpointListener
        do throws(TransportError) {
            listener = try Self.listener(settings, lines)
        } catch {
            throw StartError(settings, settings.accept, error)
        }
        var material = material
        var used = memory
        do throws(ConfigurationError) { try material.issueTickets(settings, &used, at: time) } catch {
            throw StartError(settings, error.message)
        }
        materials = Slots(capacity: 2)
        materials.fill(0, material)
        rooms = Slots(capacity: 2)
        let room = settings.identity.isEmpty ? 0 : MaterialMemory.roomBytes(for: used.bytes)
        for place in 0..<2 { rooms.fill(place, lastingRegion(room)) }
        self.addresses = addresses
        outgoing = LineChannel(settings.connect, lines)
        self.listener = consume listener
        self.settings = settings
        session = KeptSession(bytes: settings.role == .client ? settings.resumptionBytes : 0)
        self.poller = poller
        self.first = first
        free = FreeList(first..<(first + settings.connections))
        stride = settings.limits.connectionBytes
        // Kept until the process ends: see `lastingMemory`.
        unsafe self.memory = .allocate(
            byteCount: stride * settings.connections, alignment: Region.alignment)
    }

    /// The memory of session `number`'s connection.
    func arena(_ number: Int) -> Arena {
        precondition(number >= first && number - first < settings.connections)
        let place = unsafe memory + (number - first) * stride
        // The places of two sessions do not overlap, and a session's is not used again before the session has ended.
        return unsafe Arena(unsafe: UnsafeMutableRawBufferPointer(start: place, count: stride))
    }

    /// Where it listens.
    var address: SocketAddress? {
        switch listener {
        case .some(let listener): listener.address
        case .none: nil
        }
    }

    private static func listener(
        _ settings: TunnelSettings, _ lines: [WatchedLine]
    ) throws(TransportError) -> EndpointListener {
        if let incoming = LineChannel(settings.accept, lines) {
            return EndpointListener(try LinkListener(on: incoming.line, channel: incoming.channel))
        }
        guard case .serial(let serial) = settings.accept else {
            return EndpointListener(try Listener(at: settings.accept))
        }
        // A TLS client speaks first; a device on a plain line may have to be asked, so its connection is made at once.
        let beginning: SerialListener.Beginning = settings.role == .server ? .bytes : .presence
        return EndpointListener(try SerialListener(SerialSettings(serial), beginning, waits: true))
    }

    // What is shown and trusted

    /// The present material.
    var material: TunnelMaterial {
        _read { yield materials[generation & 1] }
        _modify { yield &materials[generation & 1] }
    }

    /// The material for a handshake that began with `generation`; the present one where that is over.
    subscript(generation: Int) -> TunnelMaterial {
        _read { yield materials[place(of: generation)] }
        _modify { yield &materials[place(of: generation)] }
    }

    /// Where that lies.
    func place(of generation: Int) -> Int {
        let isBefore = generation == self.generation - 1 && isRetiring
        return (isBefore ? generation : self.generation) & 1
    }

    /// Whether the material before the present one is still there.
    var isRetiring: Bool { generation > 0 && materials.isFilled((generation - 1) & 1) }

    /// The generations whose material is there, for handshakes that began with them.
    var generations: ClosedRange<Int> { (isRetiring ? generation - 1 : generation)...generation }

    /// Wipes the material before the present one: no handshake uses it any more.
    mutating func retire() {
        let place = (generation - 1) & 1
        ending.take(materials[place].signer.end())
        materials.empty(place)
    }

    /// Loads what the settings name anew, which `adopt` makes the present material and `discard` drops. Not while `isRetiring`.
    mutating func prepare(
        _ files: inout FileReader, at time: CurrentTime, warn: (Message) -> Void
    ) throws(ConfigurationError) {
        let next = (generation + 1) & 1
        // What lay there has ended: the place for it is empty.
        var memory = MaterialMemory(rooms[next].unsafeArena())
        let opening = TokenOpening.withFirstSignature(before: material.signer.tokenKey)
        var material = try TunnelMaterial(settings, &files, &memory, opening, warn: warn)
        try material.issueTickets(settings, &memory, at: time)
        materials.fill(next, material)
    }

    /// Whether there is prepared material that has its pre-shared keys in the same roles as another tunnel's.
    func checkMirror(of other: borrowing Tunnel) throws(ConfigurationError) {
        try materials[(generation + 1) & 1].checkMirror(of: other.material, settings, other.settings)
    }

    /// Makes what was prepared the present material.
    mutating func adopt() {
        generation += 1
        session.forget()
    }

    /// Drops what was prepared, if something was.
    mutating func discard() {
        let next = (generation + 1) & 1
        if materials.isFilled(next) { materials.empty(next) }
    }

    // Taking connections

    /// Has new connections told of.
    mutating func resume(_ number: Int) throws(SystemError) {
        mayAccept = settings.accept.isSerial
        try watch(number)
    }

    /// Watches the listener as it is now: the port of a serial one comes and goes. The link's line is watched by itself.
    mutating func watch(_ number: Int) throws(SystemError) {
        let descriptor = settings.accept.isLink ? -1 : listener?.descriptor ?? -1
        guard descriptor != watched else { return }
        pauseWatching()
        guard descriptor >= 0 else { return }
        try poller.watchWaiting(descriptor, .listener(number))
        watched = descriptor
    }

    /// Leaves new connections waiting, in the kernel's queue or on the line.
    mutating func pause() {
        pauseWatching()
        mayAccept = false
    }

    private mutating func pauseWatching() {
        if watched >= 0 { poller.ignore(watched) }
        watched = -1
    }

    /// Takes no new connection ever again.
    mutating func close() {
        pause()
        // A connection on a serial line may still be using the listener's port.
        if !settings.accept.isSerial { listener = nil }
    }

    /// The next connection, or nil where none waits.
    mutating func accept() throws(TransportError) -> EndpointTransport? {
        mayAccept = false
        let wasPresent = listener?.isPresent ?? true
        let accepted = try listener?.accept()
        if case .serial(let serial) = settings.accept, let isPresent = listener?.isPresent, isPresent != wasPresent {
            Log.writePort(serial.path, isPresent: isPresent)
        }
        guard let accepted else { return nil }
        if case .serial = settings.accept {
            borrowed = accepted.descriptor
            // The session watches the port from now on.
            if watched == borrowed { pauseWatching() }
        }
        return accepted
    }

    /// A serial line has news.
    mutating func noteLine() { if settings.accept.isLink { mayAccept = true } }

    /// Whether `accept` is to be asked although epoll tells nothing: only on serial lines.
    mutating func isAcceptDue(at now: Int64) -> Bool {
        settings.accept.isSerial && free.count > 0 && (mayAccept || acceptDeadline <= now)
    }

    /// When that is so next; `.max` for never.
    var acceptDeadline: Int64 {
        mutating get {
            if mayAccept { return 0 }
            return listener?.deadline ?? .max
        }
    }

    /// A connection has ended.
    mutating func connectionEnded(cleanly: Bool) {
        guard settings.accept.isSerial else { return }
        if borrowed >= 0 { poller.ignore(borrowed) }
        borrowed = -1
        listener?.connectionEnded(cleanly: cleanly)
        mayAccept = true
    }

    // Making connections

    /// How many addresses `connect` has.
    var addressCount: Int { addresses?.count ?? 1 }

    /// Begins to connect to an address of `connect`.
    func connect(_ attempt: Int) throws(TransportError) -> EndpointTransport {
        if let addresses { return EndpointTransport(try SocketTransport(connectingTo: addresses[attempt])) }
        if let outgoing {
            return EndpointTransport(try LinkTransport(connectingOver: outgoing.line, channel: outgoing.channel))
        }
        // Opened for each connection and closed with it, as a program that dials in expects.
        guard case .serial(let serial) = settings.connect else { throw TransportError(.connect, .unusable(.noAddress)) }
        return EndpointTransport(try SerialTransport(opening: SerialSettings(serial)))
    }
}

/// Why the daemon could not start.
struct StartError: Error {
    let message: Message

    init(_ message: Message) { self.message = message }

    init(_ text: StaticString, _ error: SystemError) {
        var message = Message(text)
        message.add(systemError: error.number)
        self.message = message
    }

    init(_ settings: TunnelSettings, _ text: Message) {
        var message = Message("tunnel ")
        message.add(escaped: settings.name.bytes)
        message.add(": ")
        message.add(text)
        self.message = message
    }

    init(_ settings: TunnelSettings, _ endpoint: Endpoint, _ error: TransportError) {
        var message = Message("tunnel ")
        message.add(escaped: settings.name.bytes)
        message.add(", ")
        message.add(endpoint)
        message.add(": ")
        message.add(error)
        self.message = message
    }
}
