// Every generic of Bytes, specialised.
import Bytes

/// Uses each generic type of Bytes and each generic function over it.
func useBytes() -> UInt8 {
    var memory = InlineArray<64, UInt8>(repeating: 7)
    let written = write(into: memory.mutableSpan)
    var span = memory.mutableSpan
    span.wipe()
    return written &+ useBoundedBytes() &+ useFixedList() &+ useArena()
}

private func write(into memory: consuming MutableSpan<UInt8>) -> UInt8 {
    var writer = ByteWriter(memory)
    let mark = writer.beginVector(lengthBytes: 2)
    writer.append("core" as StaticString)
    writer.endVector(mark)
    return UInt8(truncatingIfNeeded: writer.count)
}

private func useBoundedBytes() -> UInt8 {
    let source = InlineArray<8, UInt8>(repeating: 3)
    let some = BoundedBytes<64>(source.span) ?? BoundedBytes<64>()
    let other = BoundedBytes<64>()
    let same = some == other || constantTimeEqual(some.bytes, other.bytes) || some.isEmpty
    return same ? 1 : 0
}

private func useFixedList() -> UInt8 {
    var list = FixedList<4, UInt16>(filler: 0)
    list.append(0x1301)
    let found = list.contains(0x1302) || list.isEmpty
    let first = UInt8(truncatingIfNeeded: list.elements[0])
    list.removeAll()
    return first &+ (found ? 1 : 0)
}

private func useArena() -> UInt8 {
    var memory = InlineArray<256, UInt8>(repeating: 0)
    var span = memory.mutableSpan
    // The arena and its regions end before the closure does, and the memory with the function.
    return unsafe span.withUnsafeMutableBytes { buffer in unsafe useArena(over: buffer) }
}

private func useArena(over buffer: UnsafeMutableRawBufferPointer) -> UInt8 {
    do throws(ArenaExhausted) {
        // See above: the buffer outlives the arena.
        var arena = unsafe Arena(unsafe: buffer)
        var region = try arena.take(32)
        var bytes = region.mutableBytes
        bytes[0] = 5
        return region.bytes[0]
    } catch {
        return UInt8(truncatingIfNeeded: error.needed)
    }
}
