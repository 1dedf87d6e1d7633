// Two ends of a stream in memory, for tests and the self-test: what one end writes the other reads, through a queue of
// fixed capacity each way. One thread drives both ends.
//
// Both ends look at one block of memory: the state of two queues, then their bytes, half of the rest each.
import Bytes

/// One end of a stream in memory.
///
/// Waiting never blocks, since nobody else could make it end: it answers at once whether the readiness holds.
@safe public struct LoopbackEnd: ~Copyable, Transport {
    /// Which of the two ends.
    public enum Side: Sendable { case first, second }

    /// Bytes of memory that a line with `capacity` bytes each way needs.
    public static func memoryBytes(capacity: Int) -> Int { stateBytes + 2 * capacity }

    private static var stateBytes: Int { 2 * MemoryLayout<LoopbackQueue>.stride }

    private let incoming: UnsafeMutablePointer<LoopbackQueue>
    private let outgoing: UnsafeMutablePointer<LoopbackQueue>

    /// One end over `memory`. Make the first end first: it makes the line empty.
    /// - Parameter memory: of `memoryBytes(capacity:)`, aligned for a pointer; must stay where it is and serve nothing
    ///   else for as long as either end exists. Too little memory is a line without room.
    public init(unsafe memory: UnsafeMutableRawBufferPointer, _ side: Side) {
        precondition(memory.count >= Self.stateBytes, "no room for the state of two queues")
        let base = unsafe memory.baseAddress.unsafelyUnwrapped  // a buffer with bytes has an address
        let queues = unsafe base.bindMemory(to: LoopbackQueue.self, capacity: 2)
        if side == .first {
            let capacity = (memory.count - Self.stateBytes) / 2
            for index in 0..<2 {
                // Within `memory` by the computation of `capacity`.
                let bytes = unsafe (base + Self.stateBytes + index * capacity).bindMemory(
                    to: UInt8.self, capacity: capacity)
                unsafe (queues + index).initialize(to: LoopbackQueue(bytes: bytes, capacity: capacity))
            }
        }
        unsafe incoming = side == .first ? queues : queues + 1
        unsafe outgoing = side == .first ? queues + 1 : queues
    }

    public mutating func read(into buffer: inout MutableSpan<UInt8>) -> ReadOutcome {
        // The queues outlive their ends, and one thread drives both.
        unsafe incoming.pointee.take(into: &buffer)
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        // As in `read`.
        try unsafe outgoing.pointee.put(bytes)
    }

    public mutating func finishWriting() {
        // As in `read`.
        unsafe outgoing.pointee.isFinished = true
    }

    public mutating func wait(for readiness: Readiness, milliseconds: Int32?) -> Bool {
        // As in `read`.
        let canRead = unsafe incoming.pointee.isReadable
        let canWrite = unsafe outgoing.pointee.isWritable
        return (readiness.wantsReading && canRead) || (readiness.wantsWriting && canWrite)
    }
}

/// A ring of bytes.
@safe private struct LoopbackQueue {
    private let bytes: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var start = 0
    private var count = 0
    var isFinished = false

    init(bytes: UnsafeMutablePointer<UInt8>, capacity: Int) {
        unsafe self.bytes = bytes
        self.capacity = capacity
    }

    var isReadable: Bool { count > 0 || isFinished }
    var isWritable: Bool { count < capacity || isFinished }

    mutating func take(into buffer: inout MutableSpan<UInt8>) -> ReadOutcome {
        let moved = min(buffer.count, count)
        guard moved > 0 else { return buffer.count == 0 ? .bytes(0) : isFinished ? .endOfStream : .wouldBlock }
        for index in 0..<moved {
            // The remainder keeps within the `capacity` bytes.
            buffer[index] = unsafe bytes[(start + index) % capacity]
        }
        start = (start + moved) % capacity
        count -= moved
        return .bytes(moved)
    }

    mutating func put(_ source: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        guard !isFinished else { throw TransportError(.write, .finished) }
        let moved = min(source.count, capacity - count)
        guard moved > 0 else { return source.count == 0 ? .bytes(0) : .wouldBlock }
        for index in 0..<moved {
            // As in `take`.
            unsafe bytes[(start + count + index) % capacity] = source[index]
        }
        count += moved
        return .bytes(moved)
    }
}
