// Seeds of the serial link: what an honest peer sends to open a channel and on it, and a step of each kind.
import Bytes
import LinkSimulation

@testable import Transport

/// Writes them by `plant`: target, name, bytes.
func plantLinkSeeds(_ plant: (String, String, [UInt8]) -> Void) {
    let identification = written { Identification(frame: 64, window: 7, session: 2, echo: 1).write(to: &$0) } ?? []
    let frames: [[UInt8]] = [
        [3, 0xbf] + identification, [3, 0x7f], [3, 0x00, 0x00, 0x41], [3, 0x04, 0x01, 0x7e, 0x7d, 0x11],
        [1, 0x0d, 0x02, 0x04],
        [1, 0x05, 0x03], [3, 0x53], [1, 0x87, 0, 0, 0, 0, 1], [0x27, 0x3f],
    ]
    let line = encoded(frames)
    plant("frames", "honest", line)
    plant(
        "link-bytes", "honest", [0x30] + vector(Array(line.prefix(60)), 1) + [1] + vector(Array(line.dropFirst(60)), 1))
    plant("link-bytes", "basic", [0x31] + vector(encoded([[3, 0x3f], [3, 0x00, 0x41], [3, 0x31]]), 1) + [9])
    for (index, frame) in frames.enumerated() {
        plant("link-frames", "frame-\(index)", [0x30, 1, 7, frame[0], frame[1]] + vector(Array(frame.dropFirst(2)), 1))
    }
    // In order, after a gap, with writing, reading and waiting in between; of both moduli.
    let program: [UInt8] = [5, 0x15, 4, 5, 0, 4, 4, 0x80, 1, 40, 0, 200, 2, 5, 0x0d, 2, 0x0a]
    for choice in [0x30, 0x31, 0x32, 0x34, 0x38] as [UInt8] {
        plant("link-frames", "program-\(choice)", [choice, 0] + program)
        for act in 0..<5 as Range<UInt8> {
            plant("link-frames", "act-\(choice)-\(act)", [choice, 0, 5, 1, 90, 3 | act << 3, 0, 100])
        }
    }
}

/// The frames as they are on the line.
private func encoded(_ frames: [[UInt8]]) -> [UInt8] {
    let memory = TestArena(1024)
    // What is cut from it below ends first.
    defer { withExtendedLifetime(memory) {} }
    var all: [UInt8] = []
    do throws(ArenaExhausted) {
        var encoder = FrameEncoder(buffer: try memory.arena.take(160), characterMap: 0)
        for frame in frames {
            encoder.begin(frame.span.extracting(first: 2), frame.span.extracting(2..<frame.count))
            var bytes = [UInt8](repeating: 0, count: 400)
            var target = bytes.mutableSpan
            let count = encoder.put(into: &target, at: 0)
            all += bytes.prefix(count)
        }
    } catch { fatalError("no memory") }
    return all
}
