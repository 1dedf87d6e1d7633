// Opening and ending a channel: XID, SABM(E), DISC, and their answers UA and DM (ISO/IEC 13239 §5.5.3).
//
// A peer that comes back without memory must never be taken for one that goes on: it has drawn another session id, or it
// sets the mode of a channel on which something has already been acknowledged.
import Bytes

extension LinkChannel {
    /// Begins anew: nothing is left of what was before.
    mutating func open(session: UInt64, initiates: Bool, at now: Int64) {
        sending.removeAll()
        receiving.removeAll()
        forgetAsked()
        self.session = session
        peer = nil
        modulus = configuration.isBasic ? .basic : .extended
        (wantsFinish, isBusy, peerIsBusy, establishedEvent, endEvent, reply) = (false, false, false, false, nil, .none)
        (roundTrip, rejectTrip, sizer, statistics) = (RoundTrip(), RoundTrip(), FrameSizer(), LinkStatistics())
        (order, pollOrder, framesSincePoll) = (0, 0, 0)
        silentSince = now
        state = initiates ? (configuration.isBasic ? .settingMode : .identifying) : .waiting
        commandPending = initiates
        answerDeadline = initiates ? now + timeout : never
    }

    /// The owner writes no more.
    mutating func finish(at now: Int64) {
        switch state {
        case .closed, .finishing: break
        case .waiting, .identifying, .settingMode: end(.closed)
        case .established:
            wantsFinish = true
            disconnectIfDone(now)
        }
    }

    /// The owner writes no more, and does not care for what it wrote.
    mutating func abandon(at now: Int64) {
        guard state == .established || state == .finishing else { return end(.closed) }
        sending.removeAll()
        state = .established
        finish(at: now)
    }

    /// DISC, once everything has arrived.
    mutating func disconnectIfDone(_ now: Int64) {
        guard wantsFinish, state == .established, sending.isEmpty else { return }
        forgetAsked()
        state = .finishing
        silentSince = now
        commandPending = true
        answerDeadline = now + timeout
    }

    mutating func receive(_ function: Unnumbered, isCommand: Bool, pollFinal: Bool, _ bytes: Span<UInt8>, at now: Int64)
    {
        switch function {
        case .exchangeIdentification:
            receiveIdentification(isCommand: isCommand, pollFinal: pollFinal, bytes, at: now)
        case .setAsynchronousBalancedMode, .setAsynchronousBalancedModeExtended:
            guard bytes.count == 0 else { return }
            let extended = function == .setAsynchronousBalancedModeExtended
            receiveSetMode(extended ? .extended : .basic, pollFinal: pollFinal, at: now)
        case .disconnect: receiveDisconnect(pollFinal: pollFinal)
        case .acknowledgement: receiveAcknowledgement(now)
        case .disconnectedMode: receiveDisconnectedMode()
        case .frameReject:
            if state == .established { fail(.rejected) } else if state == .finishing { end(.closed) }
        }
    }

    private mutating func answer(_ reply: Reply, _ pollFinal: Bool) {
        self.reply = reply
        replyFinal = pollFinal
    }

    private mutating func receiveIdentification(
        isCommand: Bool, pollFinal: Bool, _ bytes: Span<UInt8>, at now: Int64
    ) {
        let own = Identification(frame: configuration.frame, window: configuration.window, session: session)
        guard let told = Identification(bytes, own: own) else { return }
        guard isCommand else {
            guard state == .identifying, told.session == nil || told.echo == session else { return }
            if retries == 0 { roundTrip.add(now - pollSentAt) }
            peer = told
            state = .settingMode
            commandPending = true
            noteAnswer(now)
            return
        }
        guard state != .closed else { return answer(.disconnectedMode, pollFinal) }
        guard told.session != session || told.session == nil else { return fail(.loopedBack) }
        if state == .established || state == .finishing {
            guard told.session == nil || told.session == peer?.session else { return end(.peerRestarted) }
        } else {
            peer = told
        }
        answer(.identification, pollFinal)
    }

    /// A command was answered, and the next one is sent.
    private mutating func noteAnswer(_ now: Int64) {
        retries = 0
        silentSince = now
        answerDeadline = now + timeout
    }

    private mutating func receiveSetMode(_ asked: Modulus, pollFinal: Bool, at now: Int64) {
        switch state {
        case .closed, .finishing: answer(.disconnectedMode, pollFinal)
        case .waiting, .identifying, .settingMode:
            // Without XID a restart could not be noticed later. SABM against our SABME: the smaller of both (§5.5.3.1).
            let canAgree = configuration.isBasic ? asked == .basic : peer != nil
            guard canAgree else { return answer(.disconnectedMode, pollFinal) }
            modulus = asked
            answer(.acknowledgement, pollFinal)
            establish(now)
        case .established:
            // Our UA was lost, if nothing has come of the connection yet.
            let isRepeated = asked == modulus && sending.acknowledged == 0 && receiving.isUntouched
            guard isRepeated else {
                answer(.disconnectedMode, pollFinal)
                return end(.peerRestarted)
            }
            answer(.acknowledgement, pollFinal)
            markOutstanding(order: order, at: now)
        }
    }

    private mutating func establish(_ now: Int64) {
        forgetAsked()
        state = .established
        establishedEvent = true
        idleDeadline = now + idlePoll
        silentSince = now
    }

    private mutating func receiveDisconnect(pollFinal: Bool) {
        switch state {
        case .closed, .waiting, .identifying, .settingMode: answer(.disconnectedMode, pollFinal)
        case .established:
            answer(.acknowledgement, pollFinal)
            if sending.isEmpty { end(.closed) } else { fail(.disconnected) }
        case .finishing:
            answer(.acknowledgement, pollFinal)
            end(.closed)
        }
    }

    private mutating func receiveAcknowledgement(_ now: Int64) {
        if state == .settingMode {
            if retries == 0 { roundTrip.add(now - pollSentAt) }
            establish(now)
        } else if state == .finishing {
            end(.closed)
        }
    }

    private mutating func receiveDisconnectedMode() {
        switch state {
        case .established: fail(.disconnected)
        case .finishing: end(.closed)
        // It does not know us (any more): from the beginning, when the timer says so.
        case .settingMode: state = configuration.isBasic ? .settingMode : .identifying
        case .closed, .waiting, .identifying: break
        }
    }
}
