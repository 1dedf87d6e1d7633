// What the system gives: random bytes, clocks, the library of primitives.
import Bytes
import CLinux
import TLSCrypto

/// Two draws differ, and a long one has neither too many ones nor a run of one value: what a source that is stuck shows.
/// No more can be told from the output of a good generator; that it is well seeded is the kernel's promise.
func checkRandom(_ context: borrowing CheckContext) -> Outcome {
    // Broken: a source that is stuck. It writes as many bytes as it is asked for.
    let stuck = unsafe RandomSource(
        unsafe: { _, target, count in
            unsafe target.initializeMemory(as: UInt8.self, repeating: 0xA5, count: count)
            return 0
        }, context: nil)
    let source = context.options.isBroken ? stuck : .system
    var first = InlineArray<512, UInt8>(repeating: 0)
    var second = InlineArray<512, UInt8>(repeating: 0)
    do throws(CryptoError) {
        var span = first.mutableSpan
        try source.fill(&span)
        span = second.mutableSpan
        try source.fill(&span)
    } catch {
        return .failed("getrandom(2) failed")
    }
    if first.span.hasSameBytes(as: second.span) { return .failed("two draws of the random source are the same") }
    var ones = 0
    var run = 1
    var longestRun = 1
    for index in 0..<512 {
        ones += first[index].nonzeroBitCount
        run = index > 0 && first[index] == first[index - 1] ? run + 1 : 1
        longestRun = max(longestRun, run)
    }
    // 4096 fair coins: 2048 ones with a standard deviation of 32; 9 deviations are one false alarm in 10^18. A run of 8
    // equal bytes: one in 10^14.
    if ones < 1760 || ones > 2336 { return .failed("the random source has far more ones than zeros, or fewer") }
    return longestRun < 8 ? .passed : .failed("the random source repeats a byte")
}

/// 2026-08-01T00:00:00Z, when this check was written: no clock that has been set is earlier.
public let earliestBelievableTime: Int64 = 1_785_542_400

/// The clock tells a time after this was written, and the monotonic one goes on.
func checkClock(_ context: inout CheckContext) -> Outcome {
    let first = swl_monotonic_nanoseconds()
    // Broken: the highest bit of the value that comes first, so that the second is earlier.
    let earlier = context.options.isBroken ? first | 1 << 62 : first
    for _ in 0..<1000 {
        if swl_monotonic_nanoseconds() < earlier { return .failed("the monotonic clock goes back") }
    }
    let now = swl_realtime_seconds()
    context.add("seconds_since_1970", now, "s")
    return now >= earliestBelievableTime
        ? .passed
        : .degraded("the clock has not been set: certificates cannot be judged by it; set it or start a time service")
}

/// Mbed TLS is of a branch that Swiftlet is written and tested for.
func checkLibrary(_ context: inout CheckContext) -> Outcome {
    // Broken: the lowest bit of the minor version.
    let version = context.options.isBroken ? backendVersion ^ 1 << 16 : backendVersion
    context.add("major", Int64(version >> 24), "")
    context.add("minor", Int64(version >> 16 & 0xFF), "")
    context.add("patch", Int64(version >> 8 & 0xFF), "")
    switch version >> 16 {
    case 0x021C, 0x0306: return .passed
    default: return .failed("Swiftlet is written for Mbed TLS 2.28 and 3.6; build it against the one of this board")
    }
}
