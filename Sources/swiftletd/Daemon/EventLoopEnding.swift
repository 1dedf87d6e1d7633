// The beginning and the end of the daemon's day: telling where it listens, signals, closing what is open.
import Bytes
import CLinux
import TLS
import Transport

extension EventLoop {
    /// How long, in milliseconds, connections have to come to their end.
    private static var drainTime: Int64 { 5000 }

    func announce(_ index: Int) {
        var line = Message("listening tunnel ")
        line.add(escaped: tunnels[index].settings.name.bytes)
        line.add(" ")
        if let address = tunnels[index].address { line.add(address) } else { line.add(tunnels[index].settings.accept) }
        line.writeOutput()
    }

    func notify(_ state: StaticString) {
        // A literal lives as long as the program.
        let result = unsafe swl_notify(state.utf8Start, state.utf8CodeUnitCount)
        if result < 0 { Log.write("cannot reach the service manager named by NOTIFY_SOCKET") }
    }

    mutating func takeSignals(now: Int64) {
        while true {
            switch swl_signals_next(signals) {
            case SWL_SIGNAL_HANG_UP: reload()
            case SWL_SIGNAL_TERMINATE, SWL_SIGNAL_INTERRUPT: stop(now: now)
            default: return
            }
        }
    }

    /// Takes nothing new, and lets what is established come to its end. Told a second time, ends at once.
    private mutating func stop(now: Int64) {
        guard endAt == .max else {
            endAt = now
            return
        }
        Log.write("told to end: no new connections; those that are open are closed")
        notify("STOPPING=1")
        endAt = now + Self.drainTime
        timers.schedule(endAt)
        for index in 0..<tunnels.capacity { tunnels[index].close() }
        for number in 0..<sessions.capacity where sessions.isFilled(number) {
            if sessions[number].phase == .carrying { sessions[number].close() } else { sessions[number].end(.stopped) }
            settle(number, .again)
        }
    }
}
