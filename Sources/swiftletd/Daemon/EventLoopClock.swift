// What the daemon learns of the time while it runs: that somebody has set the system's clock, and what revocation lists prove (see
// DeviceClock, and threats.md: clock poisoning).
//
// Invariants:
// - the floor rises, and `STORE/clock` with it, only on what somebody has signed who is trusted: a clock that was set is no evidence;
// - a store's clock follows the lists of the tunnels that show its identity, judged by their own anchors.
import Bytes
import CLinux
import Provisioning
import X509

extension EventLoop {
    /// Has it told when the system's clock is set.
    /// - Returns: -1 where the system cannot: then it is noticed when renewals are looked at again, within an hour.
    static func openClockWatch(_ poller: Poller) throws(SystemError) -> Int32 {
        let watch = swl_clock_watch()
        guard watch >= 0 else {
            var line = Message("this system does not tell when its clock is set (")
            line.add(systemError: watch)
            line.add("): that is noticed within an hour, or at SIGHUP")
            Log.write(line)
            return -1
        }
        try poller.watchWaiting(watch, .clock)
        return watch
    }

    /// The system's clock was set: what depends on it is looked at again.
    mutating func takeClock(now: Int64) {
        guard swl_clock_was_set(clockWatch) > 0 else { return }
        let moment = Moment.now
        var line = Message("the clock of this machine was set to ")
        line.add(time: moment.wall)
        if !clock.isKnown(at: moment) {
            line.add(", which cannot be: it is later than ")
            line.add(time: clock.risenFloor(at: moment))
        }
        Log.write(line)
        rotateTicketKeys(now: now)
        lookAgainAtRenewals(now: now)
    }

    /// Takes what a tunnel's revocation lists prove of the time, and keeps it beside its identity.
    mutating func takeEvidence(fromListsOf index: Int) {
        guard let evidence = tunnels[index].material.evidenceOfTime else { return }
        clock.learn(evidence, at: .now)
        let path = tunnels[index].settings.identity
        guard !path.isEmpty else { return }
        do throws(StoreError) {
            let store = try IdentityStore(path: path.bytes, create: false, board: thisBoard())
            try store.raise(lastKnownGood: evidence)
        } catch {
            // Whoever is writing there now keeps what it knows itself; a renewal of ours knows the same.
            guard error.reason != .locked else { return }
            var line = Message("the time that revocation lists prove could not be stored: ")
            line.add(Message(error, store: path.bytes))
            Log.warn(line)
        }
    }
}

extension Message {
    /// Appends a time, in seconds since 1970.
    mutating func add(time: Int64) { append { UTCDate(secondsSince1970: time).write(to: &$0) } }
}
