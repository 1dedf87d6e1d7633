// A stream that counts what goes through it: the bytes of TLS, and the flights of the handshake.
import Transport

/// A stream with counters.
struct CountedStream: ~Copyable, DescriptorTransport {
    /// The stream itself.
    var stream: EndpointTransport
    /// Bytes sent.
    private(set) var bytesSent = 0
    /// Bytes received.
    private(set) var bytesReceived = 0
    /// How many times something was sent, at the beginning or after bytes from the peer; until `endFlights`.
    private(set) var flights = 0
    private var isSending = false
    private var countsFlights = true

    init(_ stream: consuming EndpointTransport) { self.stream = stream }

    var readingDescriptor: Int32 { stream.readingDescriptor }
    var writingDescriptor: Int32 { stream.writingDescriptor }

    /// The handshake is over.
    mutating func endFlights() { countsFlights = false }

    mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        let outcome = try stream.read(into: &buffer)
        if case .bytes(let count) = outcome {
            bytesReceived += count
            isSending = false
        }
        return outcome
    }

    mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        let outcome = try stream.write(bytes)
        if case .bytes(let count) = outcome {
            bytesSent += count
            if countsFlights, !isSending { flights += 1 }
            isSending = true
        }
        return outcome
    }

    mutating func finishWriting() throws(TransportError) { try stream.finishWriting() }

    mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool {
        try stream.wait(for: readiness, milliseconds: milliseconds)
    }
}
