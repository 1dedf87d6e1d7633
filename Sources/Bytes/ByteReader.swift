// Bytes: the vocabulary of every layer above: readers and writers over spans, memory that does not move and
// is wiped, fixed-capacity values, comparison in constant time. It knows nothing of TLS.
//
// Invariants:
// - no heap allocation;
// - nothing here traps on bytes that came from outside: a read that does not fit answers nil and consumes
//   nothing, a write that does not fit is remembered as an overflow with the size that would have been needed.
//
// This file: the reader. Integers are big-endian ("network byte order", RFC 8446 §3.1); vectors carry their
// length in front (RFC 8446 §3.4).

/// A cursor over received bytes. Reading past the end answers `nil` and leaves the cursor where it was.
public struct ByteReader: ~Escapable {
    /// The whole of the bytes, those already read included.
    public let bytes: Span<UInt8>
    /// How many bytes have been read.
    public private(set) var offset: Int

    /// A reader at the first of `bytes`.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        offset = 0
    }

    /// How many bytes are left to read.
    public var remaining: Int { bytes.count - offset }

    /// Whether everything has been read.
    public var isAtEnd: Bool { offset == bytes.count }

    /// The next byte.
    @_lifetime(self: copy self)
    public mutating func readUInt8() -> UInt8? {
        guard remaining >= 1 else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// The next two bytes as a big-endian number.
    @_lifetime(self: copy self)
    public mutating func readUInt16() -> UInt16? {
        readBigEndian(2).map { UInt16(truncatingIfNeeded: $0) }
    }

    /// The next three bytes as a big-endian number (`uint24` of RFC 8446 §3.3).
    @_lifetime(self: copy self)
    public mutating func readUInt24() -> UInt32? {
        readBigEndian(3).map { UInt32(truncatingIfNeeded: $0) }
    }

    /// The next four bytes as a big-endian number.
    @_lifetime(self: copy self)
    public mutating func readUInt32() -> UInt32? {
        readBigEndian(4).map { UInt32(truncatingIfNeeded: $0) }
    }

    /// The next eight bytes as a big-endian number.
    @_lifetime(self: copy self)
    public mutating func readUInt64() -> UInt64? {
        readBigEndian(8)
    }

    @_lifetime(self: copy self)
    private mutating func readBigEndian(_ count: Int) -> UInt64? {
        guard remaining >= count else { return nil }
        var value: UInt64 = 0
        for index in offset..<(offset + count) { value = value << 8 | UInt64(bytes[index]) }
        offset += count
        return value
    }

    /// The next `count` bytes, as a view of the same memory.
    @_lifetime(copy self)
    public mutating func readBytes(_ count: Int) -> Span<UInt8>? {
        guard count >= 0, remaining >= count else { return nil }
        let start = offset
        offset += count
        return bytes.extracting(start..<(start + count))
    }

    /// All the bytes that are left.
    @_lifetime(copy self)
    public mutating func readRest() -> Span<UInt8> {
        let start = offset
        offset = bytes.count
        return bytes.extracting(start..<bytes.count)
    }

    /// A vector with a length of one byte in front.
    @_lifetime(copy self)
    public mutating func readVector8() -> Span<UInt8>? {
        let start = offset
        guard let count = readUInt8(), let vector = readBytes(Int(count)) else {
            offset = start
            return nil
        }
        return vector
    }

    /// A vector with a length of two bytes in front.
    @_lifetime(copy self)
    public mutating func readVector16() -> Span<UInt8>? {
        let start = offset
        guard let count = readUInt16(), let vector = readBytes(Int(count)) else {
            offset = start
            return nil
        }
        return vector
    }

    /// A vector with a length of three bytes in front.
    @_lifetime(copy self)
    public mutating func readVector24() -> Span<UInt8>? {
        let start = offset
        guard let count = readUInt24(), let vector = readBytes(Int(count)) else {
            offset = start
            return nil
        }
        return vector
    }
}
