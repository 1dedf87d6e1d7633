// The time on a board that may have no battery: what the system says, but never earlier than what is known for certain (the
// floor), which only moves forward, and only on signed evidence: the date of this program, notBefore of our own certificate and
// of one that was issued and verified, thisUpdate of a verified revocation list. The system's clock alone is no evidence: a clock
// that somebody set to the far future must not last longer than the mistake (threats.md: clock poisoning).
import CLinux
import X509

/// A moment: by the system's clock, which may jump, and by one that does not.
public struct Moment: Equatable, Sendable {
    /// Seconds since 1970, as the system believes them.
    public let wall: Int64
    /// Seconds on a clock that never goes back, with any beginning.
    public let monotonic: Int64

    public init(wall: Int64, monotonic: Int64) {
        self.wall = wall
        self.monotonic = monotonic
    }

    /// This moment.
    public static var now: Moment {
        Moment(wall: swl_realtime_seconds(), monotonic: swl_monotonic_milliseconds() / 1000)
    }
}

/// What is known of the time.
public struct DeviceClock: Equatable, Sendable {
    /// It is at least this late: seconds since 1970.
    public private(set) var floor: Int64
    /// When the floor was known, on the clock that never goes back: it rises with that.
    private var since: Int64

    /// When this program was made, as it says itself: moved on with its versions. 2026-01-01.
    public static var programDate: Int64 { 1_767_225_600 }
    /// A system's clock that is less than this many seconds behind the floor is taken to be right: it was set, but by another clock than
    /// that of the authority, which signs with the time of issuing as notBefore.
    public static var tolerance: Int64 { 300 }

    /// - Parameter floor: what is certain at `moment`.
    public init(floor: Int64, at moment: Moment) {
        self.floor = floor
        since = moment.monotonic
    }

    /// Whether the system's clock is not earlier than the floor, but for the tolerance, and so may be right.
    public func isKnown(at moment: Moment) -> Bool {
        moment.wall >= max(risenFloor(at: moment), .min + Self.tolerance) - Self.tolerance
    }

    /// The best guess: the system's clock, or else the floor and what has passed since.
    public func now(at moment: Moment) -> Int64 { max(moment.wall, risenFloor(at: moment)) }

    /// What certificates are judged by. While only the floor is known it is for the caller to say what that is good for
    /// (`UnknownTimePolicy`).
    public func time(at moment: Moment) -> CurrentTime { isKnown(at: moment) ? .known(now(at: moment)) : .unknown }

    /// Takes signed evidence that it is at least this late. What is earlier than the floor says nothing.
    public mutating func learn(_ evidence: Int64, at moment: Moment) {
        guard evidence > risenFloor(at: moment) else { return }
        floor = evidence
        since = moment.monotonic
    }

    /// It is at least this late at `moment`: the floor, and what has passed since it was known.
    public func risenFloor(at moment: Moment) -> Int64 {
        let (sum, overflow) = floor.addingReportingOverflow(max(moment.monotonic - since, 0))
        return overflow ? floor : sum
    }
}
