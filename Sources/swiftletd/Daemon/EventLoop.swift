// What the daemon does all day: waits for events, carries established traffic, makes one step of one handshake, looks at
// the time. One thread; everything that it needs is taken when it is made.
import Bytes
import CLinux
import Provisioning
import TLS
import Transport
import X509

/// The daemon at work.
struct EventLoop: ~Copyable {
    let poller: Poller
    let signals: Int32
    var tunnels: Slots<Tunnel>
    var sessions: Slots<Session>
    /// Sessions that have bytes to carry, and those in a handshake.
    private var traffic: RunQueue
    private var handshakes: RunQueue
    var workspaces: Workspaces
    var lines: [WatchedLine]
    var timers = Timers()
    /// What revocation lists are read with anew.
    var files: FileReader
    var listMemory: Region
    /// Where plaintext passes through on its way to a connection.
    private var scratch: Region
    /// How many sessions there are.
    var liveSessions = 0
    /// When to try again to accept after the system had no descriptor left.
    var resumeAt: Int64 = .max
    /// When the keys of tickets are looked at again.
    var rotateAt: Int64 = .max
    /// When the daemon ends at the latest, once it has been told to.
    var endAt: Int64 = .max
    /// What is known of the time.
    var clock: DeviceClock
    /// Tells when the system's clock is set; -1 where nothing can.
    let clockWatch: Int32
    /// Whether a store has an identity that is taken up once no handshake uses the one before the present one.
    var awaitsIdentity = false
    /// The identities that are kept renewed.
    var renewals: [RenewalJob] = []

    /// Opens every tunnel. Nothing has been accepted yet.
    init(
        _ settings: DaemonSettings, _ files: consuming FileReader, warn: (Message) -> Void
    ) throws(EventLoopError) {
        var files = files
        var count = 0
        for tunnel in settings.tunnels { count += tunnel.connections }
        var clock = DeviceClock(floor: DeviceClock.programDate, at: .now)
        let poller: Poller
        let (signals, clockWatch): (Int32, Int32)
        do throws(SystemError) {
            poller = try Poller()
            (signals, clockWatch) = (try Self.openSignals(poller), try Self.openClockWatch(poller))
        } catch {
            throw .start(StartError("cannot set up the event loop: ", error))
        }
        var lines: [WatchedLine] = []
        var renewals: [RenewalJob] = []
        let tunnels = try Self.open(settings, &files, &lines, &clock, &renewals, poller, warn: warn)
        self.clock = clock
        self.renewals = renewals
        self.poller = poller
        self.signals = signals
        self.clockWatch = clockWatch
        listMemory = Self.listMemory(tunnels)
        self.files = files
        self.tunnels = tunnels
        self.lines = lines
        sessions = Slots(capacity: count)
        traffic = RunQueue(capacity: count)
        handshakes = RunQueue(capacity: count)
        workspaces = Workspaces(count: settings.workspaces, bytes: settings.workspaceBytes)
        scratch = lastingRegion(Limits.fragmentRange.upperBound)
        _ = swl_ignore_broken_pipes()
        // Two sockets a session, and what the daemon has open itself; where the system allows fewer, accepting pauses.
        _ = swl_raise_descriptor_limit(UInt64(2 * count + 64))
    }

    private static func openSignals(_ poller: Poller) throws(SystemError) -> Int32 {
        let signals = swl_signals_open()
        guard signals >= 0 else { throw SystemError(number: signals) }
        try poller.watchWaiting(signals, .signals)
        return signals
    }

    /// Loads what every tunnel needs before the first is opened: bad configuration is refused as a whole.
    private static func open(
        _ settings: DaemonSettings, _ files: inout FileReader, _ lines: inout [WatchedLine], _ clock: inout DeviceClock,
        _ renewals: inout [RenewalJob], _ poller: Poller, warn: (Message) -> Void
    ) throws(EventLoopError) -> Slots<Tunnel> {
        var memory = Slots<MaterialMemory>(capacity: settings.tunnels.count)
        var materials: Slots<TunnelMaterial>
        do throws(ConfigurationError) {
            materials = try TunnelMaterial.load(settings, &files, &memory, warn: warn)
        } catch {
            throw .configuration(error)
        }
        do throws(ConfigurationError) {
            for renewal in settings.renewals { renewals.append(try RenewalJob(renewal, &files, warn: warn)) }
        } catch {
            throw .configuration(error)
        }
        clock.learn(files.evidence, at: .now)
        for index in 0..<materials.capacity {
            if let evidence = materials[index].evidenceOfTime { clock.learn(evidence, at: .now) }
        }
        lines = try openLines(settings, poller)
        var tunnels = Slots<Tunnel>(capacity: settings.tunnels.count)
        var first = 0
        for index in settings.tunnels.indices {
            let tunnel = settings.tunnels[index]
            do throws(StartError) {
                tunnels.fill(
                    index,
                    try Tunnel(
                        tunnel, materials.take(index), memory.take(index), poller, lines, first: first,
                        at: clock.time(at: .now)))
            } catch {
                throw .start(error)
            }
            first += tunnel.connections
        }
        return tunnels
    }

    // Running

    /// Runs until the daemon is told to end.
    /// - Returns: the exit status.
    mutating func run() -> Int32 {
        do throws(SystemError) {
            for index in 0..<tunnels.capacity {
                try tunnels[index].resume(index)
                scheduleSigner(index)
                takeEvidence(fromListsOf: index)
                announce(index)
            }
            try acceptOnLines(now: Deadline.now)
            scheduleRotation(at: Deadline.now)
            announceRenewals()
            notify("READY=1")
            while endAt == .max || liveSessions > 0 {
                guard try turn() else { break }
            }
            return 0
        } catch {
            var message = Message("the event loop failed: ")
            message.add(systemError: error.number)
            Log.write(message)
            return 1
        }
    }

