// What a writer wrote as an array, numbers and vectors as bytes, and an input that is read as a program.
import Bytes
import TestSupport

/// What `body` writes, or nil where it is more than `capacity`.
func written(capacity: Int = 1 << 13, _ body: (inout ByteWriter) -> Void) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: capacity)
    var memory = bytes.mutableSpan
    var writer = ByteWriter(memory._mutatingExtracting(0..<capacity))
    body(&writer)
    let count = writer.count
    let overflowed = writer.overflowed
    return overflowed ? nil : Array(bytes[0..<count])
}

/// The low `count` bytes of a number, big-endian.
func bigEndian(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
}

/// Bytes with their length in front in `lengthBytes` bytes.
func vector(_ bytes: [UInt8], _ lengthBytes: Int) -> [UInt8] { bigEndian(bytes.count, lengthBytes) + bytes }

/// An input that is read as a program: each read takes what is next, and zeros once nothing is left.
struct Program {
    private var rest: ArraySlice<UInt8>

    init(_ input: Span<UInt8>) { rest = array(input)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> Int { rest.popFirst().map(Int.init) ?? 0 }

    mutating func number() -> Int { byte() << 8 | byte() }

    /// At most `most` bytes, whose count comes first.
    mutating func bytes(most: Int) -> [UInt8] {
        let count = min(most > 255 ? number() : byte(), most, rest.count)
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// Everything that is left.
    mutating func all() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
