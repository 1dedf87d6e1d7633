// What is learnt of the line: how long an answer takes (after RFC 6298, in microseconds), and how often frames are lost.

/// A smoothed time of answer.
struct RoundTrip {
    private var smoothed: Int64 = 0
    private var variation: Int64 = 0
    /// The shortest that was seen; 0 before the first.
    private(set) var least: Int64 = 0
    private var hasSample = false

    /// Takes a measured time into account. Not one of a repeated question, which the answer may not belong to (Karn).
    mutating func add(_ sample: Int64) {
        let sample = max(sample, 1)
        if hasSample {
            variation += (abs(smoothed - sample) - variation) / 4
            smoothed += (sample - smoothed) / 8
            least = min(least, sample)
        } else {
            (smoothed, variation, least) = (sample, sample / 2, sample)
            hasSample = true
        }
    }

    /// The usual time, or nil before the first sample.
    var usual: Int64? { hasSample ? smoothed : nil }

    /// How long to wait for an answer: `slack` longer than is likely, `initial` where nothing is known.
    func timeout(initial: Int64, slack: Int64) -> Int64 {
        hasSample ? smoothed + 4 * variation + slack : initial
    }
}

/// Chooses the length of I frames by how often they are lost.
struct FrameSizer {
    /// Bytes sent and frames lost among them, the older the less they count. At first as if one frame had been lost in
    /// ten kilobytes: long frames until there is reason for short ones.
    private var bytes = 10_240
    private var losses = 1

    /// What a frame costs besides its information: address, control, check sequence, flag, and an escape or two.
    private static var overhead: Int { 10 }
    /// How many bytes are remembered.
    private static var memory: Int { 32_768 }

    mutating func noteSent(_ count: Int) {
        bytes += count + Self.overhead
        guard bytes > Self.memory, losses > 1 || bytes > 8 * Self.memory else { return }
        bytes /= 2
        losses = max(losses / 2, 1)
    }

    mutating func noteLost() {
        losses += 1
    }

    /// The length with the greatest yield: with one damaged byte in n, and h bytes of overhead, about the root of h n.
    func best(_ range: ClosedRange<Int>) -> Int {
        let target = Self.overhead * bytes / losses
        var root = range.lowerBound
        while root < range.upperBound, (root + 8) * (root + 8) <= target { root += 8 }
        return min(root, range.upperBound)
    }
}
