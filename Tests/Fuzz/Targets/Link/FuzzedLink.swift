// One end of the link with two channels, the time, and a peer that is played by an input; and what is asserted of that end.
import Bytes
import LinkSimulation
import TestSupport

@testable import Transport

struct FuzzedLink: ~Copyable {
    private var end: LineEnd
    private let line: LinkConfiguration
    private let channels: [ChannelConfiguration]
    private var now: Int64 = 1_000_000
    private var hearing: FrameDecoder
    private var speaking: FrameEncoder
    private let memory: TestArena
    /// By channel: the number that the next byte read belongs to; whether its end was told.
    private var expected: [UInt8?] = [nil, nil]
    private var hasEnded = [true, true]

    init(_ choice: Int) {
        var line = LinkConfiguration(baud: 115_200, channels: 2, frame: 64)
        if choice & 2 != 0 { line.characterMap = LinkConfiguration.xonxoff }
        line.addressing = [.symmetric, .first, .second, .symmetric][choice >> 2 & 3]
        var first = ChannelConfiguration(address: 0, frame: 64, window: 1 + choice >> 4)
        first.isBasic = choice & 1 == 1
        let channels = [first, ChannelConfiguration(address: 9, frame: 32, window: 3)]
        memory = TestArena(4096)
        do throws(ArenaExhausted) {
            end = try LineEnd(line, channels)
            hearing = FrameDecoder(buffer: try memory.arena.take(160), characterMap: line.characterMap)
            speaking = FrameEncoder(buffer: try memory.arena.take(160), characterMap: line.characterMap)
        } catch { fatalError("no memory") }
        self.line = line
        self.channels = channels
    }

    // What the owner does

    mutating func open(_ channel: Int) {
        end.link.open(channel, session: 1, initiates: channel == 0, at: now)
        (expected[channel], hasEnded[channel]) = (nil, false)
        hear(most: .max)
    }

    mutating func act(_ choice: Int) {
        switch choice & 7 {
        case 0: end.link.finish(0, at: now)
        case 1: end.link.finish(1, at: now)
        case 2: open(0)
        case 3: open(1)
        case 4: end.link.lineReopened()
        default: break
        }
        hear(most: .max)
    }

    mutating func write(_ channel: Int, _ count: Int) {
        let bytes = [UInt8](repeating: 0x7e, count: count)
        let taken = end.write(bytes[...], channel)
        require(taken <= count, "more was taken than was given")
        hear(most: .max)
    }

    /// Lets up to a second pass.
    mutating func wait(_ time: Int) {
        now += Int64(time) * 4_000
        end.link.tick(now)
        hear(most: .max)
    }

    /// Reads, and looks whether it is what I frames carried, in order.
    mutating func read(_ channel: Int) {
        for byte in end.read(channel) {
            let last = expected[channel]
            let next = last.map { UInt8((Int($0) + 1) & end.link.channels[channel].modulus.mask) } ?? 0
            require(byte == last || byte == next, "\(byte) was read after \(String(describing: last))")
            expected[channel] = byte
        }
    }

    // What the peer does

    /// Bytes come over the line.
    mutating func receive(_ bytes: [UInt8]) {
        now += Int64(bytes.count) * 87
        // A frame has four bytes of a check sequence, two others, and a flag.
        let frames = bytes.filter { $0 == FramingByte.flag }.count
        end.link.receive(bytes.span, at: now)
        hear(most: frames + mostWaiting)
    }

    /// A frame comes that is good as far as its check sequence goes.
    mutating func send(_ frame: [UInt8]) {
        var frame = frame
        if frame[1] & 1 == 0, let channel = channels.firstIndex(where: { $0.address == frame[0] >> 2 }) {
            number(&frame, end.link.channels[channel].modulus)
        }
        let bytes = encoded(frame)
        now += Int64(bytes.count) * 87
        end.link.receive(bytes.span, at: now)
        hear(most: mostWaiting + 1)
    }

    /// An I frame's bytes are its own number, by which they are known when they are read.
    private func number(_ frame: inout [UInt8], _ modulus: Modulus) {
        let width = modulus == .extended ? 3 : 2
        while frame.count <= width { frame.append(0) }
        for index in width..<frame.count { frame[index] = frame[1] >> 1 & UInt8(modulus.mask) }
    }

    private mutating func encoded(_ frame: [UInt8]) -> [UInt8] {
        speaking.begin(frame.span.extracting(first: 2), frame.span.extracting(2..<frame.count))
        var bytes = [UInt8](repeating: 0, count: 400)
        var target = bytes.mutableSpan
        let count = speaking.put(into: &target, at: 0)
        return Array(bytes.prefix(count))
    }

