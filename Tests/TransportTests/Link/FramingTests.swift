// Framing of the reliable link: vectors of the check sequence, escapes, and being in step again after garbage.
import Bytes
import LinkSimulation
import Testing

@testable import Transport

/// A decoder, an encoder and the memory of both.
struct Framing: ~Copyable {
    var decoder: FrameDecoder
    var encoder: FrameEncoder
    private let memory: TestArena

    init(capacity: Int = 64, characterMap: UInt32 = 0) throws {
        let memory = TestArena(4096)
        let incoming = try memory.arena.take(capacity)
        let outgoing = try memory.arena.take(capacity)
        decoder = FrameDecoder(buffer: incoming, characterMap: characterMap)
        encoder = FrameEncoder(buffer: outgoing, characterMap: characterMap)
        self.memory = memory
    }

    mutating func encode(_ frame: [UInt8], room: Int = 1000) -> [UInt8] {
        encoder.begin(frame.span.extracting(first: 2), frame.span.extracting(2..<frame.count))
        return drain(room: room)
    }

    mutating func drain(room: Int = 1000) -> [UInt8] {
        var all: [UInt8] = []
        while !encoder.isIdle {
            var piece = [UInt8](repeating: 0, count: room)
            var span = piece.mutableSpan
            let count = encoder.put(into: &span, at: 0)
            all += piece.prefix(count)
        }
        return all
    }

    mutating func decode(_ bytes: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        for byte in bytes where decoder.take(byte) {
            let frame = decoder.frame
            frames.append(frame.indices.map { frame[$0] })
        }
        return frames
    }
}

@Suite struct FramingTests {
    @Test func checkSequenceIsCRC32() {
        // The check value of CRC-32/ISO-HDLC, over the digits 1 to 9.
        var sequence = FrameCheckSequence()
        sequence.update(Array("123456789".utf8).span)
        #expect(sequence.value == 0xcbf4_3926)
        let good = Array("123456789".utf8) + [0x26, 0x39, 0xf4, 0xcb]
        let whole = FrameCheckSequence.isGood(good.span)
        let short = FrameCheckSequence.isGood(good.span.extracting(droppingLast: 1))
        #expect(whole && !short)
    }

    @Test func flagAndEscapeAreEscaped() throws {
        var framing = try Framing()
        let line = framing.encode([0x7e, 0x7d, 0x11, 0x41])
        #expect(line.prefix(7) == [0x7e, 0x7d, 0x5e, 0x7d, 0x5d, 0x11, 0x41])
        #expect(line.last == 0x7e)
        #expect(framing.decode(line) == [[0x7e, 0x7d, 0x11, 0x41]])
    }

    @Test func framesInARowShareTheFlag() throws {
        var framing = try Framing()
        var line = framing.encode([1, 2, 3])
        let first = line.count
        line += framing.encode([1, 2, 3])
        #expect(line.count == 2 * first - 1)
        framing.encoder.pause()
        line += framing.encode([1, 2, 3])
        #expect(line.count == 3 * first - 1)
        #expect(framing.decode(line).count == 3)
    }

    @Test func theCharacterMapIsEscapedAndStraysAreDropped() throws {
        var framing = try Framing(characterMap: 1 << 0x11 | 1 << 0x13)
        let line = framing.encode([0x11, 0x13, 0x12])
        #expect(!line.contains(0x11) && !line.contains(0x13) && line.contains(0x12))
        var strewn: [UInt8] = [0x11]
        for byte in line { strewn += [byte, 0x13, 0x11] }
        #expect(framing.decode(strewn) == [[0x11, 0x13, 0x12]])
    }

    @Test(arguments: [1, 2, 3, 7]) func anyPiecesWillDo(room: Int) throws {
        var framing = try Framing()
        let frame = (0..<50).map { UInt8($0 * 5) }
        let line = framing.encode(frame, room: room)
        #expect(framing.decode(line) == [frame])
    }

    @Test func anAbortedFrameIsNone() throws {
        var framing = try Framing()
        var line = framing.encode([1, 2, 3])
        line.removeLast(3)
        #expect(framing.decode(line + [0x7d, 0x7e]) == [])
        #expect(framing.decoder.damagedFrames == 0)
        framing.encoder.abort()
        #expect(framing.drain() == [0x7d, 0x7e])
        #expect(framing.decode(framing.encode([4, 5, 6])) == [[4, 5, 6]])
    }

    @Test func aLongFrameIsDroppedAndTheNextIsGood() throws {
        var framing = try Framing(capacity: 12)
        let long: [UInt8] = [0x7e] + [UInt8](repeating: 0x55, count: 100_000)
        #expect(framing.decode(long) == [])
        #expect(framing.decoder.damagedFrames == 1)
        #expect(framing.decode([0x7e] + framing.encode([1, 2, 3, 4, 5, 6, 7, 8])) == [[1, 2, 3, 4, 5, 6, 7, 8]])
    }

    @Test func everyDamagedByteIsNoticed() throws {
        var framing = try Framing()
        let line = framing.encode([0x03, 0x12, 0x34, 0x7e, 0x56])
        for index in 1..<(line.count - 1) {
            for change: UInt8 in [1, 0x20, 0x80, 0xff] {
                var damaged = line
                damaged[index] ^= change
                framing.decoder.reset()
                #expect(framing.decode(damaged) == [])
            }
            var shorter = line
            shorter.remove(at: index)
            framing.decoder.reset()
            #expect(framing.decode(shorter) == [])
        }
    }

    @Test func garbageThenAFlagThenAFrame() throws {
        var random = SeededRandom(seed: 7)
        var framing = try Framing()
        for _ in 0..<300 {
            let garbage = (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            framing.encoder.pause()
            let frame = (0..<(2 + random.below(50))).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(framing.decode(garbage + framing.encode(frame)).last == frame)
        }
    }

    @Test func controlFieldsAreReadAsWritten() throws {
        for modulus in [Modulus.basic, .extended] {
            for number in 0..<Int(modulus.rawValue) {
                for bit in [false, true] {
                    let other = (number * 5 + 3) & modulus.mask
                    let sent = OutgoingHeader(3, sent: number, received: other, poll: bit, modulus)
                    #expect(control(sent, modulus) == .information(sent: number, received: other, poll: bit))
                    for function in [Supervisory.receiveReady, .receiveNotReady, .reject, .selectiveReject] {
                        let sent = OutgoingHeader(3, function, received: number, pollFinal: bit, modulus)
                        #expect(
                            control(sent, modulus) == .supervisory(function, received: number, pollFinal: bit))
                    }
                }
            }
            #expect(
                control([3, 0x7f], modulus)
                    == .unnumbered(.setAsynchronousBalancedModeExtended, pollFinal: true))
            #expect(control([3], modulus) == nil)
            #expect(control([3, 0x13], modulus) == .undefined(0x13, pollFinal: true))
        }
        #expect(control([3, 0x01], .extended) == nil)
    }

    private func control(_ frame: [UInt8], _ modulus: Modulus) -> Control? {
        FrameHeader(frame.span, modulus)?.control
    }

    private func control(_ header: OutgoingHeader, _ modulus: Modulus) -> Control? {
        let octets = header.octets
        return FrameHeader(octets.span.extracting(first: header.count), modulus)?.control
    }
}
