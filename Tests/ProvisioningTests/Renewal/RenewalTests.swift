// Renewal and the clock, with the time passed in: 1970, 2038, 2106, 9999, and jumps either way.
import Foundation
import TestSupport
import Testing
import X509

@testable import Provisioning

/// For conditions that change what they look at, which the macro does not take.
private func expect(_ holds: Bool, at location: SourceLocation = #_sourceLocation) {
    #expect(holds, sourceLocation: location)
}

@Suite struct RenewalTests {
    private static let day: Int64 = 86_400
    /// 2026-01-01, and a certificate of 90 days from then on.
    private static let start: Int64 = 1_767_225_600
    private let clock = DeviceClock(floor: start, at: Moment(wall: start, monotonic: 0))

    private func renewal(
        spread: UInt16 = 0, from notBefore: Int64 = start, days: Int64 = 90, factory: Bool = true
    ) -> Renewal {
        Renewal(
            notBefore: notBefore, notAfter: notBefore + days * Self.day, spread: spread, hasFactoryIdentity: factory)
    }

    /// The day of the first attempt, with a clock that runs as it should.
    private func firstAttempt(_ spread: UInt16, from start: Int64 = start) -> Double {
        var renewal = renewal(spread: spread, from: start)
        let clock = DeviceClock(floor: start, at: Moment(wall: start, monotonic: 0))
        var passed: Int64 = 0
        while true {
            switch renewal.next(clock, at: Moment(wall: start + passed, monotonic: passed)) {
            case .wait(let seconds):
                #expect((1...3600).contains(seconds))
                passed += seconds
            default: return Double(passed) / Double(Self.day)
            }
        }
    }

    /// Two thirds of 90 days, spread over a twelfth of them: 56.25 to 63.75; the same in any age.
    @Test(arguments: [
        start, 0, 2_147_483_647 - 60 * day, 4_294_967_295 - 60 * day, 253_402_300_799 - 90 * day, -day,
    ]) func twoThirdsOfItsLife(from: Int64) {
        #expect(firstAttempt(0, from: from) == 56.25)
        #expect(abs(firstAttempt(65_535, from: from) - 63.75) < 0.01)
    }

    @Test func theNewIdentityIsCurrentOnlyOnceItIsProved() {
        var renewal = renewal()
        let due = Moment(wall: Self.start + 60 * Self.day, monotonic: 60 * Self.day)
        expect(!renewal.proved())
        expect(renewal.next(clock, at: due) == .renew && renewal.phase == .requesting)
        // Asked again, it is the same attempt.
        expect(renewal.next(clock, at: due) == .renew)
        expect(!renewal.proved())
        renewal.issued()
        expect(renewal.next(clock, at: due) == .prove)
        expect(renewal.proved() && renewal.phase == .waiting)
        // What was issued and does not do for a connection is dropped.
        var other = self.renewal()
        _ = other.next(clock, at: due)
        other.issued()
        other.failed(clock, at: due)
        expect(!other.proved() && other.failures == 1)
        expect(other.next(clock, at: due) == .wait(seconds: 60))
    }

    /// The pauses between attempts from the 60th day on, until the certificate has expired.
    private func pauses(spread: UInt16, _ count: Int) -> [Int64] {
        var renewal = renewal(spread: spread)
        var passed = 64 * Self.day
        return (0..<count).map { _ in
            var moment = Moment(wall: Self.start + passed, monotonic: passed)
            _ = renewal.next(clock, at: moment)
            renewal.failed(clock, at: moment)
            let failedAt = passed
            while case .wait(let seconds) = renewal.next(clock, at: moment) {
                passed += seconds
                moment = Moment(wall: Self.start + passed, monotonic: passed)
            }
            return passed - failedAt
        }
    }

    @Test func failuresAreBackedOffFrom() {
        #expect(pauses(spread: 0, 11) == [60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600])
        let later = pauses(spread: 65_535, 11)
        #expect(later[0] == 74 && later[10] > 26_000 && later[10] < 27_001)
        // Near the end, and after it, more often again, but never more often than once a minute.
        let all = pauses(spread: 0, 400)
        #expect(all.allSatisfy { $0 >= 60 } && all.last == 60)
    }

    @Test func theServersWishIsHeardForADay() {
        var renewal = renewal()
        let due = Moment(wall: Self.start + 60 * Self.day, monotonic: 0)
        _ = renewal.next(clock, at: due)
        renewal.failed(clock, at: due, retryAfter: 1_000_000)
        expect(renewal.next(clock, at: due) == .wait(seconds: 3600))
        let almost = Moment(wall: due.wall, monotonic: 86_399)
        expect(renewal.next(clock, at: almost) == .wait(seconds: 1))
        expect(renewal.next(clock, at: Moment(wall: due.wall, monotonic: 86_400)) == .renew)
    }

    /// A clock that is far ahead, or an authority that issues for less than it takes: no storm of requests.
    @Test func aCertificateThatIsDueAtOnceIsBackedOffFrom() {
        let due = Moment(wall: Self.start + 64 * Self.day, monotonic: 64 * Self.day)
        var first = renewal()
        expect(first.next(clock, at: due) == .renew)
        var second = renewal()
        second.follow(first, clock, at: due)
        expect(second.next(clock, at: due) == .wait(seconds: 60))
        var third = renewal()
        third.follow(second, clock, at: due)
        expect(third.next(clock, at: due) == .wait(seconds: 120))
        // One that is not due begins as if nothing had been.
        var good = renewal(from: due.wall)
        good.follow(third, clock, at: due)
        expect(good.failures == 0 && good.next(clock, at: due) == .wait(seconds: 3600))
    }

