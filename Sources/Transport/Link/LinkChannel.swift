// One channel of the link: a combined station in asynchronous balanced mode (ISO/IEC 13239 §6.11). This file holds its
// state and its timers; `LinkChannel+Receive` what frames do to it, `LinkChannel+Send` which frame it sends next,
// `LinkChannel+Setup` how it is opened and ended.
//
// Invariants:
// - what is to be answered is remembered as what to answer, never as a queue of frames, so a peer cannot fill memory;
// - a bit P is outstanding at most once; only the answer with F says for certain which frames were lost;
// - an event that ends the channel is told once, and nothing is sent on it afterwards but DM, UA and FRMR.
import Bytes

/// A moment that never comes.
let never = Int64.max

/// The state of one channel.
struct LinkChannel: ~Copyable {
    static let leastFrame = 16
    static let greatestFrame = 4096
    static let greatestWindow = 64

    /// How far the channel is.
    enum State {
        /// Nobody here has opened it: disconnected mode.
        case closed
        /// Opened, waiting for the peer to begin.
        case waiting
        /// XID was sent.
        case identifying
        /// SABME or SABM was sent.
        case settingMode
        case established
        /// DISC is to be sent when everything has arrived, or was sent.
        case finishing
    }

    /// An unnumbered answer to be given.
    enum Reply { case none, acknowledgement, disconnectedMode, identification, frameReject }

    let configuration: ChannelConfiguration
    /// The time of the longest frame on the line, of any channel's.
    let frameTime: Int64
    let patience: Int64
    let idlePoll: Int64
    let bytesPerSecond: Int64

    var sending: SendQueue
    var receiving: ReceiveQueue
    var state = State.closed
    var modulus = Modulus.extended
    var session: UInt64 = 0
    /// What the peer told of itself, once it did.
    var peer: Identification?
    /// Whether the owner wants the end as soon as everything has arrived.
    var wantsFinish = false

    // What is to be sent.
    var reply = Reply.none
    var replyFinal = false
    /// XID, SABM(E) or DISC, by the state.
    var commandPending = false
    /// A bit P was received in an I or S frame: the next frame answers it.
    var finalPending = false
    /// Something arrived that no N(R) has told of yet; or whether this side is busy changed.
    var acknowledgementPending = false
    var statusPending = false
    var pollPending = false
    var frameRejectInformation = FixedList<8, UInt8>(filler: 0)

    // What was asked.
    var pollOutstanding = false
    var pollWasRepeated = false
    var pollOrder: Int64 = 0
    var pollSentAt: Int64 = 0
    var framesSincePoll = 0
    /// Counts frames that are sent.
    var order: Int64 = 0

    // Timers: when the answer to a command or poll, an acknowledgement, a repeated frame is overdue; when to look whether
    // the peer is there.
    var answerDeadline = never
    var acknowledgementDeadline = never
    var rejectDeadline = never
    var idleDeadline = never
    var retries = 0
    var silentSince: Int64 = 0

    var isBusy = false
    var peerIsBusy = false
    var roundTrip = RoundTrip()
    var rejectTrip = RoundTrip()
    var sizer = FrameSizer()
    var statistics = LinkStatistics()

    var establishedEvent = false
    var endEvent: LinkEvent?

    init(
        _ configuration: ChannelConfiguration, _ line: LinkConfiguration, sending: consuming Region,
        receiving: consuming Region
    ) {
        self.configuration = configuration
        frameTime = line.duration(bytes: line.frame + 12)
        patience = line.patience
        idlePoll = line.idlePoll
        bytesPerSecond = Int64(line.baud) / 10
        self.sending = SendQueue(memory: sending, slots: configuration.window, frame: configuration.frame)
        self.receiving = ReceiveQueue(memory: receiving, slots: configuration.window, frame: configuration.frame)
    }

    /// The longest information field that both sides take.
    var frameLimit: Int { min(configuration.frame, peer?.frame ?? configuration.frame) }

