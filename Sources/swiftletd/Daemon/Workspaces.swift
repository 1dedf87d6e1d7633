// The memory that handshakes borrow. There are fewer of them than connections: an established connection needs none.
import Bytes

/// A fixed number of workspaces of one size.
@safe struct Workspaces: ~Copyable {
    private var free: FreeList
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int
    private let count: Int

    init(count: Int, bytes: Int) {
        free = FreeList(0..<count)
        self.bytes = bytes
        self.count = count
        // Kept until the process ends: see `lastingMemory`.
        unsafe memory = .allocate(byteCount: Swift.max(count * bytes, 1), alignment: Region.alignment)
    }

    /// Whether one is free.
    var hasFree: Bool { free.count > 0 }

    /// Takes one, or nil where none is free.
    mutating func take() -> Int? { free.take() }

    /// Gives one back. Its regions must have ended.
    mutating func give(_ number: Int) { free.give(number) }

    /// The memory of one that was taken.
    func arena(_ number: Int) -> Arena {
        precondition(number >= 0 && number < count)
        let place = unsafe memory + number * bytes
        // Nobody else has it until it is given back.
        return unsafe Arena(unsafe: UnsafeMutableRawBufferPointer(start: place, count: bytes))
    }
}
