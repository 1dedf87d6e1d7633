// I frames from the moment that their bytes are written until they are acknowledged (ISO/IEC 13239 §5.3): V(A), V(S) and
// what is behind them.
//
// Numbers are counted without modulus: acknowledged <= next <= tail <= acknowledged + slots. The frame with number n is
// in slot n mod slots. Its bytes are never changed once it was sent.
import Bytes

/// What is known of a frame in a slot.
struct SendSlot {
    /// When it was last sent: by the count of frames, and by the clock.
    var order: Int64 = 0
    var sentAt: Int64 = 0
    var count: UInt16 = 0
    /// To be sent again.
    var isMarked = false
}

/// A ring of frames to send.
struct SendQueue: ~Copyable {
    private var memory: Region
    private let slots: Int
    private let frame: Int
    private var slot = InlineArray<64, SendSlot>(repeating: SendSlot())
    /// V(A): the oldest frame that is not acknowledged.
    private(set) var acknowledged: Int64 = 0
    /// V(S): the next frame that was never sent.
    private(set) var next: Int64 = 0
    /// One past the last frame that has bytes.
    private(set) var tail: Int64 = 0
    /// How many frames are to be sent again.
    private(set) var marked = 0

    init(memory: consuming Region, slots: Int, frame: Int) {
        self.memory = memory
        self.slots = slots
        self.frame = frame
    }

    var isEmpty: Bool { tail == acknowledged }
    var hasOutstanding: Bool { next > acknowledged }
    var outstanding: Int { Int(truncatingIfNeeded: next - acknowledged) }
    var hasNew: Bool { tail > next }

    /// Bytes that can be written for certain.
    var room: Int { (slots - Int(truncatingIfNeeded: tail - acknowledged)) * frame }

    mutating func removeAll() {
        (acknowledged, next, tail, marked) = (0, 0, 0, 0)
        for index in 0..<slots { slot[index].isMarked = false }
    }

    /// Takes as many of `bytes` as there is room for, into frames of `size` at most.
    mutating func append(_ bytes: Span<UInt8>, size: Int) -> Int {
        var taken = 0
        while taken < bytes.count, let place = openFrame(size) {
            let used = Int(slot[place].count)
            let count = min(min(size, frame) - used, bytes.count - taken)
            var target = memory.mutableBytes
            target.copy(bytes.extracting(taken..<(taken + count)), at: place * frame + used)
            slot[place].count += UInt16(truncatingIfNeeded: count)
            taken += count
        }
        return taken
    }

    /// The slot of the last frame if it was never sent and is not full, or else of a new one.
    private mutating func openFrame(_ size: Int) -> Int? {
        if hasNew {
            let last = index(tail - 1)
            if Int(slot[last].count) < min(size, frame) { return last }
        }
        guard tail - acknowledged < Int64(slots) else { return nil }
        let place = index(tail)
        slot[place] = SendSlot()
        tail += 1
        return place
    }

    /// What is in frame `number`, which is within acknowledged..<tail.
    @_lifetime(borrow self)
    borrowing func bytes(_ number: Int64) -> Span<UInt8> {
        let place = index(number)
        return memory.bytes.extracting((place * frame)..<(place * frame + Int(slot[place].count)))
    }

    /// How many bytes frame `number` has.
    func count(_ number: Int64) -> Int { Int(slot[index(number)].count) }

    /// The first frame to send again.
    mutating func firstMarked() -> Int64? {
        guard marked > 0 else { return nil }
        var number = acknowledged
        while number < next {
            if slot[index(number)].isMarked { return number }
            number += 1
        }
        return nil
    }

    /// Frame `number`, the next one or a marked one, is sent now.
    mutating func noteSent(_ number: Int64, order: Int64, at now: Int64) {
        let place = index(number)
        if slot[place].isMarked { marked -= 1 }
        slot[place].isMarked = false
        slot[place].order = order
        slot[place].sentAt = now
        if number == next { next += 1 }
    }

    /// Everything before `number`, which is within acknowledged...next, has arrived.
    mutating func acknowledge(upTo number: Int64) {
        while acknowledged < number {
            let place = index(acknowledged)
            if slot[place].isMarked { marked -= 1 }
            slot[place].isMarked = false
            acknowledged += 1
        }
    }

    /// Frame `number` did not arrive, if it is outstanding and was sent no later than either limit.
    /// - Returns: whether it is now to be sent again and was not before.
    mutating func mark(_ number: Int64, sentUpTo time: Int64, order: Int64) -> Bool {
        guard number >= acknowledged, number < next else { return false }
        let place = index(number)
        guard !slot[place].isMarked, slot[place].sentAt <= time, slot[place].order <= order else { return false }
        slot[place].isMarked = true
        marked += 1
        return true
    }

    private func index(_ number: Int64) -> Int { Int(truncatingIfNeeded: number % Int64(slots)) }
}
