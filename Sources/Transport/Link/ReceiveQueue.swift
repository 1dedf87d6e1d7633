// I frames from their arrival until they are read (ISO/IEC 13239 §5.3): V(R), what came after a gap, and what waits for
// the reader.
//
// Numbers are counted without modulus: head <= expected <= highest <= head + slots. Frames from head to expected have
// arrived and wait for the reader; from there to highest some are missing.
import Bytes

/// What is known of a frame, arrived or missing.
struct ReceiveSlot {
    /// When it was asked for by SREJ.
    var requestedAt: Int64 = 0
    var count: UInt16 = 0
    var hasArrived = false
    /// How often it was asked for, up to two.
    var requests: UInt8 = 0
    /// To be asked for now, the time since the last request notwithstanding.
    var isDue = false
}

/// A ring of frames received.
struct ReceiveQueue: ~Copyable {
    private var memory: Region
    private let slots: Int
    private let frame: Int
    private var slot = InlineArray<64, ReceiveSlot>(repeating: ReceiveSlot())
    /// The first frame that is not wholly read, and how much of it is.
    private var head: Int64 = 0
    private var headOffset = 0
    /// V(R): the first frame that has not arrived.
    private(set) var expected: Int64 = 0
    /// One past the last frame that has.
    private(set) var highest: Int64 = 0
    /// Whether a missing frame is due to be asked for.
    private(set) var hasDue = false

    init(memory: consuming Region, slots: Int, frame: Int) {
        self.memory = memory
        self.slots = slots
        self.frame = frame
    }

    mutating func removeAll() {
        (head, headOffset, expected, highest, hasDue) = (0, 0, 0, 0, false)
        for index in 0..<slots { slot[index] = ReceiveSlot() }
    }

    /// Whether nothing has ever arrived.
    var isUntouched: Bool { highest == 0 }
    /// Whether frames are missing.
    var hasGap: Bool { highest > expected }
    /// Whether there are bytes to read.
    var isReadable: Bool { head < expected }
    /// How many frames can still be taken.
    var room: Int { slots - Int(truncatingIfNeeded: expected - head) }

    /// What came of a frame.
    enum Outcome: Equatable {
        /// It is kept. `after`: the time of the SREJ that it answers, if it was asked for exactly once.
        case kept(after: Int64?)
        /// It had come before, or there is no room for it.
        case dropped
    }

    /// Keeps frame `number`, not below `expected`, if it is new and fits.
    mutating func accept(_ number: Int64, _ bytes: Span<UInt8>) -> Outcome {
        guard number < head + Int64(slots), bytes.count <= frame else { return .dropped }
        while highest <= number {
            slot[index(highest)] = ReceiveSlot(isDue: highest < number)
            if highest < number { hasDue = true }
            highest += 1
        }
        let place = index(number)
        guard !slot[place].hasArrived else { return .dropped }
        var target = memory.mutableBytes
        target.copy(bytes, at: place * frame)
        let state = slot[place]
        slot[place].count = UInt16(truncatingIfNeeded: bytes.count)
        slot[place].hasArrived = true
        if state.requests > 0 { findOvertaken(number, state.requestedAt) }
        while expected < highest, slot[index(expected)].hasArrived { expected += 1 }
        return .kept(after: state.requests == 1 ? state.requestedAt : nil)
    }

    /// A line keeps the order. What was asked for before `number`, and is sent in that order, was lost once more.
    private mutating func findOvertaken(_ number: Int64, _ requestedAt: Int64) {
        var other = expected
        while other < highest {
            let state = slot[index(other)]
            let wasBefore = state.requestedAt < requestedAt || (state.requestedAt == requestedAt && other < number)
            if !state.hasArrived, state.requests > 0, wasBefore {
                slot[index(other)].isDue = true
                hasDue = true
            }
            other += 1
        }
    }

    /// Puts the missing frames into `target`, one octet each as ISO/IEC 13239 §5.5.2.4 has it for SREJ, and notes that they
    /// are asked for now.
    /// - Parameters:
    ///   - age: frames asked for longer ago are asked for again; nil for all that are missing.
    mutating func request(into target: inout FixedList<64, Int64>, at now: Int64, age: Int64?) {
        hasDue = false
        var number = expected
        while number < highest {
            let place = index(number)
            let state = slot[place]
            let isDue = age.map { state.isDue || now - state.requestedAt >= $0 } ?? true
            if !state.hasArrived, isDue {
                if target.append(number) {
                    slot[place].requestedAt = now
                    slot[place].requests = min(state.requests + 1, 2)
                    slot[place].isDue = false
                } else {
                    hasDue = true
                }
            }
            number += 1
        }
    }

    /// When the oldest request for a missing frame was made, or nil where none is missing.
    mutating func oldestRequest() -> Int64? {
        var oldest: Int64?
        var number = expected
        while number < highest {
            let state = slot[index(number)]
            if !state.hasArrived { oldest = min(oldest ?? state.requestedAt, state.requestedAt) }
            number += 1
        }
        return oldest
    }

    /// Moves bytes that have arrived in order to the beginning of `target`.
    /// - Returns: how many.
    mutating func read(into target: inout MutableSpan<UInt8>) -> Int {
        var moved = 0
        while moved < target.count, head < expected {
            let place = index(head)
            let count = min(Int(slot[place].count) - headOffset, target.count - moved)
            let start = place * frame + headOffset
            target.copy(memory.bytes.extracting(start..<(start + count)), at: moved)
            moved += count
            headOffset += count
            if headOffset == Int(slot[place].count) {
                slot[place] = ReceiveSlot()
                head += 1
                headOffset = 0
            }
        }
        return moved
    }

    private func index(_ number: Int64) -> Int { Int(truncatingIfNeeded: number % Int64(slots)) }
}
