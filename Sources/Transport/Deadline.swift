// A moment on the monotonic clock: what is waited for in several steps must end in time as a whole. The system's
// date is not asked, since it may jump when a board without a battery learns the time.
import CLinux

/// The moment by which something must be done, or no limit.
public struct Deadline: Equatable, Sendable {
    private let moment: Int64

    private init(moment: Int64) { self.moment = moment }

    /// No limit.
    public static let never = Deadline(moment: .max)

    /// In `milliseconds` from now; nil is no limit, a negative number is now.
    public static func after(milliseconds: Int32?) -> Deadline {
        guard let milliseconds else { return .never }
        return Deadline(moment: swl_monotonic_milliseconds() + Int64(max(milliseconds, 0)))
    }

    /// In `milliseconds` from `now`, a moment of `Deadline.now`. For loops that look at the clock once a turn.
    public static func after(milliseconds: Int32, from now: Int64) -> Deadline {
        Deadline(moment: now + Int64(max(milliseconds, 0)))
    }

    /// The monotonic clock in milliseconds.
    public static var now: Int64 { swl_monotonic_milliseconds() }

    /// Milliseconds that are left, 0 when it has passed, nil where there is no limit.
    public var remaining: Int32? { remaining(at: Deadline.now) }

    /// Milliseconds that are left at `now`.
    public func remaining(at now: Int64) -> Int32? {
        guard moment != .max else { return nil }
        return Int32(clamping: max(moment - now, 0))
    }

    /// Whether it has passed.
    public var hasPassed: Bool { hasPassed(at: Deadline.now) }

    /// Whether it has passed at `now`.
    public func hasPassed(at now: Int64) -> Bool { moment <= now }

    /// The earlier of two.
    public static func earlier(_ a: Deadline, _ b: Deadline) -> Deadline { a.moment <= b.moment ? a : b }
}