    /// An I frame with any numbers.
    mutating func sendInformation(_ channel: Int, _ sent: Int, _ received: Int, count: Int) {
        let header = OutgoingHeader(
            command(channel), sent: sent, received: received, poll: received & 128 != 0,
            end.link.channels[channel].modulus)
        let octets = header.octets
        send((0..<header.count).map { octets[$0] } + [UInt8](repeating: 0, count: count))
    }

    /// An I frame with the number that is expected, which acknowledges everything.
    mutating func sendExpected(_ channel: Int, poll: Bool, count: Int) {
        let sent = Int(end.link.channels[channel].receiving.expected & 127)
        let received = Int(end.link.channels[channel].sending.next & 127)
        sendInformation(channel, sent, received | (poll ? 128 : 0), count: count)
    }

    private func command(_ channel: Int) -> UInt8 {
        // As the other end has it: the second station where this one is the first.
        let other: LinkConfiguration.Addressing =
            switch line.addressing {
            case .symmetric: .symmetric
            case .first: .second
            case .second: .first
            }
        return ChannelAddress(channels[channel].address, other).command
    }

    /// Opens both channels as an honest peer does.
    mutating func establish() {
        for channel in 0..<2 {
            if !channels[channel].isBasic {
                var bytes: [UInt8] = [command(channel), 0xbf]
                bytes += written { Identification(frame: 64, window: 7, session: 2, echo: 1).write(to: &$0) } ?? []
                send(bytes)
            }
            send([command(channel), channels[channel].isBasic ? 0x3f : 0x7f])
        }
    }

    // What is asserted

    /// How many frames can wait to be sent: a window of each channel, and what the timers have brought.
    private var mostWaiting: Int { channels[0].window + channels[1].window + 2 }

    /// Takes what this end sends: `most` frames, each of them good, and nothing else.
    private mutating func hear(most: Int) {
        takeEvents()
        var frames = 0
        var rounds = 0
        var bytes = [UInt8](repeating: 0, count: 128)
        while true {
            var target = bytes.mutableSpan
            let count = end.link.transmit(into: &target, at: now)
            if count == 0 { break }
            rounds += 1
            require(rounds < 10_000, "it never stops sending")
            for byte in bytes.prefix(count) where hearing.take(byte) {
                frames += 1
                check(array(hearing.frame))
            }
        }
        require(frames <= most, "\(frames) frames were sent, where \(most) is the most")
        require(hearing.damagedFrames == 0, "a damaged frame was sent")
        require(!end.link.hasOutput(at: now), "it has something to send that it does not send")
    }

    private mutating func takeEvents() {
        for channel in 0..<2 {
            while let event = end.link.nextEvent(channel) {
                if event == .established { continue }
                require(!hasEnded[channel], "a second end was told")
                hasEnded[channel] = true
            }
        }
    }

    private func check(_ frame: [UInt8]) {
        let channel = channels.firstIndex { $0.address == frame[0] >> 2 }
        let isUnnumbered = frame[1] & 3 == 3
        guard let channel else { return require(isUnnumbered, "a numbered frame on a channel that is not there") }
        require(isUnnumbered || !hasEnded[channel], "a numbered frame after the end")
        require(frame.count <= 3 + 64, "a frame of \(frame.count) bytes")
    }

    /// After all that an honest peer and this end still find each other.
    mutating func meetAnHonestPeer() {
        open(0)
        var other: LineEnd
        do throws(ArenaExhausted) {
            var line = self.line
            switch self.line.addressing {
            case .symmetric: break
            case .first: line.addressing = .second
            case .second: line.addressing = .first
            }
            other = try LineEnd(line, channels)
        } catch { fatalError("no memory") }
        other.link.open(0, session: 99, initiates: true, at: now)
        var arrived: [UInt8] = []
        var written = false
        for _ in 0..<400 where arrived.isEmpty {
            exchange(&other)
            if !written { written = other.write([0x2a][...]) == 1 }
            arrived = end.read(0)
        }
        require(arrived == [0x2a], "an honest peer finds nobody")
    }

    private mutating func exchange(_ other: inout LineEnd) {
        now += 20_000
        end.link.tick(now)
        other.link.tick(now)
        var bytes = [UInt8](repeating: 0, count: 512)
        var target = bytes.mutableSpan
        let count = end.link.transmit(into: &target, at: now)
        other.link.receive(bytes.span.extracting(first: count), at: now)
        var place = bytes.mutableSpan
        let back = other.link.transmit(into: &place, at: now)
        end.link.receive(bytes.span.extracting(first: back), at: now)
    }
}
