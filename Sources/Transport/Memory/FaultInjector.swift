// A transport that behaves as badly as a stream may, and worse where told so: cuts reads and writes into any sizes,
// would-blocks in between, a sudden end, a corrupted byte, a broken write. Everything follows from its schedule, so
// that a failure can be played again.
import Bytes
import CLinux

/// What goes wrong, and where. Positions count the bytes of one direction from 0.
public struct FaultSchedule: Sendable {
    /// The largest read, one after the other and round again; nothing listed is no cutting.
    public var readSizes: FixedList<16, Int>
    /// The largest write, likewise.
    public var writeSizes: FixedList<16, Int>
    /// Every so many reads and writes one answers that it would block; 0 is never, 1 is not allowed (nothing would move)
    /// and means 2.
    public var wouldBlockEvery = 0
    /// The stream ends after that many bytes read.
    public var endOfStreamAt: Int?
    /// A write fails with a broken pipe after that many bytes written.
    public var brokenPipeAt: Int?
    /// The byte read at this position is changed…
    public var corruptReadAt: Int?
    /// …the byte written at this position is changed…
    public var corruptWriteAt: Int?
    /// …by exclusive or with this.
    public var corruption: UInt8 = 0x01

    /// No fault at all.
    public init() {
        readSizes = FixedList(filler: 0)
        writeSizes = FixedList(filler: 0)
    }

    /// Every read and write moves at most `size` bytes.
    public init(pieces size: Int) {
        self.init()
        readSizes.append(size)
        writeSizes.append(size)
    }
}

/// Passes on to another transport, with the faults of a schedule.
public struct FaultInjector<Inner: Transport & ~Copyable>: ~Copyable, Transport {
    /// The transport that does the work.
    public var inner: Inner
    /// What goes wrong.
    public var schedule: FaultSchedule
    /// Bytes read so far.
    public private(set) var bytesRead = 0
    /// Bytes written so far.
    public private(set) var bytesWritten = 0
    private var reads = 0
    private var writes = 0
    private var calls = 0
    /// The last call was made to block: the wait that follows ends at once.
    private var blockedByUs = false

    public init(_ inner: consuming Inner, schedule: FaultSchedule) {
        self.inner = inner
        self.schedule = schedule
    }

    public mutating func read(into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        guard buffer.count > 0 else { return .bytes(0) }
        if shouldBlock() { return .wouldBlock }
        var limit = Self.size(schedule.readSizes, turn: reads, wanted: buffer.count)
        if let end = schedule.endOfStreamAt {
            guard bytesRead < end else { return .endOfStream }
            limit = min(limit, end - bytesRead)
        }
        var piece = buffer._mutatingExtracting(0..<limit)
        let outcome = try inner.read(into: &piece)
        guard case .bytes(let count) = outcome else { return outcome }
        if let place = schedule.corruptReadAt, place >= bytesRead, place - bytesRead < count {
            buffer[place - bytesRead] ^= schedule.corruption
        }
        bytesRead += count
        reads += 1
        return outcome
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        guard bytes.count > 0 else { return .bytes(0) }
        if shouldBlock() { return .wouldBlock }
        var limit = Self.size(schedule.writeSizes, turn: writes, wanted: bytes.count)
        if let end = schedule.brokenPipeAt {
            guard bytesWritten < end else { throw TransportError(.write, .system(SWL_EPIPE)) }
            limit = min(limit, end - bytesWritten)
        }
        if let place = schedule.corruptWriteAt, place >= bytesWritten, place - bytesWritten < limit {
            return try writeCorrupted(bytes, before: place - bytesWritten)
        }
        return try passOn(bytes.extracting(first: limit))
    }

    /// Writes what stands before the byte to be changed, or that byte alone, changed.
    private mutating func writeCorrupted(_ bytes: Span<UInt8>, before place: Int) throws(TransportError) -> WriteOutcome
    {
        guard place == 0 else { return try passOn(bytes.extracting(first: place)) }
        let changed: InlineArray<1, UInt8> = [bytes[0] ^ schedule.corruption]
        return try passOn(changed.span)
    }

    private mutating func passOn(_ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        let outcome = try inner.write(bytes)
        if case .bytes(let count) = outcome {
            bytesWritten += count
            writes += 1
        }
        return outcome
    }

    public mutating func finishWriting() throws(TransportError) { try inner.finishWriting() }

    public mutating func wait(for readiness: Readiness, milliseconds: Int32?) throws(TransportError) -> Bool {
        if blockedByUs { return true }
        if readiness.wantsReading, let end = schedule.endOfStreamAt, bytesRead >= end { return true }
        if readiness.wantsWriting, let end = schedule.brokenPipeAt, bytesWritten >= end { return true }
        return try inner.wait(for: readiness, milliseconds: milliseconds)
    }

    /// Whether this call is one of those that would block.
    private mutating func shouldBlock() -> Bool {
        calls += 1
        blockedByUs = schedule.wouldBlockEvery > 0 && calls % max(schedule.wouldBlockEvery, 2) == 0
        return blockedByUs
    }

    /// How many bytes the call of that `turn` may move; at least one.
    private static func size(_ sizes: FixedList<16, Int>, turn: Int, wanted: Int) -> Int {
        guard sizes.count > 0 else { return wanted }
        return min(wanted, max(sizes.elements[turn % sizes.count], 1))
    }
}
