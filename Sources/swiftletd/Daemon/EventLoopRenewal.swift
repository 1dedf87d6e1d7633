// Renewal by the daemon itself: at the time that `Renewal` says an attempt is made by a process of its own (RenewalHelper), and when
// that has stored the new identity the tunnels with the store take it up (Reload). Whatever fails is one line in the log, the old
// identity stays, and the next attempt comes after the back-off.
import Bytes
import CLinux
import Provisioning
import TLS
import Transport
import X509

extension EventLoop {
    /// Says at the start what will be renewed when.
    mutating func announceRenewals() {
        for index in renewals.indices { announce(renewal: index) }
        timers.schedule(renewals.isEmpty ? .max : 0)
    }

    private func announce(renewal index: Int) {
        var line = line(index)
        line.add("generation ")
        line.add(Int(renewals[index].stored.generation))
        line.add(" is valid until ")
        line.add(time: renewals[index].renewal.notAfter)
        line.add(", to be renewed at ")
        line.add(time: renewals[index].renewal.renewAt)
        Log.write(line)
    }

    private func line(_ index: Int) -> Message {
        var line = Message("renewal ")
        line.add(escaped: renewals[index].settings.name.bytes)
        line.add(": ")
        return line
    }

    /// Makes the attempts that are due, and gives up those that take too long.
    mutating func lookAtRenewals(now: Int64) {
        for index in renewals.indices {
            renewals[index].reap()
            if renewals[index].giveUpAt <= now {
                renewals[index].stop(poller)
                fail(index, Message("it took longer than timeout and wait allow, and was ended"), now: now)
            }
            if renewals[index].lookAt <= now { lookAt(index, now: now) }
            schedule(index, now: now)
        }
    }

    private mutating func schedule(_ index: Int, now: Int64) {
        timers.schedule(renewals[index].deadline)
        if renewals[index].awaitsEnd { timers.schedule(now + EndingProcess.lookTime) }
    }

    private mutating func lookAt(_ index: Int, now: Int64) {
        guard endAt == .max, !renewals[index].isRunning else {
            renewals[index].lookAt = .max
            return
        }
        switch renewals[index].renewal.next(clock, at: .now) {
        case .wait(let seconds): renewals[index].lookAt = now + seconds * 1000
        case .renew, .prove: start(index, isAnew: false, now: now)
        case .enrollAnew: start(index, isAnew: true, now: now)
        }
    }

    private mutating func start(_ index: Int, isAnew: Bool, now: Int64) {
        var line = line(index)
        line.add(isAnew ? "the identity has expired; enrolling anew with the factory's at " : "due; asking ")
        line.add(escaped: renewals[index].settings.server.bytes)
        Log.write(line)
        let floor = clock.risenFloor(at: .now)
        do throws(SystemError) {
            try renewals[index].start(
                RenewalTask(renewals[index].settings, isAnew: isAnew, floor: floor), now: now)
            try poller.watchWaiting(renewals[index].descriptor, .renewal(index))
        } catch {
            renewals[index].stop(poller)
            var message = Message("no process could be started: ")
            message.add(systemError: error.number)
            fail(index, message, now: now)
        }
    }

    /// Takes what an attempt reports.
    mutating func takeReports(_ index: Int, now: Int64) {
        defer { schedule(index, now: now) }
        while renewals[index].isRunning {
            switch renewals[index].arrival() {
            case .nothing: return
            case .report(.issued):
                renewals[index].renewal.issued()
                var line = line(index)
                line.add("a certificate was issued; it is tried at the server before it is used")
                Log.write(line)
            case .report(.installed(let generation)):
                renewals[index].stop(poller)
                takeUp(index, generation, now: now)
            case .report(.failed(let message, let retryAfter)):
                renewals[index].stop(poller)
                fail(index, message, retryAfter: Int64(retryAfter), now: now)
            case .end:
                renewals[index].stop(poller)
                fail(index, Message("its process has ended without saying why"), now: now)
            }
        }
    }

    /// The store has a new identity.
    private mutating func takeUp(_ index: Int, _ generation: UInt32, now: Int64) {
        var line = line(index)
        line.add("renewed: generation ")
        line.add(Int(generation))
        line.add(" is stored")
        Log.write(line)
        if !read(index, now: now) {
            // It was there a moment ago. The next look finds out whether it still is.
            _ = renewals[index].renewal.proved()
            renewals[index].lookAt = now + Renewal.longestWait * 1000
        }
        takeUpIdentities()
    }

    /// An attempt has failed.
    /// - Parameter retryAfter: for how many seconds the server wants to be left alone.
    private mutating func fail(_ index: Int, _ reason: Message, retryAfter: Int64 = 0, now: Int64) {
        // It may have been ended after its last step.
        if read(index, now: now) { return takeUpIdentities() }
        renewals[index].renewal.failed(clock, at: .now, retryAfter: retryAfter)
        var line = line(index)
        line.add("failed: ")
        line.add(reason)
        line.add("; the identity stays as it was")
        renewals[index].lookAt = now
        if case .wait(let seconds) = renewals[index].renewal.next(clock, at: .now) {
            line.add(", next attempt in ")
            line.add(Int(seconds))
            line.add(" s at the earliest")
            renewals[index].lookAt = now + seconds * 1000
        }
        Log.write(line)
    }

    /// Where the clock was set: what is due by it is due now, and what was has to wait.
    mutating func lookAgainAtRenewals(now: Int64) {
        for index in renewals.indices where !renewals[index].isRunning { renewals[index].lookAt = now }
        timers.schedule(renewals.isEmpty ? .max : now)
    }

    /// At SIGHUP: somebody else may have renewed.
    mutating func lookAtStores() {
        let now = Deadline.now
        for index in renewals.indices where !renewals[index].isRunning {
            if !read(index, now: now) { renewals[index].lookAt = now }
            schedule(index, now: now)
        }
    }

    /// Looks whether the store has another identity, and begins anew with it where it has.
    /// - Returns: whether it has.
    private mutating func read(_ index: Int, now: Int64) -> Bool {
        let settings = renewals[index].settings
        defer { files.wipe() }
        do throws(ConfigurationError) {
            let loaded = try files.loadIdentity(settings.identity.bytes, line: 0, Log.warn)
            defer { files.forgetIdentity() }
            guard loaded.failure == nil, loaded.metadata != renewals[index].stored else { return false }
            var next = try files.renewal(
                of: settings.identity.bytes, hasFactoryIdentity: settings.hasFactoryIdentity, line: 0)
            next.follow(renewals[index].renewal, clock, at: .now)
            renewals[index].renewal = next
            renewals[index].stored = loaded.metadata
        } catch {
            var line = line(index)
            line.add(error.message)
            Log.write(line)
            return false
        }
        clock.learn(files.evidence, at: .now)
        renewals[index].lookAt = now
        announce(renewal: index)
        return true
    }
}
