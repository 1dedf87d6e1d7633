// Link: ordered, reliable bytes over a serial line that drops and corrupts them. HDLC in asynchronous balanced mode
// (ISO/IEC 13239) in the framing of RFC 1662, as a state machine: bytes and the time go in, bytes come out; it holds no
// device and no clock. Several channels share a line.
//
// # Frames (octets in order; bit 1 is the least significant and sent first)
//
//     7E  address  control  information  FCS-32  7E        7E may be shared by two frames
//
// - Framing: RFC 1662 §4, 8N1. 7D escapes (the octet behind it XOR 20) 7E, 7D and what the character map (ACCM) names;
//   both ends have the same map: none, or 11 and 13 on a line with XON/XOFF. Octets of the map that come without 7D are
//   dropped. 7D 7E aborts a frame. FCS-32 is over address to information before escaping, least significant octet first.
//   A frame with a bad FCS, one of fewer than 6 octets and one longer than any channel's are dropped without answer.
// - Address: (channel << 2) | (C/R << 1) | 1. Channels are 0 to 63. C/R is 1 in commands and 0 in responses; with
//   `Addressing.first` and `.second` it is as in 3GPP TS 27.010 §5.2.1.2, which for channel 0 are the addresses of LAPB.
// - Control, modulo 128 (SABME): I = N(S)<<1, N(R)<<1|P. S = 01 RR, 05 RNR, 09 REJ, 0D SREJ; then N(R)<<1|P/F.
//   Modulo 8 (SABM): I = N(R)<<5|P<<4|N(S)<<1. S = N(R)<<5|P/F<<4|function.
//   U, one octet, P/F is 10: SABM 2F, SABME 6F, DISC 43, UA 63, DM 0F, FRMR 87, XID AF.
// - SREJ: N(R) is the first missing frame; every octet of the information field is a further one, N<<1 (modulo 8: N<<5),
//   63 at most. With F=0 it acknowledges nothing; with F=1 it acknowledges up to N(R)-1 and names everything that is
//   missing before the last frame received. With modulo 8 REJ with F=0 is sent in its place: all from N(R) on again.
// - FRMR: the rejected control field, two octets with modulo 128 (the second is 0 for U); V(S)<<1, V(R)<<1 (modulo 8:
//   V(R)<<5|V(S)<<1); the reason. 1 (W): control field undefined. 3 (W, X): information in RR, RNR or REJ. 4 (Y): longer
//   than what XID said. 8 (Z): N(R) not from V(A) to V(S). The bit C/R of ISO/IEC 13239 in it is 0.
// - XID: 82; then 80, length of the group (2), parameters (number, length (1), value): 02 02 4100 classes of procedures,
//   03 03 860C21 optional functions, 06 the longest information field that the sender takes, in bits, 08 the greatest
//   window that it takes, 1 to 64; then FF, 01, session id (8), session id of the other as far as known or 0 (8). Numbers
//   are big-endian, the lengths that we send are 2 and 1; unknown parameters and groups are skipped, a missing one is what
//   the receiver itself takes. An XID that does not parse, or with less than 16 octets or a window of 0, is ignored.
//
// I frames and commands have the address of a command; RR, RNR, REJ and SREJ that were not asked for by P, and all answers,
// that of a response. RR or RNR with P is a command. Whoever opens draws a session id at random.
//
// # Opening and ending
//
// XID command, XID response with the command's session id as its second, SABME, UA; modulo 8: SABM, UA. These commands and
// DISC have P=1; UA, DM, FRMR and the XID response have as F what P was. Without the answer within T1 the command is repeated.
// Both sides may begin at once: whoever receives SABME answers UA and is established, whatever it has sent itself. A side
// that has not seen XID answers SABME with DM, and the other begins again after T1. After XID, SABM is answered as SABME is,
// and sets modulo 8. SABM(E) repeated before any I frame was acknowledged or received is answered by UA again, and what was
// sent is sent again. Later, or with the other modulus, it is a restart of the peer, as is XID with another session id:
// the channel is over, and DM the answer to all commands until it is opened anew. XID with the receiver's own session id
// tells of a loop in the cable. A channel that nobody has opened, or that is not there, answers commands with P, and SABM(E),
// DISC and XID, with DM. DISC is sent when everything was acknowledged, or at once to break off; UA or DM ends the channel.
// Who receives DISC or DM with frames not acknowledged, or FRMR at any time, has lost them.
//
// # Flow, and recovery
//
// k frames at most are in flight, the least of what both sides take; modulo 8: 4. Their length is the sender's choice,
// within what the receiver takes; here it follows the losses. N(S) that is not in the half of the numbers from V(R) on has
// been there before: it is acknowledged, and dropped. What comes after a gap is kept, and what is missing asked for by SREJ,
// at once, and again when it is overdue or overtaken by a frame that was asked for later.
// The sender sends P with every half window and with the last frame of a full one, never while an answer is outstanding; the
// answer with F, RR, RNR or SREJ, shows what of all that was sent before the P is lost. Without acknowledgement for T1, RR
// with P is sent. RNR is sent while less than a quarter of the window is free, RR when half of it is; a sender that was told
// RNR sends no I frame, and asks by RR with P after half a second or T1.
// - T1: 4 frames' time on the line and 200 ms; once the answers to P were timed, their smoothed time and four times its
//   variation (RFC 6298 §2) and 2 frames' time and 10 ms. Doubled each time that no answer comes, up to a second or 2 T1.
// - An SREJ is overdue after the smoothed time of its answer and four times its variation, a frame's time and 2 ms.
// - `idlePoll` (10 s) without a frame from the peer: RR with P. `patience` (30 s) without an answer, and three repetitions:
//   the peer is given up.
// Each end chooses these times for itself.
//
// Invariants:
// - bytes are read in the order in which they were written, each once, or the channel ends with an event that says so;
// - memory is fixed when a channel is added; nothing traps on received bytes; no frame is answered by more than one;
// - every channel with something to send has its turn: one frame each, and no two answers in a row before waiting data.
import Bytes

