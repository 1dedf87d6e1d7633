// Address and control field (ISO/IEC 13239 §4.3, §5.3; the octets as on the line, bit 1 the least significant).
//
// Numbers that do not fit the modulus cannot arise: they are cut to their bits when written, and have only those when read.

/// How many sequence numbers there are (ISO/IEC 13239 §5.3.1).
enum Modulus: UInt8 {
    /// Set by SABM; control fields of one octet.
    case basic = 8
    /// Set by SABME; control fields of two octets for I and S frames.
    case extended = 128

    var mask: Int { Int(rawValue) - 1 }
}

/// Supervisory functions (ISO/IEC 13239 §5.5.2), by their bits in the first octet.
enum Supervisory: UInt8 {
    case receiveReady = 0x01
    case receiveNotReady = 0x05
    case reject = 0x09
    case selectiveReject = 0x0d
}

/// Unnumbered commands and responses (ISO/IEC 13239 §5.5.3), with P/F 0.
enum Unnumbered: UInt8 {
    case setAsynchronousBalancedMode = 0x2f
    case setAsynchronousBalancedModeExtended = 0x6f
    case disconnect = 0x43
    case acknowledgement = 0x63
    case disconnectedMode = 0x0f
    case frameReject = 0x87
    case exchangeIdentification = 0xaf
}

/// A control field as read.
enum Control: Equatable {
    /// An I frame: N(S), N(R), and P.
    case information(sent: Int, received: Int, poll: Bool)
    /// An S frame with N(R) and P/F.
    case supervisory(Supervisory, received: Int, pollFinal: Bool)
    case unnumbered(Unnumbered, pollFinal: Bool)
    /// Not defined, or not implemented here: a reason for FRMR.
    case undefined(UInt8, pollFinal: Bool)

    /// The bit P/F of an unnumbered frame, and of all with modulo 8.
    static let pollFinalBit: UInt8 = 0x10
}

/// The beginning of a frame as read.
struct FrameHeader {
    let address: UInt8
    let control: Control
    /// Where the information field begins.
    let count: Int
    /// The control field's octets as they came, for an FRMR.
    let octets: (UInt8, UInt8)

    /// Reads the beginning of a frame, or answers nil where it is too short to have a control field.
    init?(_ frame: Span<UInt8>, _ modulus: Modulus) {
        guard frame.count >= 2 else { return nil }
        address = frame[0]
        let first = frame[1]
        if first & 3 == 3 {
            let pollFinal = first & Control.pollFinalBit != 0
            if let function = Unnumbered(rawValue: first & ~Control.pollFinalBit) {
                control = .unnumbered(function, pollFinal: pollFinal)
            } else {
                control = .undefined(first, pollFinal: pollFinal)
            }
            count = 2
            octets = (first, 0)
            return
        }
        let width = modulus == .extended ? 2 : 1
        guard frame.count >= 1 + width else { return nil }
        let second = width == 2 ? frame[2] : 0
        control = Self.numbered(first, second, modulus)
        count = 1 + width
        octets = (first, second)
    }

    /// Whether the bit P/F is set.
    var hasPollFinal: Bool {
        switch control {
        case .information(_, _, let bit), .supervisory(_, _, let bit), .unnumbered(_, let bit), .undefined(_, let bit):
            bit
        }
    }

    private static func numbered(_ first: UInt8, _ second: UInt8, _ modulus: Modulus) -> Control {
        let received = modulus == .extended ? Int(second >> 1) : Int(first >> 5)
        let pollFinal = modulus == .extended ? second & 1 != 0 : first & Control.pollFinalBit != 0
        if first & 1 == 0 {
            let sent = modulus == .extended ? Int(first >> 1) : Int(first >> 1 & 7)
            return .information(sent: sent, received: received, poll: pollFinal)
        }
        let function = modulus == .extended ? first : first & 0x0f
        guard let function = Supervisory(rawValue: function) else { return .undefined(first, pollFinal: pollFinal) }
        return .supervisory(function, received: received, pollFinal: pollFinal)
    }
}

/// Address and control field to be sent: two octets or three.
struct OutgoingHeader {
    /// The octets, of which `count` count.
    private(set) var octets: InlineArray<3, UInt8>
    let count: Int

    init(_ address: UInt8, _ function: Unnumbered, pollFinal: Bool) {
        octets = [address, function.rawValue | (pollFinal ? Control.pollFinalBit : 0), 0]
        count = 2
    }

    init(_ address: UInt8, _ function: Supervisory, received: Int, pollFinal: Bool, _ modulus: Modulus) {
        self.init(address, function.rawValue, received, pollFinal, modulus)
    }

    init(_ address: UInt8, sent: Int, received: Int, poll: Bool, _ modulus: Modulus) {
        self.init(address, UInt8(truncatingIfNeeded: (sent & modulus.mask) << 1), received, poll, modulus)
    }

    private init(_ address: UInt8, _ first: UInt8, _ received: Int, _ pollFinal: Bool, _ modulus: Modulus) {
        let number = UInt8(truncatingIfNeeded: received & modulus.mask)
        switch modulus {
        case .extended:
            octets = [address, first, number << 1 | (pollFinal ? 1 : 0)]
            count = 3
        case .basic:
            octets = [address, first | number << 5 | (pollFinal ? Control.pollFinalBit : 0), 0]
            count = 2
        }
    }
}
