// What I and S frames do to a channel (ISO/IEC 13239 §5.4, §5.5.1, §5.5.2).
import Bytes

extension LinkChannel {
    /// Takes a whole frame of this channel.
    mutating func receive(_ header: FrameHeader, _ information: Span<UInt8>, isCommand: Bool, at now: Int64) {
        if state == .established { idleDeadline = now + idlePoll }
        switch header.control {
        case .unnumbered(let function, let pollFinal):
            receive(function, isCommand: isCommand, pollFinal: pollFinal, information, at: now)
        case .undefined(_, let pollFinal):
            if state == .established { reject(header, .undefined, pollFinal) }
        case .information(let sent, let received, let poll):
            guard isNumbered(poll: poll, isCommand: isCommand) else { return }
            guard information.count <= configuration.frame else { return reject(header, .tooLong, poll) }
            guard let number = validated(received) else { return reject(header, .received, poll) }
            acknowledge(upTo: number, now)
            receiveInformation(sent, information, poll: poll, at: now)
        case .supervisory(let function, let received, let pollFinal):
            guard isNumbered(poll: pollFinal && isCommand, isCommand: isCommand) else { return }
            guard information.count == 0 || function == .selectiveReject else {
                return reject(header, .information, pollFinal)
            }
            guard let number = validated(received) else { return reject(header, .received, pollFinal) }
            receiveSupervisory(
                function, number, isCommand: isCommand, pollFinal: pollFinal, information, at: now)
        }
    }

    /// Whether numbered frames count now. In disconnected mode a command with P is answered by DM (§5.5.3.5).
    private mutating func isNumbered(poll: Bool, isCommand: Bool) -> Bool {
        if state == .established { return true }
        if poll, isCommand, state == .closed || state == .waiting {
            reply = .disconnectedMode
            replyFinal = true
        }
        return false
    }

    /// The reasons of an FRMR: its bits W, X, Y, Z (§5.5.3.9).
    private enum Reason: UInt8 {
        case undefined = 1
        case information = 3
        case tooLong = 4
        case received = 8
    }

    /// The peer breaks the rules: FRMR, and the channel is over.
    private mutating func reject(_ header: FrameHeader, _ reason: Reason, _ pollFinal: Bool) {
        let vs = UInt8(truncatingIfNeeded: sending.next & Int64(modulus.mask))
        let vr = UInt8(truncatingIfNeeded: receiving.expected & Int64(modulus.mask))
        frameRejectInformation.removeAll()
        frameRejectInformation.append(header.octets.0)
        if modulus == .extended {
            frameRejectInformation.append(header.octets.1)
            frameRejectInformation.append(vs << 1)
            frameRejectInformation.append(vr << 1)
        } else {
            frameRejectInformation.append(vr << 5 | vs << 1)
        }
        frameRejectInformation.append(reason.rawValue)
        reply = .frameReject
        replyFinal = pollFinal
        fail(.protocolError)
    }

    /// N(R) without modulus, if it is from V(A) to V(S).
    private func validated(_ received: Int) -> Int64? {
        let distance = (received - Int(truncatingIfNeeded: sending.acknowledged)) & modulus.mask
        return distance <= sending.outstanding ? sending.acknowledged + Int64(distance) : nil
    }

    private mutating func acknowledge(upTo number: Int64, _ now: Int64) {
        guard number > sending.acknowledged else { return }
        sending.acknowledge(upTo: number)
        noteProgress(now)
        disconnectIfDone(now)
    }

    private mutating func receiveInformation(_ sent: Int, _ bytes: Span<UInt8>, poll: Bool, at now: Int64) {
        statistics.framesReceived &+= 1
        acknowledgementPending = true
        if poll { finalPending = true }
        let distance = (sent - Int(truncatingIfNeeded: receiving.expected)) & modulus.mask
        // Half of the numbers lie ahead; the others have been.
        guard distance < (Int(modulus.rawValue) + 1) / 2 else {
            statistics.framesDropped &+= 1
            return
        }
        switch receiving.accept(receiving.expected + Int64(distance), bytes) {
        case .kept(let requestedAt): if let requestedAt { rejectTrip.add(now - requestedAt) }
        case .dropped: statistics.framesDropped &+= 1
        }
        if !receiving.hasGap { rejectDeadline = never }
        updateBusy()
    }

    private mutating func receiveSupervisory(
        _ function: Supervisory, _ number: Int64, isCommand: Bool, pollFinal: Bool, _ information: Span<UInt8>,
        at now: Int64
    ) {
        // The answer to a poll: whatever was sent before it and has not arrived is lost (§5.4.3).
        let isAnswer = !isCommand && pollFinal && pollOutstanding
        let order = isAnswer ? pollOrder : self.order
        if isAnswer { takeAnswer(now) }
        if isCommand, pollFinal { finalPending = true }
        let wasBusy = peerIsBusy
        if function != .selectiveReject || isAnswer { acknowledge(upTo: number, now) }
        peerIsBusy = function == .receiveNotReady
        guard state == .established else { return }
        // Its RR could get lost, so it is asked from time to time (§5.5.2.2).
        if peerIsBusy, !pollOutstanding { acknowledgementDeadline = now + max(timeout, 500_000) }
        switch function {
        case .selectiveReject:
            repeatSelected(number, information, order: order, isAnswer: isAnswer, at: now)
        case .reject: markOutstanding(order: order, at: now)
        case .receiveReady, .receiveNotReady:
            if isAnswer { markOutstanding(order: order, at: now) }
            if wasBusy, !peerIsBusy, sending.hasOutstanding, !pollOutstanding { pollPending = true }
        }
    }

    private mutating func takeAnswer(_ now: Int64) {
        if !pollWasRepeated { roundTrip.add(now - pollSentAt) }
        (pollOutstanding, pollWasRepeated, pollPending) = (false, false, false)
        answerDeadline = never
        noteProgress(now)
    }

    /// All outstanding frames sent up to `order` are to be sent again.
    mutating func markOutstanding(order: Int64, at now: Int64) {
        var number = sending.acknowledged
        var lost = false
        while number < sending.next {
            if sending.mark(number, sentUpTo: now, order: order) { lost = true }
            number += 1
        }
        // A whole window is lost by one cause (a cable, a buffer), which says nothing about the length of frames.
        if lost { sizer.noteLost() }
    }

    /// SREJ: N(R), and further numbers in the information field, one octet each (§5.5.2.4).
    private mutating func repeatSelected(
        _ first: Int64, _ others: Span<UInt8>, order: Int64, isAnswer: Bool, at now: Int64
    ) {
        // What was sent less than a round trip ago cannot be what this SREJ misses: it answers an earlier loss.
        let sentUpTo = isAnswer ? now : now - roundTrip.least * 3 / 4
        if sending.mark(first, sentUpTo: sentUpTo, order: order) { sizer.noteLost() }
        for index in others.indices {
            let octet = Int(modulus == .extended ? others[index] >> 1 : others[index] >> 5)
            // A number that is none of the outstanding asks for nothing.
            guard let number = validated(octet) else { continue }
            if sending.mark(number, sentUpTo: sentUpTo, order: order) { sizer.noteLost() }
        }
    }
}
