// One tunnel at work: its listener, what its connections show and trust, where they lead, and their memory.
import Bytes
import CLinux
import TLS
import Transport

/// A tunnel that is open.
@safe struct Tunnel: ~Copyable {
    let settings: TunnelSettings
    var material: TunnelMaterial
    /// Client: the session to resume with the next connection.
    var session: KeptSession
    let poller: Poller
    /// The addresses of `connect`, looked up at start.
    let addresses: SocketAddresses
    /// Where new connections come from; nil once the daemon is about to end.
    private var listener: Listener?
    /// Whether the listener is watched.
    private var isListening = false
    /// The numbers of its sessions that are free, and the first of them all.
    var free: FreeList
    private let first: Int
    /// Memory of all its connections, and how much each has.
    private let memory: UnsafeMutableRawPointer
    private let stride: Int

    /// Opens a tunnel.
    /// - Parameters:
    ///   - first: the number of its first session.
    /// - Throws: what the operator has to know, as one line.
    init(
        _ settings: TunnelSettings, _ material: consuming TunnelMaterial, _ poller: Poller, first: Int
    ) throws(StartError) {
        let addresses: SocketAddresses
        do throws(TransportError) {
            addresses = try SocketAddresses(of: settings.connect)
        } catch {
            throw StartError(settings, settings.connect, error)
        }
        let listener: Listener
        do throws(TransportError) {
            listener = try Listener(at: settings.accept)
        } catch {
            throw StartError(settings, settings.accept, error)
        }
        var material = material
        try material.issueTickets(settings)
        self.addresses = addresses
        self.listener = consume listener
        self.settings = settings
        self.material = material
        session = KeptSession(bytes: settings.role == .client ? settings.resumptionBytes : 0)
        self.poller = poller
        self.first = first
        free = FreeList(first..<(first + settings.connections))
        stride = settings.limits.connectionBytes
        // Kept until the process ends: see `lastingMemory`.
        unsafe memory = .allocate(
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
        case .some(let listener): listener.localAddress
        case .none: nil
        }
    }

    private var descriptor: Int32 {
        switch listener {
        case .some(let listener): listener.descriptor
        case .none: -1
        }
    }

    /// Watches the listener.
    mutating func resume(_ number: Int) throws(SystemError) {
        guard !isListening, descriptor >= 0 else { return }
        try poller.watchWaiting(descriptor, .listener(number))
        isListening = true
    }

    /// Leaves new connections waiting in the kernel's queue.
    mutating func pause() {
        guard isListening else { return }
        poller.ignore(descriptor)
        isListening = false
    }

    /// Takes no new connection ever again.
    mutating func close() {
        pause()
        listener = nil
    }

    /// The next connection, or nil where none waits.
    mutating func accept() throws(TransportError) -> SocketTransport? { try listener?.accept() }
}

/// Why the daemon could not start.
struct StartError: Error {
    let message: Message

    init(_ text: StaticString, _ error: SystemError) {
        var message = Message(text)
        message.add(systemError: error.number)
        self.message = message
    }

    init(_ settings: TunnelSettings, _ text: StaticString) {
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
