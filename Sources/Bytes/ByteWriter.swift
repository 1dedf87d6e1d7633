// The writer: big-endian numbers and length-prefixed vectors (RFC 8446 §3.3, §3.4) into memory of fixed size.
// A write that does not fit is dropped and remembered; `count` then goes on counting what would have been
// needed, so that the error can name it.

/// Appends to memory of fixed size. Never writes past its end and never traps: see `overflowed`.
public struct ByteWriter: ~Copyable, ~Escapable {
    private var storage: MutableSpan<UInt8>
    /// Bytes written so far; when `overflowed`, the bytes that would have been needed.
    public private(set) var count: Int
    /// How many bytes fit in all.
    public var capacity: Int { storage.count }
    /// Whether something did not fit. What was written then is not to be used.
    public var overflowed: Bool { count > storage.count || lengthOverflowed }
    private var lengthOverflowed = false

    /// A writer at the beginning of `storage`.
    @_lifetime(copy storage)
    public init(_ storage: consuming MutableSpan<UInt8>) {
        self.storage = storage
        count = 0
    }

    /// Appends one byte.
    @_lifetime(self: copy self)
    public mutating func append(_ value: UInt8) {
        if count < storage.count { storage[count] = value }
        count += 1
    }

    /// Appends a big-endian 16-bit number.
    @_lifetime(self: copy self)
    public mutating func append(_ value: UInt16) { appendBigEndian(UInt64(value), bytes: 2) }

    /// Appends the low 24 bits of a number, big-endian.
    @_lifetime(self: copy self)
    public mutating func appendUInt24(_ value: Int) { appendBigEndian(UInt64(truncatingIfNeeded: value), bytes: 3) }

    /// Appends a big-endian 32-bit number.
    @_lifetime(self: copy self)
    public mutating func append(_ value: UInt32) { appendBigEndian(UInt64(value), bytes: 4) }

    /// Appends a big-endian 64-bit number.
    @_lifetime(self: copy self)
    public mutating func append(_ value: UInt64) { appendBigEndian(value, bytes: 8) }

    @_lifetime(self: copy self)
    private mutating func appendBigEndian(_ value: UInt64, bytes: Int) {
        for index in 0..<bytes { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (bytes - 1 - index)))) }
    }

    /// Appends a copy of `bytes`.
    @_lifetime(self: copy self)
    public mutating func append(_ bytes: Span<UInt8>) {
        if count <= storage.count, bytes.count <= storage.count - count {
            storage.copy(bytes, at: count)
        }
        count += bytes.count
    }

    /// Appends the text of a literal, without terminator.
    @_lifetime(self: copy self)
    public mutating func append(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount {
            // A StaticString's code units live as long as the program and `index` is within them.
            append(unsafe text.utf8Start[index])
        }
    }

    /// Begins a vector whose length stands in front in `lengthBytes` (1, 2 or 3) bytes.
    /// - Returns: the place to hand to `endVector`.
    @_lifetime(self: copy self)
    public mutating func beginVector(lengthBytes: Int) -> VectorMark {
        let mark = VectorMark(position: count, lengthBytes: lengthBytes)
        for _ in 0..<lengthBytes { append(0 as UInt8) }
        return mark
    }

    /// Ends the vector begun at `mark`: writes its length. A vector too long for its length is an overflow.
    @_lifetime(self: copy self)
    public mutating func endVector(_ mark: VectorMark) {
        let length = count - mark.position - mark.lengthBytes
        guard length < 1 << (8 * mark.lengthBytes) else {
            lengthOverflowed = true
            return
        }
        guard !overflowed else { return }
        for index in 0..<mark.lengthBytes {
            let shift = 8 * (mark.lengthBytes - 1 - index)
            storage[mark.position + index] = UInt8(truncatingIfNeeded: length >> shift)
        }
    }

    /// Where a vector that is being written has its length.
    public struct VectorMark {
        fileprivate let position: Int
        fileprivate let lengthBytes: Int
    }
}

extension MutableSpan where Element == UInt8 {
    /// Copies all of `source` to `offset`. Both must fit: the caller has checked.
    @_lifetime(self: copy self)
    public mutating func copy(_ source: Span<UInt8>, at offset: Int) {
        var target = self._mutatingExtracting(offset..<(offset + source.count))
        for index in source.indices { target[index] = source[index] }
    }
}
