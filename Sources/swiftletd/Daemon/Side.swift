// One of the two streams of a session, with what is known of its readiness: a descriptor is told of once by epoll, so what
// was told is remembered here until a call would block. A channel of the link has no descriptor of its own, and is told of
// whenever something happens on its line.
import Bytes
import CLinux
import Transport

/// A stream, or none yet.
struct Side: ~Copyable {
    private var transport: EndpointTransport?
    /// The descriptor, or -1.
    private(set) var descriptor: Int32 = -1
    /// Whether it is a channel of the link.
    private(set) var isLink = false
    /// Whether the peer can say that it sends no more, and be heard thereafter. A serial line has no such thing.
    private(set) var halfCloses = true
    /// Whether a read may answer something.
    private(set) var isReadable = false
    /// Whether a write may take something.
    private(set) var isWritable = false
    /// The peer sends no more.
    private(set) var hasEnded = false
    /// We have said that we send no more.
    private(set) var hasFinished = false

    /// No stream.
    init() { transport = nil }

    /// A connected stream, or one that connects.
    init(_ transport: consuming EndpointTransport) {
        var transport = transport
        isWritable = !transport.isConnecting
        isLink = transport.isLink
        // What came before the stream was taken is no news that epoll would tell.
        isReadable = isLink
        halfCloses = transport.halfCloses
        descriptor = transport.descriptor
        self.transport = consume transport
    }

    /// Whether there is a stream.
    var isOpen: Bool { descriptor >= 0 }

    /// Takes note of news of the line below.
    /// - Returns: whether there is one.
    mutating func noteLine() -> Bool {
        guard isLink, isOpen else { return false }
        isReadable = true
        isWritable = true
        return true
    }

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

    /// Closes the stream.
    mutating func close() {
        transport = nil
        descriptor = -1
        isReadable = false
        isWritable = false
    }

    /// Closes the stream once everything written has arrived, which takes time only over the link: see `isOpen`.
    mutating func finish() {
        transport?.finish()
        closeIfOver()
    }

    /// Closes a stream that has come to its end.
    mutating func closeIfOver() { if transport?.isOver ?? true { close() } }

    /// Closes the stream so that its peer cannot take it for a clean end: TCP sends a reset, the link breaks off. (A Unix
    /// socket has no such thing.)
    mutating func reset() {
        transport?.breakOff()
        close()
    }

    /// Where the stream leads to, if it is a socket.
    var peerAddress: SocketAddress? {
        mutating get { transport?.peerAddress ?? nil }
    }
}