/// One end of a line.
public struct Link: ~Copyable {
    private let configuration: LinkConfiguration
    private var decoder: FrameDecoder
    private var encoder: FrameEncoder
    private(set) var channels: ChannelTable
    /// Whose turn it is.
    private var turn = 0
    private var lastWasUrgent = false
    /// A channel that does not exist here and whose answer was asked for by P: it is told DM.
    private var strayChannel: UInt8?

    /// A line without channels.
    /// - Throws: `ArenaExhausted`; `LinkConfiguration.memoryBytes` and each `ChannelConfiguration.memoryBytes` together are
    ///   enough.
    public init(_ configuration: LinkConfiguration, memory: inout Arena) throws(ArenaExhausted) {
        let incoming = try memory.take(configuration.frameBytes)
        let outgoing = try memory.take(configuration.frameBytes)
        let table = try memory.take(ChannelTable.memoryBytes(count: configuration.channels))
        self.configuration = configuration
        decoder = FrameDecoder(buffer: incoming, characterMap: configuration.characterMap)
        encoder = FrameEncoder(buffer: outgoing, characterMap: configuration.characterMap)
        channels = ChannelTable(memory: table, capacity: configuration.channels)
    }

    /// Adds a channel, closed. Its frames are no longer than the line's.
    /// - Returns: its index, which names it from now on; nil where the line has no room for it or the address is taken.
    /// - Throws: `ArenaExhausted`.
    public mutating func addChannel(
        _ channel: ChannelConfiguration, memory: inout Arena
    ) throws(ArenaExhausted) -> Int? {
        var channel = channel
        channel.frame = min(channel.frame, configuration.frame)
        guard channels.count < configuration.channels, index(of: channel.address) == nil else { return nil }
        let sending = try memory.take(channel.window * channel.frame)
        let receiving = try memory.take(channel.window * channel.frame)
        let added = LinkChannel(channel, configuration, sending: sending, receiving: receiving)
        return channels.append(added) ? channels.count - 1 : nil
    }

    private func index(of address: UInt8) -> Int? {
        for index in 0..<channels.count where channels[index].configuration.address == address { return index }
        return nil
    }

    /// Opens a channel, whatever it was before.
    /// - Parameters:
    ///   - session: drawn at random each time; it tells this opening from every other.
    ///   - initiates: whether this side begins. At least one must; both may.
    ///   - now: here and everywhere the monotonic clock in microseconds.
    public mutating func open(_ channel: Int, session: UInt64, initiates: Bool = true, at now: Int64) {
        channels[channel].open(session: session, initiates: initiates, at: now)
    }

    /// Ends a channel when everything written has arrived. `.closed` follows, or `.failed`.
    public mutating func finish(_ channel: Int, at now: Int64) { channels[channel].finish(at: now) }

    /// Ends a channel at once: what has not been sent is dropped, and the peer is told by DISC.
    public mutating func abandon(_ channel: Int, at now: Int64) { channels[channel].abandon(at: now) }

    /// Takes bytes from the line.
    public mutating func receive(_ bytes: Span<UInt8>, at now: Int64) {
        for index in bytes.indices where decoder.take(bytes[index]) { receiveFrame(at: now) }
    }

