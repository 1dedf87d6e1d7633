// A stream over two descriptors that belong to somebody else: standard input and output, the ends of two pipes.
//
// They are not made non-blocking, because that would reach every process that shares them (a shell and its terminal).
// Instead each call first looks whether it would block, and a write is at most PIPE_BUF bytes: a pipe that is writable
// has room for that many (pipe(7)).
import CLinux

/// A stream that reads one descriptor and writes another, owning neither.
public struct FileDescriptorTransport: ~Copyable, DescriptorTransport {
    public let readingDescriptor: Int32
    public let writingDescriptor: Int32
    private var hasFinishedWriting = false

    private static var largestWrite: Int { 4096 }

    /// A stream over two descriptors, which must stay open for as long as it exists.
    public init(reading input: Int32, writing output: Int32) {
        readingDescriptor = input
        writingDescriptor = output
    }

    /// Standard input and standard output.
    public static var standard: FileDescriptorTransport { FileDescriptorTransport(reading: 0, writing: 1) }

    public mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        guard try wait(for: .readable, milliseconds: 0) else { return .wouldBlock }
        return try DescriptorIO.read(readingDescriptor, .other, into: &buffer)
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        guard !hasFinishedWriting else { throw TransportError(.write, .finished) }
        guard try wait(for: .writable, milliseconds: 0) else { return .wouldBlock }
        return try DescriptorIO.write(writingDescriptor, .other, bytes.extracting(first: Self.largestWrite))
    }

    /// Refuses further writes. The output stays open, since it is not ours.
    public mutating func finishWriting() { hasFinishedWriting = true }

    public mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool {
        try DescriptorIO.wait(
            reading: readingDescriptor, writing: writingDescriptor, for: readiness, milliseconds: milliseconds)
    }
}
