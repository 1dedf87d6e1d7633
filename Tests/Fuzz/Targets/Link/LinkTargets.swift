// The reliable serial link against a peer that sends anything: bytes, and frames with a good check sequence whose fields are
// anything. Whatever it does, one end
// - gives out nothing but good frames, no more than the windows hold and one answer for each that came;
// - delivers what I frames carried in the order of their numbers, each once;
// - tells one end for each opening, and sends nothing but U frames after it;
// - can be opened anew by an honest peer.
import Bytes
import LinkSimulation
import TestSupport

@testable import Transport

let linkTargets: [FuzzTarget] = [
    FuzzTarget("frames", longest: 2048) { checkFrames($0) },
    FuzzTarget("link-bytes", longest: 2048) { fuzzBytes($0) },
    FuzzTarget("link-frames", longest: 1024, weight: 3) { fuzzFrames($0) },
]

/// Every frame that comes out of any bytes fits, and is written and read again as the same.
private func checkFrames(_ input: Span<UInt8>) {
    let capacity = 64
    let memory = TestArena(1024)
    // What is cut from it below ends first.
    defer { withExtendedLifetime(memory) {} }
    do throws(ArenaExhausted) {
        var decoder = FrameDecoder(buffer: try memory.arena.take(capacity), characterMap: LinkConfiguration.xonxoff)
        var encoder = FrameEncoder(buffer: try memory.arena.take(capacity), characterMap: LinkConfiguration.xonxoff)
        var again = FrameDecoder(buffer: try memory.arena.take(capacity), characterMap: LinkConfiguration.xonxoff)
        for index in input.indices where decoder.take(input[index]) {
            let frame = array(decoder.frame)
            require(frame.count >= 2 && frame.count <= capacity - 4, "a frame of \(frame.count) bytes")
            encoder.begin(frame.span.extracting(first: 2), frame.span.extracting(2..<frame.count))
            var line = [UInt8](repeating: 0, count: 2 * capacity + 2)
            var target = line.mutableSpan
            let count = encoder.put(into: &target, at: 0)
            require(encoder.isIdle, "a frame that is longer on the line than it can be")
            require(!line.prefix(count).contains { $0 == 0x11 || $0 == 0x13 }, "a control character on the line")
            let frames = line.prefix(count).filter { again.take($0) }.count
            require(frames == 1 && array(again.frame) == frame, "a frame does not read back")
        }
    } catch { fatalError("no memory") }
}

/// The first byte says how one end is made, the rest comes over the line in pieces.
private func fuzzBytes(_ input: Span<UInt8>) {
    var program = Program(input)
    var peer = FuzzedLink(program.byte())
    peer.open(0)
    while !program.isAtEnd {
        peer.receive(program.bytes(most: 64))
        peer.wait(program.byte())
    }
    peer.receive([FramingByte.flag])
    peer.meetAnHonestPeer()
}

/// A program: each step is a frame with a good check sequence, or something that the owner of this end does.
private func fuzzFrames(_ input: Span<UInt8>) {
    var program = Program(input)
    var peer = FuzzedLink(program.byte())
    peer.open(0)
    peer.open(1)
    if program.byte() & 1 == 0 { peer.establish() }
    while !program.isAtEnd {
        let step = program.byte()
        switch step & 7 {
        case 0: peer.wait(program.byte())
        case 1: peer.write(step >> 3 & 1, program.byte())
        case 2: peer.read(step >> 3 & 1)
        case 3: peer.act(step >> 3)
        case 4: peer.sendInformation(step >> 3 & 1, program.byte(), program.byte(), count: 1 + step >> 4)
        case 5: peer.sendExpected(step >> 3 & 1, poll: step & 16 != 0, count: 1 + step >> 5)
        default: peer.send([UInt8(program.byte()), UInt8(program.byte())] + program.bytes(most: 40))
        }
    }
    for channel in 0..<2 { peer.read(channel) }
    peer.meetAnHonestPeer()
}
