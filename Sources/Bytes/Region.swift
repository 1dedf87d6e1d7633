// Memory that does not move. An `Arena` cuts a caller's memory into `Region`s; a region is the one owner of its
// bytes and wipes them when it ends (embedded-Swift inline storage is not wiped by a deinit, and a move leaves
// the old bytes behind; a handle over memory that stays put has neither fault).
//
// This is the only file of the protocol that computes addresses; everything else sees spans.
//
// Invariants:
// - regions of one arena never overlap;
// - a region's memory is zero when it is taken and wiped when it ends;
// - whoever makes an arena promises that the memory outlives every region cut from it.

/// Cuts memory of fixed size into regions, in order.
@safe public struct Arena: ~Copyable {
    private let base: UnsafeMutableRawPointer
    /// How many bytes the arena has in all.
    public let capacity: Int
    /// How many bytes have been taken, padding included.
    public private(set) var used: Int

    /// An arena over `memory`.
    /// - Parameter memory: must stay where it is, and unused by anything else, for as long as any region cut from
    ///   it exists.
    public init(unsafe memory: UnsafeMutableRawBufferPointer) {
        // An empty buffer may have no address; any aligned one will do for zero bytes.
        unsafe base = memory.baseAddress ?? UnsafeMutableRawPointer(bitPattern: Region.alignment).unsafelyUnwrapped
        capacity = memory.count
        used = 0
    }

    /// Takes the next `count` bytes, aligned for any context of mbedTLS, and zeroes them.
    /// - Throws: `ArenaExhausted` naming the size that the arena would have needed.
    public mutating func take(_ count: Int) throws(ArenaExhausted) -> Region {
        let misalignment = unsafe Int(bitPattern: base + used) % Region.alignment
        let start = used + (misalignment == 0 ? 0 : Region.alignment - misalignment)
        guard count >= 0, start <= capacity, count <= capacity - start else {
            throw ArenaExhausted(capacity: capacity, needed: start + max(count, 0))
        }
        used = start + count
        // start + count <= capacity was just checked.
        return unsafe Region(base: base + start, count: count)
    }
}

/// An arena was asked for more than it has.
@safe public struct ArenaExhausted: Error, Equatable {
    /// Bytes that the arena has.
    public let capacity: Int
    /// Bytes that it would have needed so far.
    public let needed: Int
}

/// Bytes at a fixed address with one owner. Zero at first, wiped at the end.
@safe @_addressableForDependencies public struct Region: ~Copyable {
    /// What every region's address is a multiple of.
    public static var alignment: Int { 16 }

    private let base: UnsafeMutableRawPointer
    /// How many bytes.
    public let count: Int

    /// No memory.
    public init() {
        // Nothing is ever read or written there; the address is aligned and not null.
        unsafe base = UnsafeMutableRawPointer(bitPattern: Self.alignment).unsafelyUnwrapped
        count = 0
    }

    /// All of `memory`, zeroed.
    /// - Parameter memory: aligned as every region is; must stay where it is, and unused by anything else, until the region
    ///   ends.
    public init(unsafe memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else {
            self.init()
            return
        }
        unsafe self.init(base: base, count: memory.count)
    }

    fileprivate init(base: UnsafeMutableRawPointer, count: Int) {
        unsafe self.base = base
        self.count = count
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }

    deinit { unsafe secureWipe(base, count) }

    /// The bytes.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let pointer = unsafe base.assumingMemoryBound(to: UInt8.self)
            // The region owns exactly these bytes for as long as it lives.
            let span = unsafe Span(_unsafeStart: pointer, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes, to be changed.
    public var mutableBytes: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            let pointer = unsafe base.assumingMemoryBound(to: UInt8.self)
            // As above; `mutating` makes the access exclusive.
            let span = unsafe MutableSpan(_unsafeStart: pointer, count: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// Some of the bytes, to be changed.
    /// - Parameter range: must lie within the region; anything else is a fault of ours and stops the program.
    @_lifetime(&self)
    public mutating func mutableBytes(in range: Range<Int>) -> MutableSpan<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let pointer = unsafe (base + range.lowerBound).assumingMemoryBound(to: UInt8.self)
        // The range is within the region, as was just checked.
        let span = unsafe MutableSpan(_unsafeStart: pointer, count: range.count)
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    /// Overwrites everything with zeros, in a way that the compiler cannot leave out.
    public mutating func wipe() { unsafe secureWipe(base, count) }

    /// The address, for a C context that lives in this region. It does not change while the region exists.
    public var unsafeAddress: UnsafeMutableRawPointer { unsafe base }

    /// An arena over these bytes, for one tenant after another.
    ///
    /// Whatever was cut from an earlier arena over this region must have ended, and the region must outlive what is cut
    /// from this one.
    public mutating func unsafeArena() -> Arena {
        // The region owns exactly these bytes; the rest is the caller's promise.
        unsafe Arena(unsafe: UnsafeMutableRawBufferPointer(start: base, count: count))
    }
}
