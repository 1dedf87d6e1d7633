// The memory that a tunnel's material lies in: at the start it comes from the heap, and what it comes to is counted; what is
// loaded later goes into room that was taken at the start, so that a renewed identity needs nothing from the heap.
import Bytes

/// Where the regions of one material come from.
struct MaterialMemory: ~Copyable {
    /// Nil at the start.
    private var arena: Arena?
    /// Bytes that were taken.
    private(set) var bytes = 0

    /// Regions that are kept until the process ends. Only before the loop starts.
    init() { arena = nil }

    /// Regions of `arena`, in which nothing lies any more.
    init(_ arena: consuming Arena) { self.arena = consume arena }

    /// Room for the next material where this one takes `bytes`: it may have a longer chain, and more anchors and lists.
    static func roomBytes(for bytes: Int) -> Int { 2 * bytes + 16_384 }

    /// Takes memory.
    /// - Throws: where there is not enough.
    mutating func region(_ count: Int) throws(ConfigurationError) -> Region {
        bytes += Swift.max(count, 0) + Region.alignment
        do throws(ArenaExhausted) {
            if let region = try arena?.take(count) { return region }
        } catch {
            throw ConfigurationError(0, "it needs more memory than was taken at the start: restart needed")
        }
        return lastingRegion(count)
    }
}
