// What both ends of a line must agree on beforehand, and what each chooses for itself. The rest is settled by XID.
import Bytes

/// The line, and what all its channels share.
public struct LinkConfiguration: Sendable {
    /// How commands and responses are told apart by the address (see `Link`).
    public enum Addressing: Sendable {
        /// The bit C/R is 1 in a command and 0 in a response, whoever sends it.
        case symmetric
        /// As the initiating station of 3GPP TS 27.010 §5.2.1.2, or the DCE of LAPB.
        case first
        /// As the responding station, or the DTE of LAPB.
        case second
    }

    /// Bits a second, ten of them a byte.
    public var baud: UInt32
    /// How many channels there will be.
    public var channels: Int
    /// The longest information field of any channel, in bytes.
    public var frame: Int
    /// Control characters that must not appear on the line (ACCM, RFC 1662 §7.1): bit n stands for character n.
    public var characterMap: UInt32 = 0
    public var addressing = Addressing.symmetric
    /// After so long without a frame the peer is asked whether it is there. In microseconds.
    public var idlePoll: Int64 = 10_000_000
    /// A peer that answers nothing for so long is given up. In microseconds; longer than a cable may be unplugged.
    public var patience: Int64 = 30_000_000

    /// The map for a line with XON/XOFF.
    public static let xonxoff: UInt32 = 1 << 0x11 | 1 << 0x13

    public init(baud: UInt32, channels: Int = 1, frame: Int = 256) {
        self.baud = max(baud, 50)
        self.channels = min(max(channels, 1), 64)
        self.frame = min(max(frame, LinkChannel.leastFrame), LinkChannel.greatestFrame)
    }

    /// Bytes of memory that the line itself needs, without its channels.
    public var memoryBytes: Int {
        2 * (frameBytes + Region.alignment) + ChannelTable.memoryBytes(count: channels)
            - channels * MemoryLayout<LinkChannel>.stride + 2 * Region.alignment
    }

    /// The longest frame: address, control, information, check sequence. What XID or a long SREJ needs fits as well.
    var frameBytes: Int { 3 + max(frame, LinkChannel.greatestWindow) + FrameCheckSequence.byteCount }

    /// How long `count` bytes take on the line.
    func duration(bytes count: Int) -> Int64 { Int64(count) * 10_000_000 / Int64(baud) }
}

/// One channel of a line.
public struct ChannelConfiguration: Sendable {
    /// 0 to 63; the same at both ends.
    public var address: UInt8
    /// Bytes of an information field, 16 to 4096: the most that is taken, and the most that is sent.
    public var frame: Int
    /// Frames in flight, 1 to 64: half of the numbers, so that an old frame is never taken for a new one.
    public var window: Int
    /// SABM and modulo 8, without XID, for small HDLC peers: the window is 4 at most, and a peer's restart is only
    /// known by its SABM.
    public var isBasic = false

    public init(address: UInt8 = 0, frame: Int = 256, window: Int = 16) {
        self.address = address & 63
        self.frame = min(max(frame, LinkChannel.leastFrame), LinkChannel.greatestFrame)
        self.window = min(max(window, 1), LinkChannel.greatestWindow)
    }

    /// Bytes in flight.
    var windowBytes: Int { window * frame }

    /// Bytes of memory that the channel needs in all, its state included.
    public var memoryBytes: Int {
        2 * (window * frame + Region.alignment) + MemoryLayout<LinkChannel>.stride
    }
}

/// What became of a channel.
public enum LinkEvent: Equatable, Sendable {
    /// Both sides have agreed; bytes flow.
    case established
    /// The peer came back without memory of this connection. What it had not acknowledged may be lost, and what it still
    /// wanted to send is: a truncation, never an end of data. Open the channel again.
    case peerRestarted
    /// It broke off: a truncation.
    case failed(LinkFailure)
    /// It was ended by DISC, and everything written here had arrived. Frames are not authenticated, so this is not an
    /// end of data either: TLS's close_notify is.
    case closed
}

/// Why a channel broke off.
public enum LinkFailure: Equatable, Sendable {
    /// No answer within `LinkConfiguration.patience`.
    case noAnswer
    /// The peer has left (DM), or ended with bytes of ours not acknowledged (DISC).
    case disconnected
    /// The peer found a frame of ours wrong (FRMR).
    case rejected
    /// A frame of the peer was wrong; it was told so by FRMR.
    case protocolError
    /// Our own frames come back: a loop in the cable.
    case loopedBack
}

/// What was counted on a channel since it was opened.
public struct LinkStatistics: Equatable, Sendable {
    /// I frames sent, repetitions included; and the repetitions among them.
    public internal(set) var framesSent = 0
    public internal(set) var framesRepeated = 0
    /// I frames that came in, and those among them that had come before or found no room.
    public internal(set) var framesReceived = 0
    public internal(set) var framesDropped = 0
}
