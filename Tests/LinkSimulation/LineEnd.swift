// An end of the link with the memory it lives in, for tests.
import Bytes
import Transport

/// Memory that stays put for regions of a test, freed with this object: declare it before what uses it.
@safe package final class TestArena {
    private let buffer: UnsafeMutableRawBufferPointer
    package var arena: Arena

    package init(_ count: Int) {
        unsafe buffer = .allocate(byteCount: count, alignment: 16)
        // Freed in `deinit`, and every test keeps this object longer than its regions.
        arena = unsafe Arena(unsafe: buffer)
    }

    deinit { unsafe buffer.deallocate() }
}

/// An end of the link.
package struct LineEnd: ~Copyable {
    package var link: Link
    private let memory: TestArena

    package init(_ line: LinkConfiguration, _ channels: [ChannelConfiguration]) throws(ArenaExhausted) {
        let memory = TestArena(channels.reduce(line.memoryBytes) { $0 + $1.memoryBytes })
        var link = try Link(line, memory: &memory.arena)
        for channel in channels { _ = try link.addChannel(channel, memory: &memory.arena) }
        self.link = link
        self.memory = memory
    }

    /// Gives bytes to a channel; answers how many it took.
    package mutating func write(_ bytes: ArraySlice<UInt8>, _ channel: Int = 0) -> Int {
        let copy = Array(bytes)
        return link.write(copy.span, to: channel)
    }

    /// What has arrived on a channel.
    package mutating func read(_ channel: Int = 0, limit: Int = 4096) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: limit)
        var span = piece.mutableSpan
        let count = link.read(channel, into: &span)
        return Array(piece.prefix(count))
    }
}
