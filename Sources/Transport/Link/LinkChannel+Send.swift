// Which frame a channel sends next. Answers to the peer come before data, data before plain acknowledgements: an I frame
// tells N(R) as well.
import Bytes

/// How commands and responses are addressed.
struct ChannelAddress {
    let command: UInt8
    let response: UInt8

    init(_ channel: UInt8, _ addressing: LinkConfiguration.Addressing) {
        let base = channel << 2 | 1
        command = addressing == .second ? base : base | 2
        response = addressing == .second ? base | 2 : base
    }

    /// Whether a frame that came with `address` is a command.
    static func isCommand(_ address: UInt8, _ addressing: LinkConfiguration.Addressing) -> Bool {
        (address & 2 != 0) != (addressing == .first)
    }
}

extension LinkChannel {
    private var isRunning: Bool { state == .established }

    /// Whether there is something that should not wait for the data of other channels.
    func hasUrgent(at now: Int64) -> Bool {
        if reply != .none || commandPending { return true }
        guard isRunning else { return false }
        return finalPending || statusPending || pollPending || (receiving.hasGap && isRejectDue(now))
    }

    /// Whether there is an I frame or an acknowledgement to send.
    var hasData: Bool { isRunning && (acknowledgementPending || mayRepeat || maySendNew) }

    // RNR stops repetitions as well: what it could not take, it cannot take now (§5.5.2.2).
    private var mayRepeat: Bool { sending.marked > 0 && !peerIsBusy }

    private var maySendNew: Bool { sending.hasNew && !peerIsBusy && sending.outstanding < window }

    private func isRejectDue(_ now: Int64) -> Bool { !isBusy && (receiving.hasDue || rejectDeadline == never) }

    /// Gives the most urgent frame to `encoder`.
    mutating func sendUrgent(_ encoder: inout FrameEncoder, _ address: ChannelAddress, at now: Int64) {
        if reply != .none { return sendReply(&encoder, address) }
        if commandPending { return sendCommand(&encoder, address, at: now) }
        if finalPending { return sendFinal(&encoder, address, at: now) }
        if pollPending { return sendPoll(&encoder, address, at: now) }
        if receiving.hasGap, isRejectDue(now) { return sendReject(&encoder, address, final: false, at: now) }
        sendStatus(&encoder, address.response, pollFinal: false)
    }

    /// Gives an I frame or an acknowledgement to `encoder`.
    mutating func sendData(_ encoder: inout FrameEncoder, _ address: ChannelAddress, at now: Int64) {
        if mayRepeat, let number = sending.firstMarked() {
            statistics.framesRepeated &+= 1
            sendInformation(number, &encoder, address, at: now)
        } else if maySendNew {
            sendInformation(sending.next, &encoder, address, at: now)
        } else {
            sendStatus(&encoder, address.response, pollFinal: false)
        }
    }

    private mutating func sendReply(_ encoder: inout FrameEncoder, _ address: ChannelAddress) {
        let function: Unnumbered =
            switch reply {
            case .acknowledgement: .acknowledgement
            case .identification: .exchangeIdentification
            case .frameReject: .frameReject
            case .none, .disconnectedMode: .disconnectedMode
            }
        let header = OutgoingHeader(address.response, function, pollFinal: replyFinal)
        switch reply {
        case .identification: sendIdentification(header, &encoder)
        case .frameReject: encoder.begin(header, frameRejectInformation.elements)
        default: encoder.begin(header, Span())
        }
        reply = .none
    }

    private mutating func sendIdentification(_ header: OutgoingHeader, _ encoder: inout FrameEncoder) {
        let own = Identification(
            frame: configuration.frame, window: configuration.window, session: session, echo: peer?.session ?? 0)
        var memory = InlineArray<64, UInt8>(repeating: 0)
        var count = 0
        do {
            var writer = ByteWriter(memory.mutableSpan)
            own.write(to: &writer)
            count = writer.count
        }
        encoder.begin(header, memory.span.extracting(first: count))
    }

    private mutating func sendCommand(_ encoder: inout FrameEncoder, _ address: ChannelAddress, at now: Int64) {
        commandPending = false
        pollSentAt = now
        answerDeadline = now + timeout
        let function: Unnumbered =
            switch state {
            case .identifying: .exchangeIdentification
            case .settingMode:
                configuration.isBasic ? .setAsynchronousBalancedMode : .setAsynchronousBalancedModeExtended
            default: .disconnect
            }
        let header = OutgoingHeader(address.command, function, pollFinal: true)
        if state == .identifying { return sendIdentification(header, &encoder) }
        if state == .settingMode { modulus = configuration.isBasic ? .basic : .extended }
        encoder.begin(header, Span())
    }

