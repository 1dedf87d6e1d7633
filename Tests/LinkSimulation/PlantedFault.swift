// Mistakes that an end of the link could make, played by the line: it takes the frames that go by, and alters them so that
// the ends behave as they would with that mistake in them. They show that what is asked of the link (Tests/LinkProperties)
// does not hold by itself. Modulo 128 alone; octets and numbers as in Sources/Transport/Link/Link.swift, read here by other
// code than the link's own.

/// A mistake in one of the two ends.
package enum PlantedFault: CaseIterable, Sendable {
    /// A frame whose check sequence is wrong is taken all the same.
    case badCheckSequenceAccepted
    /// I frames are taken in the order in which they come, whatever their N(S).
    case sendNumberIgnored
    /// N(R) tells of the last frame that has come, whatever is missing before it.
    case acknowledgedTooEarly
    /// DISC is sent in the midst of everything.
    case endedUnasked

    package var name: StaticString {
        switch self {
        case .badCheckSequenceAccepted: "a bad check sequence accepted"
        case .sendNumberIgnored: "N(S) ignored"
        case .acknowledgedTooEarly: "acknowledged too early"
        case .endedUnasked: "ended unasked"
        }
    }
}

/// The line's part in a fault. The mistake is that of the second end, or, for `endedUnasked`, of the first.
struct FaultyLine {
    private let fault: PlantedFault
    private var forth = FrameCutter()
    private var back = FrameCutter()
    /// By channel: the greatest N(S) from the first end, and how many I frames came from it.
    private var greatest = [Int](repeating: -1, count: 64)
    private var arrived = [Int](repeating: 0, count: 64)

    init(_ fault: PlantedFault) { self.fault = fault }

    /// What arrives instead of `bytes`, in the same direction.
    mutating func alter(_ bytes: [UInt8], isForth: Bool) -> [UInt8] {
        var altered: [UInt8] = []
        for byte in bytes {
            guard let cut = isForth ? forth.take(byte) : back.take(byte) else { continue }
            altered += isForth ? alterForth(cut) : alterBack(cut)
        }
        return altered
    }

    private mutating func alterForth(_ cut: CutFrame) -> [UInt8] {
        var frame = cut.octets
        guard frame.count >= 6 else { return cut.raw }
        guard cut.isGood else { return fault == .badCheckSequenceAccepted ? CutFrame.line(frame) : cut.raw }
        // I frames alone, which have a zero in the lowest bit of their control field.
        guard frame.count >= 7, frame[1] & 1 == 0 else { return cut.raw }
        let channel = Int(frame[0] >> 2)
        let number = Int(frame[1] >> 1)
        let isNewer = greatest[channel] < 0 || (number - greatest[channel]) & 127 < 64
        if isNewer { greatest[channel] = number }
        arrived[channel] += 1
        switch fault {
        case .sendNumberIgnored:
            frame[1] = UInt8(truncatingIfNeeded: (arrived[channel] - 1) & 127) << 1
            return CutFrame.line(frame)
        case .endedUnasked where arrived[channel] == 20:
            return cut.raw + CutFrame.line([frame[0], 0x43 | 0x10, 0, 0, 0, 0])
        default: return cut.raw
        }
    }

    private mutating func alterBack(_ cut: CutFrame) -> [UInt8] {
        var frame = cut.octets
        guard fault == .acknowledgedTooEarly, cut.isGood, frame.count >= 7 else { return cut.raw }
        let channel = Int(frame[0] >> 2)
        // I, RR and RNR; not REJ and SREJ, whose N(R) asks for a frame, and not unnumbered ones.
        let tells = frame[1] & 1 == 0 || frame[1] == 0x01 || frame[1] == 0x05
        guard tells, greatest[channel] >= 0 else { return cut.raw }
        frame[2] = UInt8(truncatingIfNeeded: (greatest[channel] + 1) & 127) << 1 | frame[2] & 1
        return CutFrame.line(frame)
    }
}

/// What was between two flags.
struct CutFrame {
    /// As on the line, with the flag behind it.
    var raw: [UInt8] = []
    /// Without escapes, the check sequence included.
    var octets: [UInt8] = []

    /// Whether the check sequence is right.
    var isGood: Bool { octets.count > 4 && Self.check(octets.dropLast(4)) == Array(octets.suffix(4)) }

    /// `octets` as on the line, with the check sequence that they should have in place of their last four.
    static func line(_ octets: [UInt8]) -> [UInt8] {
        let contents = octets.dropLast(4)
        var line: [UInt8] = []
        for octet in contents + check(contents) {
            // More than must be escaped does no harm (RFC 1662 §4.2).
            let isEscaped = octet < 0x20 || octet == 0x7d || octet == 0x7e
            if isEscaped { line.append(0x7d) }
            line.append(isEscaped ? octet ^ 0x20 : octet)
        }
        return line + [0x7e]
    }

    /// FCS-32 (RFC 1662 appendix C.3), bit by bit.
    private static func check(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        var register: UInt32 = 0xffff_ffff
        for octet in octets {
            register ^= UInt32(octet)
            for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: ~register >> UInt32(8 * $0)) }
    }
}

/// Cuts what goes by at the flags.
private struct FrameCutter {
    private var current = CutFrame()
    private var isEscaped = false

    /// - Returns: what ended with this byte.
    mutating func take(_ byte: UInt8) -> CutFrame? {
        current.raw.append(byte)
        switch byte {
        case 0x7e:
            let cut = current
            current = CutFrame()
            isEscaped = false
            return cut
        case 0x7d: isEscaped = true
        default:
            current.octets.append(isEscaped ? byte ^ 0x20 : byte)
            isEscaped = false
        }
        return nil
    }
}
