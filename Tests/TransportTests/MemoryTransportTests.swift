// Streams in memory, and the transports that wrap others.
import CLinux
import Foundation
import Testing

@testable import Transport

/// Memory for a line with `capacity` bytes each way, freed at the end of the test.
@safe final class LineMemory {
    private let buffer: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        unsafe buffer = .allocate(byteCount: LoopbackEnd.memoryBytes(capacity: capacity), alignment: 16)
    }

    deinit { unsafe buffer.deallocate() }

    func end(_ side: LoopbackEnd.Side) -> LoopbackEnd { unsafe LoopbackEnd(unsafe: buffer, side) }
}

@Suite struct LoopbackTests {
    @Test func carriesBytesBothWays() throws {
        let memory = LineMemory(capacity: 10)
        var one = memory.end(.first)
        var other = memory.end(.second)
        for round in 0..<20 {
            let sent = pattern(7 + round % 4)
            #expect(try one.writeAll(sent) == 1)
            #expect(try other.writeAll(sent.reversed()) == 1)
            #expect(try other.readAll(sent.count) == sent)
            #expect(try one.readAll(sent.count) == sent.reversed())
        }
        withExtendedLifetime(memory) {}
    }

    @Test func hasFixedCapacityAndAnEnd() throws {
        let memory = LineMemory(capacity: 4)
        var one = memory.end(.first)
        var other = memory.end(.second)
        #expect(other.wait(for: .readable, milliseconds: nil) == false)
        #expect(try one.write([1, 2, 3, 4, 5, 6].span) == .bytes(4))
        #expect(try one.write([5, 6].span) == .wouldBlock)
        #expect(one.wait(for: .writable, milliseconds: 1000) == false)
        #expect(other.wait(for: .either, milliseconds: 0) == true)
        one.finishWriting()
        #expect(throws: TransportError(.write, .finished)) { try one.write([5].span) }
        #expect(try other.readAll() == [1, 2, 3, 4])
        #expect(other.wait(for: .readable, milliseconds: 0) == true)
        withExtendedLifetime(memory) {}
    }
}

@Suite struct WrapperTests {
    @Test func theTracerCounts() throws {
        let memory = LineMemory(capacity: 1000)
        var one = Tracer(memory.end(.first), observer: TransportCounter())
        var other = memory.end(.second)
        try one.writeAll(pattern(100))
        try one.writeAll(pattern(10))
        try other.writeAll(pattern(300))
        #expect(try one.readAll(200).count == 200)
        #expect(try one.readAll(100).count == 100)
        try one.writeAll(pattern(1))
        #expect(one.observer.bytesWritten == 111)
        #expect(one.observer.bytesRead == 300)
        #expect(one.observer.writes == 3)
        #expect(one.observer.reads == 2)
        #expect(one.observer.flights == 2)
        withExtendedLifetime(memory) {}
    }

    @Test(arguments: [1, 2, 3, 7, 50]) func cutsIntoPieces(size: Int) throws {
        let memory = LineMemory(capacity: 1000)
        var schedule = FaultSchedule(pieces: size)
        schedule.wouldBlockEvery = 3
        var one = FaultInjector(memory.end(.first), schedule: schedule)
        var other = FaultInjector(memory.end(.second), schedule: schedule)
        let sent = pattern(500)
        #expect(try one.writeAll(sent) == (500 + size - 1) / size)
        #expect(try other.readAll(500) == sent)
        #expect(other.bytesRead == 500)
        withExtendedLifetime(memory) {}
    }

    @Test func followsUnequalSizes() throws {
        let memory = LineMemory(capacity: 1000)
        var schedule = FaultSchedule()
        for size in [1, 10, 5] { schedule.readSizes.append(size) }
        var one = memory.end(.first)
        var other = FaultInjector(memory.end(.second), schedule: schedule)
        try one.writeAll(pattern(100))
        var sizes: [Int] = []
        var piece = [UInt8](repeating: 0, count: 100)
        var span = piece.mutableSpan
        for _ in 0..<5 { if case .bytes(let count) = try other.read(into: &span) { sizes.append(count) } }
        #expect(sizes == [1, 10, 5, 1, 10])
        withExtendedLifetime(memory) {}
    }

    @Test(arguments: [0, 1, 99]) func endsAndCorruptsWhereTold(place: Int) throws {
        let memory = LineMemory(capacity: 1000)
        var reading = FaultSchedule(pieces: 10)
        reading.endOfStreamAt = 100
        reading.corruptReadAt = place
        reading.corruption = 0x80
        var writing = FaultSchedule()
        writing.corruptWriteAt = place
        writing.brokenPipeAt = 150
        var one = FaultInjector(memory.end(.first), schedule: writing)
        var other = FaultInjector(memory.end(.second), schedule: reading)
        let sent = pattern(150)
        try one.writeAll(sent)
        #expect(throws: TransportError(.write, .system(EPIPE))) { try one.writeAll([1]) }
        var expected = Array(sent.prefix(100))
        expected[place] ^= 0x81
        #expect(try other.readAll() == expected)
        withExtendedLifetime(memory) {}
    }
}

@Suite struct FileDescriptorTests {
    @Test func readsAndWritesPipes() throws {
        var (nearIn, nearOut, farIn, farOut): (Int32, Int32, Int32, Int32) = (-1, -1, -1, -1)
        #expect(unsafe swl_pipe(&nearIn, &farOut) == 0)
        #expect(unsafe swl_pipe(&farIn, &nearOut) == 0)
        defer { for end in [nearIn, nearOut, farIn] { close(end) } }
        var near = FileDescriptorTransport(reading: nearIn, writing: nearOut)
        var far = FileDescriptorTransport(reading: farIn, writing: farOut)
        #expect(try !near.wait(for: .readable, milliseconds: 10))
        #expect(try near.wait(for: .either, milliseconds: 10))
        let sent = pattern(20_000)
        try near.writeAll(sent)
        #expect(try far.readAll(sent.count) == sent)
        // A full pipe would block, though its descriptor is a blocking one.
        var total = 0
        while case .bytes(let count) = try near.write(sent.span) { total += count }
        #expect(total >= 4096)
        near.finishWriting()
        #expect(throws: TransportError(.write, .finished)) { try near.write([1].span) }
        close(farOut)
        #expect(try near.readAll() == [])
    }
}
