// The link over a device: two lines over a cable, in real time.
import Bytes
import CLinux
import Testing

@testable import Transport

@Suite struct LinkTransportTests {
    /// The two ends of a channel, one of them accepted.
    private func establish(
        _ near: LineReference, _ far: LineReference, _ listener: inout LinkListener
    ) throws -> (Ends) {
        var one = try LinkTransport(connectingOver: near, channel: 0)
        for _ in 0..<1000 {
            far.service()
            if try one.finishConnecting(milliseconds: 10), let other = try listener.accept() {
                return Ends(one: one, other: other, near: near, far: far)
            }
        }
        throw Stuck()
    }

    /// Both ends, each of which must be served while the other is waited for.
    private struct Ends: ~Copyable {
        var one: LinkTransport
        var other: LinkTransport
        let near: LineReference
        let far: LineReference

        func wait() {
            var entries = [near.descriptor, far.descriptor].map {
                swl_poll_entry(descriptor: $0, wants: Int16(SWL_READABLE), has: 0)
            }
            // The call writes the entries' `has`.
            _ = unsafe swl_poll(&entries, 2, 1000)
            near.service()
            far.service()
        }

        /// Moves `bytes` from `one` to `other`; answers what arrived.
        mutating func carry(_ bytes: [UInt8], seconds: Int32 = 60) throws -> [UInt8] {
            let deadline = Deadline.after(milliseconds: seconds * 1000)
            var sent = 0
            var arrived: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 1000)
            while arrived.count < bytes.count {
                if deadline.hasPassed { throw Stuck() }
                if case .bytes(let count) = try one.write(bytes.span.extracting(sent..<bytes.count)) { sent += count }
                var span = piece.mutableSpan
                switch try other.read(into: &span) {
                case .bytes(let count): arrived += piece.prefix(count)
                case .wouldBlock: wait()
                case .endOfStream: return arrived
                }
            }
            return arrived
        }

        /// Reads from `other` to its end.
        mutating func end(seconds: Int32 = 60) throws -> [UInt8] {
            let deadline = Deadline.after(milliseconds: seconds * 1000)
            var arrived: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 1000)
            while !deadline.hasPassed {
                var span = piece.mutableSpan
                switch try other.read(into: &span) {
                case .bytes(let count): arrived += piece.prefix(count)
                case .wouldBlock: wait()
                case .endOfStream: return arrived
                }
            }
            throw Stuck()
        }
    }

    @Test func bytesArriveAndTheEndIsTold() throws {
        let cable = try Cable()
        let (near, far) = (try cable.line(0, "921600"), try cable.line(1, "921600"))
        var listener = try LinkListener(on: far, channel: 0)
        var ends = try establish(near, far, &listener)
        let bytes = pattern(30_000)
        #expect(try ends.carry(bytes) == bytes)
        _ = try ends.one.write([1, 2, 3].span)
        ends.one.finish()
        #expect(try ends.end() == [1, 2, 3])
        while !ends.one.isOver { ends.wait() }
    }

    @Test func aCableThatIsPulledOutLosesNothing() throws {
        let cable = try Cable()
        let (near, far) = (try cable.line(0), try cable.line(1))
        var listener = try LinkListener(on: far, channel: 0)
        var ends = try establish(near, far, &listener)
        let bytes = pattern(3000)
        #expect(try ends.carry(bytes) == bytes)
        try cable.pullOut(1)
        // What is sent now is lost on the way, frames that are half out among it.
        var sent = 0
        let until = Deadline.after(milliseconds: 1500)
        while !until.hasPassed {
            if case .bytes(let count) = try ends.one.write(bytes.span.extracting(sent..<bytes.count)) { sent += count }
            ends.wait()
        }
        #expect(!far.isPresent && near.isPresent)
        try cable.plugIn(1)
        let arrived = try ends.carry(Array(bytes[sent...]) + bytes)
        #expect((bytes + bytes).starts(with: arrived))
    }

    /// threats.md, "Serial link": a new session id is a truncation.
    @Test func aPeerThatBeginsAnewEndsTheStream() throws {
        let cable = try Cable()
        let far = try cable.line(1)
        var listener = try LinkListener(on: far, channel: 0)
        var ends = try establish(cable.line(0), far, &listener)
        try cable.pullOut(0)
        try cable.plugIn(0)
        // Another process there, which knows nothing of the first.
        let again = try cable.line(0)
        let next = try LinkTransport(connectingOver: again, channel: 0)
        let deadline = Deadline.after(milliseconds: 30_000)
        var isOver = false
        while !isOver, !deadline.hasPassed {
            again.service()
            ends.wait()
            isOver = ends.other.isOver
        }
        #expect(isOver)
        #expect(try ends.end() == [])
        #expect(far.status(0) == .ended(.peerRestarted))
        listener.connectionEnded()
        var isEstablished = false
        while !isEstablished, !deadline.hasPassed {
            again.service()
            far.service()
            isEstablished = again.status(0) == .established
            swl_sleep_milliseconds(5)
        }
        #expect(isEstablished)
        _ = consume next
    }

    @Test func whoDropsAStreamBreaksItOff() throws {
        let cable = try Cable()
        let (near, far) = (try cable.line(0), try cable.line(1))
        var listener = try LinkListener(on: far, channel: 0)
        var ends = try establish(near, far, &listener)
        _ = try ends.one.write(pattern(4000).span)
        ends.one.breakOff()
        let arrived = try ends.end()
        #expect(arrived.count < 4000)
        #expect(throws: TransportError(.write, .unusable(.peerLeft))) { _ = try ends.other.write([1].span) }
    }
}

@Suite struct PaceTests {
    @Test(arguments: [50, 9600, 115_200, 921_600, 4_000_000])
    func aQueueIsNeitherLongNorEmpty(baud: Int) {
        var pace = Pace(LinkConfiguration(baud: UInt32(baud)))
        let perByte = 10_000_000 / Double(baud)
        var (sent, now) = (0, Int64(0))
        while now < 10_000_000 {
            let room = pace.room(in: -1, at: now)
            if room > 0 {
                pace.noteSent(room, at: now)
                sent += room
            }
            let left = Double(sent) * perByte - Double(now)
            // Never more than a fortieth of a second or a frame, whichever is longer.
            #expect(left <= max(25_000, 300 * perByte))
            now = pace.nextRoom(after: now)
            #expect(Double(now) <= Double(sent) * perByte)
        }
    }
}