    @Test func anExpiredIdentityMakesWayForTheFactorys() {
        let late = Moment(wall: Self.start + 91 * Self.day, monotonic: 0)
        var renewal = renewal()
        expect(renewal.next(clock, at: late) == .enrollAnew)
        var without = self.renewal(factory: false)
        expect(without.next(clock, at: late) == .renew)
    }

    /// threats: clock poisoning, and clocks that jump.
    @Test func jumpsOfTheClock() {
        var renewal = renewal()
        // Far back: the floor and what has passed since stand in for it.
        expect(renewal.next(clock, at: Moment(wall: 0, monotonic: 10)) == .wait(seconds: 3600))
        expect(renewal.next(clock, at: Moment(wall: 0, monotonic: 57 * Self.day)) == .renew)
        // Back between two attempts: the back-off is by the other clock.
        renewal.failed(clock, at: Moment(wall: 0, monotonic: 57 * Self.day))
        expect(renewal.next(clock, at: Moment(wall: .max, monotonic: 57 * Self.day + 59)) == .wait(seconds: 1))
        // Far ahead: an attempt is made too early, nothing is learnt from it, and back again all is as before.
        var other = self.renewal()
        expect(other.next(clock, at: Moment(wall: 253_402_300_799, monotonic: 5)) == .enrollAnew)
        other.failed(clock, at: Moment(wall: 253_402_300_799, monotonic: 5))
        expect(other.next(clock, at: Moment(wall: Self.start + 100, monotonic: 100)) == .wait(seconds: 3600))
    }

    @Test(arguments: [Int64.min, -1, 0, 2_147_483_648, 4_294_967_296, 253_402_300_799, Int64.max])
    func everyTimeIsBorne(wall: Int64) {
        for monotonic in [0, 1, Int64.max / 2] {
            var renewal = renewal(spread: 65_535)
            let moment = Moment(wall: wall, monotonic: monotonic)
            _ = renewal.next(clock, at: moment)
            renewal.failed(clock, at: moment)
            _ = renewal.next(clock, at: moment)
        }
    }
}

@Suite struct DeviceClockTests {
    @Test func theFloorOnlyRisesAndOnlyOnEvidence() {
        var clock = DeviceClock(floor: 1000, at: Moment(wall: 0, monotonic: 50))
        #expect(!clock.isKnown(at: Moment(wall: 699, monotonic: 50)))
        #expect(clock.time(at: Moment(wall: 699, monotonic: 50)) == .unknown)
        // A clock that was set, only not by the authority's.
        #expect(clock.isKnown(at: Moment(wall: 700, monotonic: 50)))
        #expect(clock.time(at: Moment(wall: 999, monotonic: 50)) == .known(1000))
        #expect(clock.now(at: Moment(wall: 0, monotonic: 80)) == 1030)
        #expect(clock.time(at: Moment(wall: 1030, monotonic: 80)) == .known(1030))
        // The system's clock is no evidence.
        _ = clock.now(at: Moment(wall: 253_402_300_799, monotonic: 90))
        #expect(clock.floor == 1000 && clock.now(at: Moment(wall: 0, monotonic: 90)) == 1040)
        clock.learn(900, at: Moment(wall: 0, monotonic: 90))
        #expect(clock.floor == 1000)
        // Nor is evidence that is older than what has passed.
        clock.learn(1039, at: Moment(wall: 0, monotonic: 90))
        #expect(clock.floor == 1000)
        clock.learn(5000, at: Moment(wall: 0, monotonic: 90))
        #expect(clock.floor == 5000 && clock.now(at: Moment(wall: 0, monotonic: 91)) == 5001)
        // The other clock does not go back; if it did, nothing would come of it.
        #expect(clock.now(at: Moment(wall: 0, monotonic: 0)) == 5000)
        #expect(
            DeviceClock(floor: .max, at: Moment(wall: 0, monotonic: 0)).now(at: Moment(wall: 0, monotonic: 9)) == .max)
    }
}

/// The last known good time in a store.
@Suite struct StoredClockTests {
    @Test func itIsReplacedByLaterTimesAlone() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        #expect(store.lastKnownGood() == nil)
        for time: Int64 in [1_800_000_000, 1_700_000_000, 0, -1] { try store.raise(lastKnownGood: time) }
        #expect(store.lastKnownGood() == 1_800_000_000)
        #expect(try String(decoding: readFile(folder.file("clock")), as: UTF8.self) == "2027-01-15T08:00:00Z\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("clock"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try folder.names() == ["clock"])
        try store.raise(lastKnownGood: 253_402_300_799)
        #expect(store.lastKnownGood() == 253_402_300_799)
    }

    @Test func itOutlastsTheIdentities() throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        try folder.open().raise(lastKnownGood: 1_800_000_000)
        try folder.open().wipe()
        #expect(try folder.names() == ["clock"])
        try folder.install(try TestIdentity("two"))
        #expect(try folder.open().lastKnownGood() == 1_800_000_000 && folder.load().0.metadata.generation == 1)
    }

    @Test(arguments: [
        "", "2027-01-15T08:00:00Z", "2027-01-15T08:00:00Z\n\n", "2027-01-15t08:00:00Z\n", "2027-13-15T08:00:00Z\n",
        "2027-01-15 08:00:00Z\n", "99999-01-15T08:00:0Z\n", "1800000000\n",
    ]) func whatIsNotAsItWasWrittenCountsForNothing(text: String) throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try folder.write("clock", text)
        #expect(store.lastKnownGood() == nil)
        try store.raise(lastKnownGood: 1_700_000_000)
        #expect(store.lastKnownGood() == 1_700_000_000)
    }
}
