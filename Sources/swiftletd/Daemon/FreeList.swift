// Numbers that are free to be taken: of connections, of workspaces. Nothing is allocated after it has been made.

/// The free ones of a range of numbers.
struct FreeList {
    private var numbers: [Int32]
    /// How many are free.
    private(set) var count: Int

    /// All of `range` are free.
    init(_ range: Range<Int>) {
        numbers = range.reversed().map { Int32(truncatingIfNeeded: $0) }
        count = numbers.count
    }

    /// Takes a number, or nil where none is free.
    mutating func take() -> Int? {
        guard count > 0 else { return nil }
        count -= 1
        return Int(numbers[count])
    }

    /// Gives back a number that was taken.
    mutating func give(_ number: Int) {
        numbers[count] = Int32(truncatingIfNeeded: number)
        count += 1
    }
}

/// A queue of sessions that have something to do, each at most once. Nothing is allocated after it has been made.
struct RunQueue {
    private var ring: [Int32]
    private var isQueued: [Bool]
    private var head = 0
    /// How many are waiting.
    private(set) var count = 0

    init(capacity: Int) {
        ring = Array(repeating: 0, count: capacity)
        isQueued = Array(repeating: false, count: capacity)
    }

    /// Puts a session at the end, unless it is waiting already.
    mutating func push(_ session: Int) {
        guard !isQueued[session] else { return }
        isQueued[session] = true
        ring[(head + count) % ring.count] = Int32(truncatingIfNeeded: session)
        count += 1
    }

    /// Takes the session that has waited longest.
    mutating func pop() -> Int? {
        guard count > 0 else { return nil }
        let session = Int(ring[head])
        head = (head + 1) % ring.count
        count -= 1
        isQueued[session] = false
        return session
    }
}
