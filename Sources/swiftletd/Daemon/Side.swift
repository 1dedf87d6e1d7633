// One of the two sockets of a session, with what is known of its readiness: a socket is told of once by epoll, so what
// was told is remembered here until a call would block.
import Bytes
import CLinux
import Transport

/// A socket, or none yet.
struct Side: ~Copyable {
    private var transport: SocketTransport?
    /// Whether a read may answer something.
    private(set) var isReadable = false
    /// Whether a write may take something.
    private(set) var isWritable = false
    /// The peer sends no more.
    private(set) var hasEnded = false
    /// We have said that we send no more.
    private(set) var hasFinished = false

    /// No socket.
    init() { transport = nil }

    /// A connected socket, or one that connects.
    init(_ transport: consuming SocketTransport) {
        isWritable = !transport.isConnecting
        self.transport = consume transport
    }

    /// The descriptor, or -1.
    var descriptor: Int32 {
        switch transport {
        case .some(let transport): transport.descriptor
        case .none: -1
        }
    }

    /// Whether there is a socket.
    var isOpen: Bool { descriptor >= 0 }

    /// Takes note of what epoll told.
    mutating func note(_ event: Event) {
        if event.isReadable { isReadable = true }
        if event.isWritable { isWritable = true }
    }

    /// Whether the connection is made; false while it is being made.
    mutating func finishConnecting() throws(TransportError) -> Bool {
        let isConnected = try transport?.finishConnecting(milliseconds: 0) ?? false
        if isConnected { isWritable = true }
        return isConnected
    }

    /// Reads what there is.
    mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        guard isReadable, !hasEnded else { return .wouldBlock }
        let outcome = try transport?.read(into: &buffer) ?? .wouldBlock
        if outcome == .wouldBlock { isReadable = false }
        if outcome == .endOfStream { hasEnded = true }
        return outcome
    }

    /// Writes what there is room for.
    /// - Returns: how many bytes were taken; 0 means that there was no room.
    mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> Int {
        guard isWritable, !bytes.isEmpty else { return 0 }
        switch try transport?.write(bytes) ?? .wouldBlock {
        case .bytes(let count): return count
        case .wouldBlock:
            isWritable = false
            return 0
        }
    }

    /// Says that we send no more.
    mutating func finishWriting() throws(TransportError) {
        guard !hasFinished else { return }
        hasFinished = true
        try transport?.finishWriting()
    }

    /// Notices a peer that is gone without a word.
    mutating func setKeepAlive() { transport?.setKeepAlive(idle: 60, interval: 15, probes: 4) }

    /// Closes the socket.
    mutating func close() {
        transport = nil
        isReadable = false
        isWritable = false
    }

    /// Closes the socket so that its peer cannot take it for a clean end: TCP sends a reset. (A Unix socket has none.)
    mutating func reset() {
        if isOpen { _ = swl_reset_on_close(descriptor) }
        close()
    }
}
