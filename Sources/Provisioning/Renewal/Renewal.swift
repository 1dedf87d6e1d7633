// When a device asks for its next certificate, as a state machine with the time passed in:
//
//     waiting ──due──▶ requesting ──issued──▶ proving ──proved──▶ waiting (with the new certificate)
//        ▲                 │ failed               │ failed
//        └──── back-off ───┴──────────────────────┘
//
// Invariants:
// - the new identity takes the old one's place only once it has done for a connection with the enrolment endpoint;
// - after failures the time between attempts doubles, spread by device, and never exceeds a sixteenth of what is left to live;
// - when the identity has expired, the device enrols anew with what it was made with (its factory identity), where it has that;
// - a certificate that is due as soon as it is there is no reason to hurry;
// - no jump of the system's clock makes an attempt come sooner than the back-off says, or stops attempts for longer than an hour.
import X509

/// The renewal of one identity.
public struct Renewal: Equatable, Sendable {
    /// What is to be done.
    public enum Action: Equatable, Sendable {
        /// Nothing, for so many seconds at most; then ask again.
        case wait(seconds: Int64)
        /// Ask for the next certificate with a new key, showing the identity; then `issued` or `failed`.
        case renew
        /// The same, showing the factory identity: ours has expired.
        case enrollAnew
        /// Connect to the enrolment endpoint with the new identity; then `proved` or `failed`.
        case prove
    }

    /// How far it has come.
    public enum Phase: UInt8, Sendable {
        case waiting, requesting, proving
    }

    public private(set) var phase = Phase.waiting
    /// Attempts that have failed since the last success.
    public private(set) var failures = 0
    /// When it is due, in seconds since 1970.
    public let renewAt: Int64
    /// When the identity expires.
    public let notAfter: Int64
    private let spread: UInt16
    private let hasFactoryIdentity: Bool
    /// No attempt before this, on the clock that never goes back.
    private var earliest = Int64.min

    /// The first time between two attempts, and the longest, in seconds.
    static var shortestBackOff: Int64 { 60 }
    static var longestBackOff: Int64 { 21_600 }
    /// A clock that was set is noticed after so many seconds at the latest.
    public static var longestWait: Int64 { 3_600 }

    /// - Parameters:
    ///   - spread: differs from device to device: see `RenewalSchedule`.
    ///   - hasFactoryIdentity: whether there is something to enrol anew with.
    public init(notBefore: Int64, notAfter: Int64, spread: UInt16, hasFactoryIdentity: Bool) {
        renewAt = RenewalSchedule(notBefore: notBefore, notAfter: notAfter, spread: spread).renewAt
        self.notAfter = notAfter
        self.spread = spread
        self.hasFactoryIdentity = hasFactoryIdentity
    }

    /// The renewal of the identity with this certificate.
    public init(_ certificate: borrowing Certificate, hasFactoryIdentity: Bool) {
        self.init(
            notBefore: certificate.notBefore, notAfter: certificate.notAfter,
            spread: RenewalSchedule.spread(certificate), hasFactoryIdentity: hasFactoryIdentity)
    }

    /// What is to be done now. Asking changes nothing but that an attempt, once told, is under way.
    public mutating func next(_ clock: DeviceClock, at moment: Moment) -> Action {
        switch phase {
        case .requesting: return attempt(clock, at: moment)
        case .proving: return .prove
        case .waiting: break
        }
        let untilDue = renewAt.subtractingClamped(clock.now(at: moment))
        let untilAllowed = earliest.subtractingClamped(moment.monotonic)
        let left = max(untilDue, untilAllowed)
        guard left <= 0 else { return .wait(seconds: min(left, Self.longestWait)) }
        phase = .requesting
        return attempt(clock, at: moment)
    }

    private func attempt(_ clock: DeviceClock, at moment: Moment) -> Action {
        hasFactoryIdentity && clock.now(at: moment) > notAfter ? .enrollAnew : .renew
    }

    /// A certificate has been issued and verified; it has not taken the old one's place.
    public mutating func issued() {
        if phase == .requesting { phase = .proving }
    }

    /// The new identity has done for a connection: make it the current one, and begin anew with its certificate.
    /// - Returns: false where there is no new identity that could take the old one's place.
    public mutating func proved() -> Bool {
        guard phase == .proving else { return false }
        phase = .waiting
        failures = 0
        return true
    }

    /// An attempt has failed, at whatever: a new identity, if there is one, is dropped.
    /// - Parameter retryAfter: for how many seconds the server wants to be left alone (Retry-After).
    public mutating func failed(_ clock: DeviceClock, at moment: Moment, retryAfter: Int64? = nil) {
        guard phase != .waiting else { return }
        phase = .waiting
        backOff(clock, at: moment, retryAfter: retryAfter)
    }

    /// Begins after another renewal has succeeded. A certificate that is due at once, because a clock is wrong or its life is short, must
    /// not become a storm of requests: it is backed off from as from a failure.
    public mutating func follow(_ before: Renewal, _ clock: DeviceClock, at moment: Moment) {
        guard renewAt <= clock.now(at: moment) else { return }
        failures = before.failures
        backOff(clock, at: moment, retryAfter: nil)
    }

    private mutating func backOff(_ clock: DeviceClock, at moment: Moment, retryAfter: Int64?) {
        failures += 1
        var pause = Self.shortestBackOff
        for _ in 1..<min(failures, 16) { pause = min(pause * 2, Self.longestBackOff) }
        // The nearer the end, the more often.
        let left = notAfter.subtractingClamped(clock.now(at: moment))
        pause = max(min(pause, left / 16), Self.shortestBackOff)
        // By device up to a quarter more, so that those that failed together do not all come back together.
        pause += pause / 4 * Int64(spread) / 65_536
        if let retryAfter { pause = max(pause, min(retryAfter, 86_400)) }
        earliest = moment.monotonic + pause
    }
}

extension Int64 {
    /// The difference, or the nearest number to it.
    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (self < 0 ? .min : .max) : difference
    }
}
