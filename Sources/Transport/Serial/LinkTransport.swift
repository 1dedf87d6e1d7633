// A channel of the reliable link as a stream. The line below must be served whenever its descriptor is readable, whether or
// not the stream is read: `service`. Whatever ends a channel ends the stream, never TLS: a restart of the peer or a DISC
// without close_notify before it is what TLS calls a truncation (RFC 8446 §6.1).
import CLinux

/// A stream over a channel of a serial line.
public struct LinkTransport: ~Copyable, DescriptorTransport {
    private let line: LineReference
    private let channel: Int
    /// The line's: readable when `service` is to be called.
    public var descriptor: Int32 { line.descriptor }
    public var readingDescriptor: Int32 { line.descriptor }
    public var writingDescriptor: Int32 { line.descriptor }

    /// Begins to open a channel to the peer: see `isConnecting`.
    /// - Throws: `TransportError` with operation `.connect`.
    public init(connectingOver line: LineReference, channel: Int) throws(TransportError) {
        try line.open(channel, initiates: true)
        self.init(adopting: line, channel: channel)
    }

    /// A stream over a channel that the peer has opened.
    init(adopting line: LineReference, channel: Int) {
        self.line = line
        self.channel = channel
    }

    /// The channel is somebody else's now.
    private var isGivenUp = false

    // A stream that is dropped before its end is broken off.
    deinit { if !isGivenUp, !isOver { line.finish(channel, atOnce: true) } }

    /// Breaks the channel off unless it is over, and lets go of it.
    public mutating func breakOff() {
        if !isGivenUp, !isOver { line.finish(channel, atOnce: true) }
        isGivenUp = true
    }

    /// Whether the peer has not answered yet.
    public var isConnecting: Bool { line.status(channel) == .opening }

    /// Waits for the channel to be open.
    /// - Parameter milliseconds: how long at most; nil is no limit, 0 only looks.
    /// - Returns: false where it still is not.
    /// - Throws: `TransportError` with operation `.connect`.
    public mutating func finishConnecting(milliseconds: Int32?) throws(TransportError) -> Bool {
        let deadline = Deadline.after(milliseconds: milliseconds)
        while isConnecting, milliseconds != 0 {
            guard try waitForLine(deadline) else { break }
        }
        if case .ended(let event) = line.status(channel) {
            throw Self.failure(.connect, event) ?? TransportError(.connect, .unusable(.peerLeft))
        }
        return !isConnecting
    }

    public mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        guard !buffer.isEmpty else { return .bytes(0) }
        let count = line.read(channel, into: &buffer)
        if count > 0 { return .bytes(count) }
        guard case .ended(let event) = line.status(channel) else { return .wouldBlock }
        if let failure = Self.failure(.read, event) { throw failure }
        return .endOfStream
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        guard !isOver else { throw TransportError(.write, .unusable(.peerLeft)) }
        let count = line.write(bytes, to: channel)
        return count > 0 || bytes.isEmpty ? .bytes(count) : .wouldBlock
    }

    /// Does nothing: DISC would end the other direction as well, so it waits for `finish`.
    public mutating func finishWriting() {}

    /// Failures that are more than an end of the stream.
    private static func failure(_ operation: TransportError.Operation, _ event: LinkEvent) -> TransportError? {
        switch event {
        case .failed(.noAnswer): TransportError(operation, .unusable(.peerSilent))
        case .failed(.loopedBack): TransportError(operation, .unusable(.loopedBack))
        case .failed(.rejected), .failed(.protocolError): TransportError(operation, .unusable(.linkFault))
        case .failed(.disconnected), .peerRestarted, .closed, .established: nil
        }
    }

    /// Does what there is to do on the line.
    public func service() { line.service() }

    public mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool {
        // What is there is known only by reading; so any news of the line ends the wait, and the caller tries again.
        try waitForLine(Deadline.after(milliseconds: milliseconds))
    }

    private func waitForLine(_ deadline: Deadline) throws(TransportError) -> Bool {
        let isReady = try DescriptorIO.wait(
            reading: line.descriptor, writing: -1, for: .readable, milliseconds: deadline.remaining)
        line.service()
        return isReady
    }

    /// Whether the channel has ended.
    public var isOver: Bool {
        switch line.status(channel) {
        case .closed, .ended: true
        case .opening, .established: false
        }
    }

    /// Whether bytes written are still on their way.
    public var isDelivering: Bool { !line.hasDelivered(channel) }

    /// Ends the channel when everything written has arrived: wait for `isOver`.
    public mutating func finish() { line.finish(channel, atOnce: false) }

    /// Ends the channel, and waits until the peer knows.
    /// - Parameter milliseconds: how long at most; then it is broken off.
    public mutating func finish(milliseconds: Int32) {
        let deadline = Deadline.after(milliseconds: milliseconds)
        line.finish(channel, atOnce: false)
        while !isOver, !deadline.hasPassed {
            // Where nothing can be waited for there is nothing left but to break off.
            do throws(TransportError) { _ = try waitForLine(deadline) } catch { return }
        }
    }
}