    private mutating func receiveFrame(at now: Int64) {
        let frame = decoder.frame
        let address = frame[0]
        // The lowest bit is 1 in the last octet of an address, and ours have but one.
        guard address & 1 == 1 else { return }
        let isCommand = ChannelAddress.isCommand(address, configuration.addressing)
        for index in 0..<channels.count where channels[index].configuration.address == address >> 2 {
            guard let header = FrameHeader(frame, channels[index].modulus) else { return }
            let information = frame.extracting(header.count..<frame.count)
            return channels[index].receive(header, information, isCommand: isCommand, at: now)
        }
        // How its numbers go is not known; every command that opens or ends is of one octet with either modulus.
        if isCommand, FrameHeader(frame, .extended)?.hasPollFinal ?? false { strayChannel = address >> 2 }
    }

    /// The line was opened anew: a frame half received is dropped, one half sent is aborted and will be missed.
    public mutating func lineReopened() {
        decoder.reset()
        encoder.abort()
    }

    /// Puts the next bytes for the line into `target`: as many as it has room for, or all that there are. Give out no more
    /// than the line can soon carry: what waits in a device's queue cannot be overtaken by an answer.
    /// - Returns: how many.
    public mutating func transmit(into target: inout MutableSpan<UInt8>, at now: Int64) -> Int {
        var end = 0
        while end < target.count {
            if encoder.isIdle, !beginFrame(at: now) {
                encoder.pause()
                lastWasUrgent = false
                break
            }
            end = encoder.put(into: &target, at: end)
        }
        return end
    }

    /// Whether `transmit` would give out something.
    public func hasOutput(at now: Int64) -> Bool {
        if !encoder.isIdle || strayChannel != nil { return true }
        for index in 0..<channels.count where channels[index].hasUrgent(at: now) || channels[index].hasData {
            return true
        }
        return false
    }

    private mutating func beginFrame(at now: Int64) -> Bool {
        if let stray = strayChannel {
            strayChannel = nil
            let address = ChannelAddress(stray, configuration.addressing)
            encoder.begin(OutgoingHeader(address.response, .disconnectedMode, pollFinal: true), Span())
            return true
        }
        if lastWasUrgent { return beginData(at: now) || beginUrgent(at: now) }
        return beginUrgent(at: now) || beginData(at: now)
    }

    private mutating func beginUrgent(at now: Int64) -> Bool {
        for step in 0..<channels.count {
            let index = (turn + step) % channels.count
            guard channels[index].hasUrgent(at: now) else { continue }
            let address = ChannelAddress(channels[index].configuration.address, configuration.addressing)
            channels[index].sendUrgent(&encoder, address, at: now)
            lastWasUrgent = true
            return true
        }
        return false
    }

    private mutating func beginData(at now: Int64) -> Bool {
        for step in 0..<channels.count {
            let index = (turn + step) % channels.count
            guard channels[index].hasData else { continue }
            let address = ChannelAddress(channels[index].configuration.address, configuration.addressing)
            channels[index].sendData(&encoder, address, at: now)
            turn = (index + 1) % channels.count
            lastWasUrgent = false
            return true
        }
        return false
    }

    /// Looks at the timers. To be called when `nextDeadline` has come; more often does no harm.
    public mutating func tick(_ now: Int64) {
        for index in 0..<channels.count { channels[index].tick(now) }
    }

    /// When `tick` must be called, or nil where nothing is waited for.
    public var nextDeadline: Int64? {
        var first = never
        for index in 0..<channels.count { first = min(first, channels[index].nextDeadline) }
        return first == never ? nil : first
    }

    /// What has become of a channel since it was asked last, in order; nil where nothing has.
    public mutating func nextEvent(_ channel: Int) -> LinkEvent? {
        if channels[channel].establishedEvent {
            channels[channel].establishedEvent = false
            return .established
        }
        defer { channels[channel].endEvent = nil }
        return channels[channel].endEvent
    }

    /// Gives bytes to a channel. It takes none before it is established, since it does not know yet how long a frame the
    /// peer takes, and none after its end.
    /// - Returns: how many were taken.
    public mutating func write(_ bytes: Span<UInt8>, to channel: Int) -> Int {
        guard channels[channel].state == .established, !channels[channel].wantsFinish else { return 0 }
        let size = channels[channel].frameTarget
        return channels[channel].sending.append(bytes, size: size)
    }

    /// Moves bytes that have arrived on a channel into `target`. Also after its end, until it is opened again.
    /// - Returns: how many.
    public mutating func read(_ channel: Int, into target: inout MutableSpan<UInt8>) -> Int {
        let moved = channels[channel].receiving.read(into: &target)
        if moved > 0 { channels[channel].updateBusy() }
        return moved
    }

    /// Whether everything written to a channel has arrived.
    public func hasDelivered(_ channel: Int) -> Bool { channels[channel].sending.isEmpty }

    /// What was counted.
    public func statistics(_ channel: Int) -> LinkStatistics { channels[channel].statistics }
}
