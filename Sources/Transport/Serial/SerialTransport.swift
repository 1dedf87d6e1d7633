// A serial port as it is: for lines that lose nothing, and for talking to a program at the other end that knows nothing of
// the link. A line has no connect and no end: `finishWriting` does nothing, and only a port that goes away ends the stream.
import CLinux

/// A stream over a serial port.
public struct SerialTransport: ~Copyable, DescriptorTransport {
    /// The port, for an epoll loop.
    public let descriptor: Int32
    private let isOwned: Bool
    public var readingDescriptor: Int32 { descriptor }
    public var writingDescriptor: Int32 { descriptor }

    /// Opens a port.
    /// - Throws: `TransportError` with operation `.open`.
    public init(opening settings: SerialSettings) throws(TransportError) {
        descriptor = try SerialPort.open(settings)
        isOwned = true
    }

    /// A stream over a port that stays open when the stream ends, and is not closed before.
    init(borrowing descriptor: Int32) {
        self.descriptor = descriptor
        isOwned = false
    }

    deinit { if isOwned { _ = swl_close(descriptor) } }

    public mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        try SerialPort.read(descriptor, into: &buffer)
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        try SerialPort.write(descriptor, bytes)
    }

    public mutating func finishWriting() {}

    public mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool {
        try DescriptorIO.wait(
            reading: descriptor, writing: descriptor, for: readiness, milliseconds: milliseconds)
    }

    /// Whether bytes written are still on their way out.
    public var isDelivering: Bool { SerialPort.queued(descriptor) > 0 }
}
