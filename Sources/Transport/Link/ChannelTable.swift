// The channels of a line, in memory that does not move: their number is known only when the program runs.
//
// Invariant: the first `count` places hold a channel each.
import Bytes

/// A list of channels with room for a fixed number.
///
/// Public, as all types of a `Link` with a deinit of their own, since other modules of an Embedded build must see that deinit.
@safe public struct ChannelTable: ~Copyable {
    private let memory: Region
    private let base: UnsafeMutablePointer<LinkChannel>
    private let capacity: Int
    private(set) var count = 0

    /// Bytes of memory for `count` channels.
    static func memoryBytes(count: Int) -> Int { count * MemoryLayout<LinkChannel>.stride }

    /// An empty list.
    init(memory: consuming Region, capacity: Int) {
        precondition(memory.count >= Self.memoryBytes(count: capacity))
        // A region's address is a multiple of 16, which is enough for a channel, and does not change.
        unsafe base = memory.unsafeAddress.bindMemory(to: LinkChannel.self, capacity: capacity)
        self.memory = memory
        self.capacity = capacity
    }

    deinit {
        // These places are initialised, by the invariant.
        unsafe base.deinitialize(count: count)
    }

    /// Appends a channel where there is room.
    mutating func append(_ channel: consuming LinkChannel) -> Bool {
        guard count < capacity else { return false }
        // Within the memory, and not initialised yet.
        unsafe (base + count).initialize(to: channel)
        count += 1
        return true
    }

    /// A channel; an index that is none is a fault of ours and stops the program.
    subscript(index: Int) -> LinkChannel {
        unsafeAddress {
            precondition(index >= 0 && index < count)
            // Initialised, by the invariant.
            return unsafe UnsafePointer(base + index)
        }
        unsafeMutableAddress {
            precondition(index >= 0 && index < count)
            // As above; `mutating` makes the access exclusive.
            return unsafe base + index
        }
    }
}
