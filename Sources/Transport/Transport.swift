// Transport: ordered byte streams of every kind behind one protocol, and the pump that drives a TLS connection over
// one. A TLS connection needs an ordered, reliable stream (RFC 8446 §1); nothing in `TLS` knows where it comes from.
//
// Invariants:
// - no heap allocation, no thread, no hidden clock: whoever waits says for how long;
// - `read` and `write` never block; blocking is `wait`, and only `wait`;
// - an interrupted call is repeated, "would block" is an outcome and not an error;
// - any count of bytes may be moved by one call: callers must bear 1 as well as all.
//
// Where to read on: `Endpoint` (how a stream is named), `SocketTransport` and `Listener` (TCP and Unix sockets),
// `FileDescriptorTransport` (standard input and output), `LoopbackEnd` (memory), `Tracer` and `FaultInjector` (wrap
// another transport), `Pump` (TLS over any of them), `Link` (what makes a serial line reliable; not a transport yet).

/// What came of asking a transport for bytes.
public enum ReadOutcome: Equatable, Sendable {
    /// That many bytes, at least one unless the buffer was empty, are at the beginning of the buffer.
    case bytes(Int)
    /// The peer sends no more. This says nothing about whether it meant to end (RFC 8446 §6.1 does).
    case endOfStream
    /// Nothing is there now: `wait(for: .readable, …)`.
    case wouldBlock
}

/// What came of giving bytes to a transport.
public enum WriteOutcome: Equatable, Sendable {
    /// That many bytes were taken, at least one unless there were none.
    case bytes(Int)
    /// There is no room now: `wait(for: .writable, …)`.
    case wouldBlock
}

/// What a transport can be waited for. (Not an `OptionSet`, whose array literal would allocate.)
public enum Readiness: UInt8, Sendable {
    /// A read would answer something: bytes, the end, or an error.
    case readable = 1
    /// A write would take something, or answer an error.
    case writable = 2
    /// Whichever comes first.
    case either = 3

    /// Whether reading is waited for.
    public var wantsReading: Bool { self != .writable }
    /// Whether writing is waited for.
    public var wantsWriting: Bool { self != .readable }
}

/// An ordered stream of bytes each way. Reading and writing never block.
public protocol Transport: ~Copyable {
    /// Takes what has arrived, up to the size of `buffer`.
    /// - Throws: `TransportError` with operation `.read`.
    mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome

    /// Sends as much of `bytes` as there is room for.
    /// - Throws: `TransportError` with operation `.write`.
    mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome

    /// Says that no more will be written (half close). Reading goes on. Calling it again does nothing.
    /// - Throws: `TransportError` with operation `.finishWriting`.
    mutating func finishWriting() throws(TransportError)

    /// Waits until `readiness` holds.
    /// - Parameter milliseconds: how long at most; nil is without limit, 0 only looks.
    /// - Returns: false when the time passed first.
    /// - Throws: `TransportError` with operation `.wait`.
    mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool
}

/// A transport over descriptors, so that several can be waited for at once.
public protocol DescriptorTransport: Transport, ~Copyable {
    /// Readable when `read` would answer something.
    var readingDescriptor: Int32 { get }
    /// Writable when `write` would take something.
    var writingDescriptor: Int32 { get }
}