    /// k: how many frames may be in flight.
    var window: Int {
        let agreed = min(configuration.window, peer?.window ?? configuration.window)
        return modulus == .basic ? min(agreed, 4) : agreed
    }

    /// How long the next frames shall be: as the losses advise, yet so long that a window of them covers a round trip.
    var frameTarget: Int {
        let inFlight = bytesPerSecond * (roundTrip.usual ?? 0) / 1_000_000
        let least = min(max(32, Int(clamping: inFlight) / max(window - 4, 1)), frameLimit)
        return sizer.best(least...frameLimit)
    }

    /// T1: how long to wait for an answer, longer after each time that none came.
    var timeout: Int64 {
        let first = roundTrip.timeout(initial: 4 * frameTime + 200_000, slack: 2 * frameTime + 10_000)
        return min(first << Int64(min(retries, 6)), max(1_000_000, 2 * first))
    }

    /// How long to wait for a frame asked for by SREJ.
    var rejectTimeout: Int64 {
        rejectTrip.timeout(initial: (roundTrip.usual ?? 200_000) + 3 * frameTime, slack: frameTime + 2_000)
    }

    /// The first moment at which `tick` has something to do.
    var nextDeadline: Int64 {
        min(min(answerDeadline, acknowledgementDeadline), min(rejectDeadline, idleDeadline))
    }

    /// Looks at the timers.
    mutating func tick(_ now: Int64) {
        if rejectDeadline <= now { rejectDeadline = never }
        switch state {
        case .closed, .waiting: return
        case .identifying, .settingMode, .finishing:
            if answerDeadline <= now { repeatCommand(now) }
            if state != .finishing { return }
        case .established: break
        }
        if acknowledgementDeadline <= now || (pollOutstanding && answerDeadline <= now) { pollAgain(now) }
        if idleDeadline <= now {
            idleDeadline = now + idlePoll
            if !pollOutstanding { pollPending = true }
        }
    }

    /// T1 has run out without the answer to a command.
    private mutating func repeatCommand(_ now: Int64) {
        guard !sending.hasOutstanding || state != .finishing else { return }
        guard now - silentSince < patience || retries < 3 else { return fail(.noAnswer) }
        retries += 1
        commandPending = true
        answerDeadline = now + timeout
    }

    /// T1 has run out without acknowledgement, or without the answer to a poll: the peer is asked (§5.4.3, checkpointing).
    private mutating func pollAgain(_ now: Int64) {
        if retries == 0 { silentSince = min(now, acknowledgementDeadline) }
        guard now - silentSince < patience || retries < 3 else { return fail(.noAnswer) }
        retries += 1
        if pollOutstanding, !pollPending { pollWasRepeated = true }
        pollPending = true
        acknowledgementDeadline = never
        answerDeadline = now + timeout
        pollOutstanding = true
    }

    /// Something came that shows that the peer hears this side.
    mutating func noteProgress(_ now: Int64) {
        retries = 0
        silentSince = now
        acknowledgementDeadline = sending.hasOutstanding && !pollOutstanding ? now + timeout : never
    }

    /// Whether the channel is now busy, or no more: there is to be room for what is in flight.
    mutating func updateBusy() {
        let room = receiving.room
        let wasBusy = isBusy
        isBusy = room < max(configuration.window / (isBusy ? 2 : 4), 1)
        if isBusy != wasBusy, state == .established || state == .finishing { statusPending = true }
    }

    /// It broke off.
    mutating func fail(_ reason: LinkFailure) { end(.failed(reason)) }

    /// It is over. What has arrived can still be read.
    mutating func end(_ event: LinkEvent) {
        guard state != .closed else { return }
        state = .closed
        endEvent = event
        forgetAsked()
    }

    /// Nothing is to be sent but answers, and nothing is waited for.
    mutating func forgetAsked() {
        (commandPending, finalPending, acknowledgementPending, statusPending) = (false, false, false, false)
        (pollPending, pollOutstanding, pollWasRepeated) = (false, false, false)
        (answerDeadline, acknowledgementDeadline, rejectDeadline, idleDeadline) = (never, never, never, never)
        retries = 0
    }
}
