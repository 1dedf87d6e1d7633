// A stream to wherever an endpoint leads, and a listener at any of them: the same code carries TCP, Unix sockets, serial
// ports and channels of the link.
//
// A stream over the link does not move by itself: `service` is to be called whenever its descriptor is readable.
import Bytes
import CLinux

/// A stream of any kind.
public struct EndpointTransport: ~Copyable, DescriptorTransport {
    // Exactly one of them is there. (A borrowed enum with noncopyable payloads cannot be looked into.)
    private var socket: SocketTransport?
    private var serial: SerialTransport?
    private var link: LinkTransport?
    /// What is to be waited for.
    public let descriptor: Int32
    public var readingDescriptor: Int32 { descriptor }
    public var writingDescriptor: Int32 { descriptor }
    /// Whether it is a channel of the link.
    public let isLink: Bool
    /// Whether each direction ends by itself, as a socket's do and a serial line's do not.
    public let halfCloses: Bool

    public init(_ socket: consuming SocketTransport) {
        descriptor = socket.descriptor
        (isLink, halfCloses) = (false, true)
        self.socket = consume socket
    }

    public init(_ serial: consuming SerialTransport) {
        descriptor = serial.descriptor
        (isLink, halfCloses) = (false, false)
        self.serial = consume serial
    }

    public init(_ link: consuming LinkTransport) {
        descriptor = link.descriptor
        (isLink, halfCloses) = (true, false)
        self.link = consume link
    }

    /// What its descriptor is to be polled for where `readiness` is wanted: the link's has its own idea of it.
    public func polled(for readiness: Readiness?) -> Readiness? { isLink ? .readable : readiness }

    /// Does what there is to do on a link's line; nothing for others.
    public mutating func service() { link?.service() }

    /// Whether the connection is still being made: `finishConnecting` when the descriptor is ready.
    public var isConnecting: Bool {
        mutating get { socket?.isConnecting ?? link?.isConnecting ?? false }
    }

    /// Waits for the connection to be made.
    /// - Parameter milliseconds: how long at most; nil is no limit, 0 only looks.
    /// - Returns: whether it is made.
    public mutating func finishConnecting(milliseconds: Int32?) throws(TransportError) -> Bool {
        if let isMade = try socket?.finishConnecting(milliseconds: milliseconds) { return isMade }
        return try link?.finishConnecting(milliseconds: milliseconds) ?? true
    }

    public mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        if let outcome = try socket?.read(into: &buffer) { return outcome }
        if let outcome = try serial?.read(into: &buffer) { return outcome }
        return try link?.read(into: &buffer) ?? .endOfStream
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        if let outcome = try socket?.write(bytes) { return outcome }
        if let outcome = try serial?.write(bytes) { return outcome }
        return try link?.write(bytes) ?? .wouldBlock
    }

    public mutating func finishWriting() throws(TransportError) { try socket?.finishWriting() }

    public mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool {
        if let isReady = try socket?.wait(for: readiness, milliseconds: milliseconds) { return isReady }
        if let isReady = try serial?.wait(for: readiness, milliseconds: milliseconds) { return isReady }
        return try link?.wait(for: readiness, milliseconds: milliseconds) ?? true
    }

    /// Whether bytes written are still on their way over a serial line, so that it is too early to wonder at the peer's silence.
    public var isDelivering: Bool {
        mutating get { serial?.isDelivering ?? link?.isDelivering ?? false }
    }

    /// Ends a channel of the link once everything written has arrived: wait for `isOver`. Other streams end by being dropped.
    public mutating func finish() { link?.finish() }

    /// Whether nothing is left to be done for the end: always, but for the link.
    public var isOver: Bool {
        mutating get { link?.isOver ?? true }
    }

    /// Ends the stream, and waits until the peer of a link knows.
    /// - Parameter milliseconds: how long at most.
    public mutating func finish(milliseconds: Int32) { link?.finish(milliseconds: milliseconds) }

    /// Where a socket leads to; nil for serial lines, which have no address.
    public var peerAddress: SocketAddress? {
        mutating get {
            do throws(TransportError) { return try socket?.peerAddress() } catch { return nil }
        }
    }

    /// Notices a TCP peer that is gone without a word; see `SocketTransport`.
    public mutating func setKeepAlive(idle: Int32, interval: Int32, probes: Int32) {
        socket?.setKeepAlive(idle: idle, interval: interval, probes: probes)
    }

    /// Makes an end that nobody takes for a clean one: TCP sends a reset when the stream is dropped, which is to be done now;
    /// the link breaks off at once.
    public mutating func breakOff() {
        if socket != nil { _ = swl_reset_on_close(descriptor) }
        link?.breakOff()
    }
}

/// A listener of any kind.
public struct EndpointListener: ~Copyable {
    // Exactly one of them is there.
    private var socket: Listener?
    private var serial: SerialListener?
    private var link: LinkListener?
    /// The address of a socket, with the port that the system chose; nil for serial lines.
    public let address: SocketAddress?

    public init(_ socket: consuming Listener) {
        address = socket.localAddress
        self.socket = consume socket
    }

    public init(_ serial: consuming SerialListener) {
        address = nil
        self.serial = consume serial
    }

    public init(_ link: consuming LinkListener) {
        address = nil
        self.link = consume link
    }

    /// Readable when `accept` may answer something; -1 for nothing to wait for.
    public var descriptor: Int32 {
        mutating get { socket?.descriptor ?? serial?.descriptor ?? link?.descriptor ?? -1 }
    }

    /// When `accept` is to be called although nothing is readable, in milliseconds; nil for never.
    public var deadline: Int64? {
        mutating get {
            guard let deadline = serial?.deadline else { return nil }
            return deadline
        }
    }

    /// The next connection, or nil where none waits.
    public mutating func accept() throws(TransportError) -> EndpointTransport? {
        if let accepted = try socket?.accept() { return EndpointTransport(accepted) }
        if let accepted = serial?.accept() { return EndpointTransport(accepted) }
        link?.service()
        guard let accepted = try link?.accept() else { return nil }
        return EndpointTransport(accepted)
    }

    /// Whether a serial port is there; always so for others.
    public var isPresent: Bool {
        mutating get { serial?.isPresent ?? true }
    }

    /// A connection has ended; a serial line can then take the next.
    /// - Parameter cleanly: whether both sides said so.
    public mutating func connectionEnded(cleanly: Bool) {
        serial?.connectionEnded(cleanly: cleanly)
        link?.connectionEnded()
    }
}