    /// One turn.
    /// - Returns: false when the daemon ends now.
    private mutating func turn() throws(SystemError) -> Bool {
        let isBusy = traffic.count > 0 || handshakes.count > 0
        let timeout = isBusy ? 0 : timers.wait(at: Deadline.now)
        var events = EventList()
        try poller.wait(milliseconds: timeout) { events.append($0) }
        let now = Deadline.now
        for index in 0..<events.count { try take(events[index], now: now) }
        try acceptOnLines(now: now)
        // Each that was waiting gets its turn once; established traffic first.
        for _ in 0..<traffic.count { serve(traffic.pop(), now: now) }
        serve(handshakes.pop(), now: now)
        if awaitsIdentity, !isRetiring { takeUpIdentities() }
        if timers.isDue(at: now) { try lookAtTime(now) }
        return now < endAt
    }

    private mutating func take(_ event: Event, now: Int64) throws(SystemError) {
        switch event.watched {
        case .tls(let number), .plain(let number):
            // The session may have ended after the event was put into the list.
            guard sessions.isFilled(number) else { return }
            sessions[number].note(event)
            enqueue(number)
        case .listener(let tunnel): try accept(tunnel, now: now)
        case .line(let line): takeLine(line)
        case .signer(let tunnel): takeSignatures(tunnel, now: now)
        case .renewal(let renewal): takeReports(renewal, now: now)
        case .signals: takeSignals(now: now)
        case .clock: takeClock(now: now)
        }
    }

    mutating func enqueue(_ number: Int) {
        if sessions[number].carries { traffic.push(number) } else { handshakes.push(number) }
    }

    /// Lets a session go on, and sees to what comes of it.
    private mutating func serve(_ number: Int?, now: Int64) {
        guard let number, sessions.isFilled(number) else { return }
        let tunnel = sessions[number].tunnel
        let wasEstablished = sessions[number].connection.isEstablished
        let outcome = sessions[number].run(&tunnels[tunnel], &scratch, now: now)
        if !wasEstablished, sessions[number].connection.isEstablished {
            Log.writeEstablished(sessions[number], tunnels[tunnel].settings)
        }
        // It may have asked a token, and have had its helper started.
        if !wasEstablished { scheduleSigner(tunnel) }
        settle(number, outcome)
    }

    /// Takes away what is over, gives back what is no longer needed, and sees to the next turn.
    mutating func settle(_ number: Int, _ outcome: Session.Outcome) {
        let tunnel = sessions[number].tunnel
        if sessions[number].ending != nil, !sessions[number].isLogged {
            sessions[number].isLogged = true
            Log.writeEnded(sessions[number], tunnels[tunnel].settings)
        }
        if outcome == .over || sessions[number].phase == .over {
            remove(number)
            return
        }
        if sessions[number].phase == .carrying || sessions[number].phase == .lingering
            || sessions[number].phase == .closing || sessions[number].phase == .connectingPlain
            || sessions[number].phase == .introducing
        {
            if !sessions[number].isInEarlyData { giveWorkspace(of: number) }
        }
        timers.schedule(sessions[number].deadline(tunnels[tunnel].settings))
        if outcome == .again { enqueue(number) }
    }

    private mutating func giveWorkspace(of number: Int) {
        let workspace = sessions[number].workspace
        guard workspace >= 0 else { return }
        sessions[number].workspace = -1
        // Ends what lies in it, and wipes it, if that has not been done.
        sessions[number].connection.releaseWorkspace()
        workspaces.give(workspace)
        retireMaterial(of: sessions[number].tunnel)
        resumeAll()
    }

    private mutating func remove(_ number: Int) {
        let tunnel = sessions[number].tunnel
        let workspace = sessions[number].workspace
        let isClean = sessions[number].ending?.isClean ?? false
        // The connection's regions are wiped here, before their memory can be given to another.
        sessions.empty(number)
        tunnels[tunnel].free.give(number)
        tunnels[tunnel].connectionEnded(cleanly: isClean)
        timers.schedule(tunnels[tunnel].acceptDeadline)
        liveSessions -= 1
        if workspace >= 0 {
            workspaces.give(workspace)
            retireMaterial(of: tunnel)
        }
        // A tunnel that paused goes on: for want of a workspace, or until this session was over.
        resumeAll()
    }

    // Time

    private mutating func lookAtTime(_ now: Int64) throws(SystemError) {
        if resumeAt <= now {
            resumeAt = .max
            resumeAll()
        }
        if rotateAt <= now { rotateTicketKeys(now: now) }
        lookAtSigners(now: now)
        lookAtRenewals(now: now)
        timers.schedule(resumeAt)
        timers.schedule(rotateAt)
        timers.schedule(endAt)
        for index in 0..<tunnels.capacity { timers.schedule(tunnels[index].acceptDeadline) }
        for number in 0..<sessions.capacity where sessions.isFilled(number) {
            let tunnel = sessions[number].tunnel
            let deadline = sessions[number].deadline(tunnels[tunnel].settings)
            guard deadline <= now else {
                timers.schedule(deadline)
                continue
            }
            sessions[number].expire(at: now)
            settle(number, .again)
        }
    }
}

/// Why there is no event loop.
enum EventLoopError: Error {
    case configuration(ConfigurationError)
    case start(StartError)
}
