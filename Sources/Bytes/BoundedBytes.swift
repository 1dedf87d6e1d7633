// Small byte strings of bounded length, held by value: names, identifiers, public values. Not for secrets: a value
// is copied when it moves (see Region).

// The storage is inline, so a span of it is good only where the value has an address that outlives the span. Both
// attributes say so: without them optimised Embedded Swift (6.3.1) passes a specialised self by value and answers a span of
// a copy that is already gone.

/// Up to `capacity` bytes.
@_addressableForDependencies
public struct BoundedBytes<let capacity: Int>: Sendable {
    private var storage: InlineArray<capacity, UInt8>
    /// How many bytes there are.
    public private(set) var count: Int

    /// No bytes.
    public init() {
        storage = InlineArray(repeating: 0)
        count = 0
    }

    /// A copy of `bytes`, or nil where they are more than `capacity`.
    public init?(_ bytes: Span<UInt8>) {
        self.init()
        guard bytes.count <= capacity else { return nil }
        var target = storage.mutableSpan
        for index in bytes.indices { target[index] = bytes[index] }
        count = bytes.count
    }

    /// The bytes.
    public var bytes: Span<UInt8> {
        @_addressableSelf @_lifetime(borrow self)
        get { storage.span.extracting(0..<count) }
    }

    /// Whether there are none.
    public var isEmpty: Bool { count == 0 }
}

extension BoundedBytes: Equatable {
    public static func == (a: Self, b: Self) -> Bool {
        guard a.count == b.count else { return false }
        for index in 0..<a.count where a.storage[index] != b.storage[index] { return false }
        return true
    }
}

extension Span where Element == UInt8 {
    /// Whether both hold the same bytes. Not for secrets: it stops at the first difference.
    public func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
