// A transport that tells somebody what passes through another one.

/// Hears what passes through a `Tracer`.
public protocol TransportObserver: ~Copyable {
    /// These bytes arrived.
    mutating func didRead(_ bytes: Span<UInt8>)
    /// These bytes were taken by the stream, in one write.
    mutating func didWrite(_ bytes: Span<UInt8>)
    /// The peer sends no more.
    mutating func didReachEnd()
}

/// Passes everything on to another transport, and what moved to an observer.
public struct Tracer<Inner: Transport & ~Copyable, Observer: TransportObserver & ~Copyable>: ~Copyable, Transport {
    /// The transport that does the work.
    public var inner: Inner
    /// Who hears of it.
    public var observer: Observer

    public init(_ inner: consuming Inner, observer: consuming Observer) {
        self.inner = inner
        self.observer = observer
    }

    public mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        let outcome = try inner.read(into: &buffer)
        switch outcome {
        case .bytes(let count): observer.didRead(buffer.span.extracting(first: count))
        case .endOfStream: observer.didReachEnd()
        case .wouldBlock: break
        }
        return outcome
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        let outcome = try inner.write(bytes)
        if case .bytes(let count) = outcome { observer.didWrite(bytes.extracting(first: count)) }
        return outcome
    }

    public mutating func finishWriting() throws(TransportError) { try inner.finishWriting() }

    public mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool {
        try inner.wait(for: readiness, milliseconds: milliseconds)
    }
}

extension Tracer: DescriptorTransport where Inner: DescriptorTransport & ~Copyable, Observer: ~Copyable {
    public var readingDescriptor: Int32 { inner.readingDescriptor }
    public var writingDescriptor: Int32 { inner.writingDescriptor }
}

/// An observer that counts.
public struct TransportCounter: TransportObserver, Equatable, Sendable {
    /// Bytes that arrived.
    public private(set) var bytesRead = 0
    /// Bytes that left.
    public private(set) var bytesWritten = 0
    /// Reads that brought bytes.
    public private(set) var reads = 0
    /// Writes that took bytes.
    public private(set) var writes = 0
    /// Runs of writes with no read between them: the flights of a handshake, on our side.
    public private(set) var flights = 0
    private var isWriting = false

    public init() {}

    public mutating func didRead(_ bytes: Span<UInt8>) {
        bytesRead &+= bytes.count
        reads &+= 1
        isWriting = false
    }

    public mutating func didWrite(_ bytes: Span<UInt8>) {
        bytesWritten &+= bytes.count
        writes &+= 1
        if !isWriting { flights &+= 1 }
        isWriting = true
    }

    public mutating func didReachEnd() {}
}
