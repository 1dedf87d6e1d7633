// When the loop must wake up although nothing happens. The time of the earliest deadline is kept as a lower bound: a
// deadline that moves away (bytes arrived on an idle connection) costs nothing, and when the bound is reached all
// sessions are looked at and it is set anew.

/// The earliest moment at which a session's time may have passed, in milliseconds of the monotonic clock.
struct Timers {
    private var earliest: Int64 = .max

    /// No look at all sessions earlier than this after the last.
    private static let pace: Int64 = 20

    /// Something is due at `deadline`, which is `.max` for never.
    mutating func schedule(_ deadline: Int64) { earliest = Swift.min(earliest, deadline) }

    /// Whether it is time to look at all sessions; the bound is then set anew by `schedule`.
    mutating func isDue(at now: Int64) -> Bool {
        guard earliest <= now else { return false }
        earliest = .max
        return true
    }

    /// How long the loop may wait; negative is without limit.
    func wait(at now: Int64) -> Int32 {
        guard earliest != .max else { return -1 }
        return Int32(clamping: Swift.max(earliest - now, Self.pace))
    }
}