    /// The answer to a bit P: SREJ of all that is missing, or else RR or RNR.
    private mutating func sendFinal(_ encoder: inout FrameEncoder, _ address: ChannelAddress, at now: Int64) {
        finalPending = false
        if receiving.hasGap, !isBusy, modulus == .extended {
            return sendReject(&encoder, address, final: true, at: now)
        }
        sendStatus(&encoder, address.response, pollFinal: true)
    }

    private mutating func sendPoll(_ encoder: inout FrameEncoder, _ address: ChannelAddress, at now: Int64) {
        pollPending = false
        notePoll(now)
        sendStatus(&encoder, address.command, pollFinal: true)
    }

    private mutating func notePoll(_ now: Int64) {
        pollOutstanding = true
        // The answer to a repeated poll may be that to the first: what was sent in between need not be lost.
        if !pollWasRepeated { pollOrder = order }
        pollSentAt = now
        framesSincePoll = 0
        acknowledgementDeadline = never
        answerDeadline = now + timeout
    }

    private mutating func sendStatus(_ encoder: inout FrameEncoder, _ address: UInt8, pollFinal: Bool) {
        (acknowledgementPending, statusPending) = (false, false)
        let function = isBusy ? Supervisory.receiveNotReady : .receiveReady
        encoder.begin(
            OutgoingHeader(address, function, received: receivedNumber, pollFinal: pollFinal, modulus), Span())
    }

    private var receivedNumber: Int { Int(truncatingIfNeeded: receiving.expected & 127) }

    /// SREJ of what is missing and due; with modulo 8 REJ, which every LAPB station knows.
    private mutating func sendReject(
        _ encoder: inout FrameEncoder, _ address: ChannelAddress, final: Bool, at now: Int64
    ) {
        var missing = FixedList<64, Int64>(filler: 0)
        // REJ asks for the first that is missing and for all behind it.
        receiving.request(into: &missing, at: now, age: final ? nil : rejectTimeout)
        if let oldest = receiving.oldestRequest() { rejectDeadline = max(oldest + rejectTimeout, now + 1) }
        guard missing.count > 0 else { return sendStatus(&encoder, address.response, pollFinal: final) }
        guard modulus == .extended else {
            acknowledgementPending = false
            let header = OutgoingHeader(
                address.response, .reject, received: receivedNumber, pollFinal: false, modulus)
            return encoder.begin(header, Span())
        }
        if final { acknowledgementPending = false }
        var octets = FixedList<64, UInt8>(filler: 0)
        for index in 1..<missing.count {
            octets.append(UInt8(truncatingIfNeeded: (missing.elements[index] & 127) << 1))
        }
        let first = Int(truncatingIfNeeded: missing.elements[0] & 127)
        let header = OutgoingHeader(address.response, .selectiveReject, received: first, pollFinal: final, modulus)
        encoder.begin(header, octets.elements)
    }

    private mutating func sendInformation(
        _ number: Int64, _ encoder: inout FrameEncoder, _ address: ChannelAddress, at now: Int64
    ) {
        order += 1
        framesSincePoll += 1
        sending.noteSent(number, order: order, at: now)
        statistics.framesSent &+= 1
        let fillsWindow = !maySendNew && sending.outstanding >= window && sending.marked == 0
        let poll = !pollOutstanding && (fillsWindow || framesSincePoll >= max(window / 2, 1))
        sizer.noteSent(sending.count(number))
        acknowledgementPending = false
        let sent = Int(truncatingIfNeeded: number & 127)
        let header = OutgoingHeader(address.command, sent: sent, received: receivedNumber, poll: poll, modulus)
        encoder.begin(header, sending.bytes(number))
        if poll {
            notePoll(now)
        } else if acknowledgementDeadline == never, !pollOutstanding {
            acknowledgementDeadline = now + timeout
        }
    }
}

extension FrameEncoder {
    /// Makes a frame of `header` and `information`.
    mutating func begin(_ header: OutgoingHeader, _ information: Span<UInt8>) {
        let octets = header.octets
        begin(octets.span.extracting(first: header.count), information)
    }
}
