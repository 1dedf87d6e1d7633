// A connected stream socket, TCP or Unix. The handle owns the descriptor and closes it when it ends.
import CLinux

/// A stream over a socket.
public struct SocketTransport: ~Copyable, DescriptorTransport {
    /// The socket, for an epoll loop. It is owned by this handle: do not close it.
    public let descriptor: Int32
    public var readingDescriptor: Int32 { descriptor }
    public var writingDescriptor: Int32 { descriptor }
    /// Whether the connection is still being made: `finishConnecting` when the socket is writable.
    public private(set) var isConnecting: Bool
    private var hasFinishedWriting = false

    /// A handle for a connected socket, which it now owns. The socket is made non-blocking.
    /// - Throws: `TransportError` with operation `.configure`; the descriptor is closed then.
    public init(owning descriptor: Int32) throws(TransportError) {
        self.descriptor = descriptor
        isConnecting = false
        let result = swl_set_non_blocking(descriptor, 1)
        guard result >= 0 else { throw TransportError(.configure, code: Int(result)) }
    }

    /// A handle for a socket that is non-blocking already.
    init(adopting descriptor: Int32, isConnecting: Bool) {
        self.descriptor = descriptor
        self.isConnecting = isConnecting
    }

    /// Begins to connect to one address; see `isConnecting`.
    /// - Throws: `TransportError` with operation `.connect`. `EAGAIN` means that the queue of a Unix socket's listener
    ///   is full: try again later.
    public init(connectingTo address: SocketAddress) throws(TransportError) {
        let (descriptor, pending) = try Self.beginConnecting(to: address)
        self.init(adopting: descriptor, isConnecting: pending)
    }

    /// Connects to an endpoint: to each of its addresses in turn until one answers.
    /// - Parameters:
    ///   - milliseconds: for all of it, the resolver's own time excepted; nil is no limit.
    ///   - names: whether the system's resolver may be asked.
    /// - Throws: `TransportError`; of several addresses, the last one's error.
    public init(
        connectingTo endpoint: Endpoint, milliseconds: Int32?, names: SocketAddresses.NamePolicy = .lookUp
    ) throws(TransportError) {
        if case .tcp(let endpoint) = endpoint, endpoint.port == 0 {
            throw TransportError(.connect, .unusable(.portZero))
        }
        let addresses = try SocketAddresses(of: endpoint, names: names)
        let deadline = Deadline.after(milliseconds: milliseconds)
        self.init(adopting: try Self.connect(toAnyOf: addresses, by: deadline), isConnecting: false)
    }

    private static func connect(
        toAnyOf addresses: SocketAddresses, by deadline: Deadline
    ) throws(TransportError) -> Int32 {
        for index in 0..<(addresses.count - 1) where !deadline.hasPassed {
            // The next address may answer where this one did not.
            do throws(TransportError) { return try connect(to: addresses[index], by: deadline) } catch { continue }
        }
        return try connect(to: addresses[addresses.count - 1], by: deadline)
    }

    private static func beginConnecting(to address: SocketAddress) throws(TransportError) -> (Int32, pending: Bool) {
        var pending: Int32 = 0
        // Both pointers are to local values, and the call keeps neither.
        let result = unsafe withUnsafePointer(to: address.raw) { unsafe swl_connect($0, &pending) }
        guard result >= 0 else { throw TransportError(.connect, code: Int(result)) }
        return (result, pending != 0)
    }

    /// A descriptor connected to `address`.
    private static func connect(to address: SocketAddress, by deadline: Deadline) throws(TransportError) -> Int32 {
        while true {
            do throws(TransportError) {
                let (descriptor, pending) = try beginConnecting(to: address)
                guard pending else { return descriptor }
                do throws(TransportError) {
                    let done = try isConnected(descriptor, milliseconds: deadline.remaining)
                    if done { return descriptor }
                    throw TransportError(.connect, .timedOut)
                } catch {
                    _ = swl_close(descriptor)
                    throw error
                }
            } catch {
                // Only the full queue of a Unix listener answers EAGAIN, and nothing can be waited for but time.
                guard error.reason == .system(SWL_EAGAIN) else { throw error }
                guard !deadline.hasPassed else { throw TransportError(.connect, .timedOut) }
                swl_sleep_milliseconds(10)
            }
        }
    }

    private static func isConnected(_ descriptor: Int32, milliseconds: Int32?) throws(TransportError) -> Bool {
        let ready = try DescriptorIO.wait(
            reading: -1, writing: descriptor, for: .writable, milliseconds: milliseconds)
        guard ready else { return false }
        let result = swl_connect_result(descriptor)
        guard result >= 0 else { throw TransportError(.connect, code: Int(result)) }
        return true
    }

    deinit { _ = swl_close(descriptor) }

    /// Waits for the connection to be made.
    /// - Parameter milliseconds: how long at most; nil is no limit, 0 only looks.
    /// - Returns: whether it is made; false where it still is not.
    /// - Throws: `TransportError` with operation `.connect` where the peer or the network refused.
    public mutating func finishConnecting(milliseconds: Int32?) throws(TransportError) -> Bool {
        guard isConnecting else { return true }
        isConnecting = try !Self.isConnected(descriptor, milliseconds: milliseconds)
        return !isConnecting
    }

    public mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        try DescriptorIO.read(descriptor, .socket, into: &buffer)
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        guard !hasFinishedWriting else { throw TransportError(.write, .finished) }
        return try DescriptorIO.write(descriptor, .socket, bytes)
    }

    public mutating func finishWriting() throws(TransportError) {
        guard !hasFinishedWriting else { return }
        hasFinishedWriting = true
        let result = swl_shutdown_write(descriptor)
        // A peer that is gone already has heard everything that it wants to.
        guard result >= 0 || result == -SWL_ENOTCONN else { throw TransportError(.finishWriting, code: Int(result)) }
    }

    public mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool {
        try DescriptorIO.wait(
            reading: descriptor, writing: descriptor, for: readiness, milliseconds: milliseconds)
    }

    /// Where the socket leads to.
    /// - Throws: `TransportError` with operation `.configure`.
    public func peerAddress() throws(TransportError) -> SocketAddress {
        var address = SocketAddress()
        // The call writes the one address.
        let result = unsafe swl_peer_address(descriptor, &address.raw)
        guard result >= 0 else { throw TransportError(.configure, code: Int(result)) }
        return address
    }

    /// Notices a TCP peer that is gone without a word: probes after `idle` seconds of silence, every `interval` seconds,
    /// and gives up after `probes`. Nothing for a Unix socket.
    public func setKeepAlive(idle: Int32, interval: Int32, probes: Int32) {
        // A refusal leaves the system's own setting, which is no fault of the stream.
        _ = swl_set_keepalive(descriptor, idle, interval, probes)
    }

    /// Two connected sockets, each to be owned with `init(owning:)`.
    /// - Throws: `TransportError` with operation `.connect`.
    public static func makePair() throws(TransportError) -> (Int32, Int32) {
        var one: Int32 = -1
        var other: Int32 = -1
        // The call writes the two numbers.
        let result = unsafe swl_socket_pair(&one, &other)
        guard result >= 0 else { throw TransportError(.connect, code: Int(result)) }
        return (one, other)
    }
}
