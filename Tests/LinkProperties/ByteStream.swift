// The bytes that one side writes on a channel after one opening, and the check of what arrives at the other. They begin with
// the number of the opening, so that bytes of another one cannot pass.
import LinkSimulation

/// The bytes of one opening of one side on one channel.
struct ByteStream {
    /// How many bytes the number of the opening takes.
    static let headerBytes = 4
    private var random: SeededRandom
    private let opening: Int
    private(set) var count = 0

    init(seed: UInt64, side: Int, channel: Int, opening: Int) {
        let mixed = seed &* 1_000_003 &+ UInt64(opening) &* 4096 &+ UInt64(channel) &* 2 &+ UInt64(side)
        random = SeededRandom(seed: mixed)
        self.opening = opening
    }

    mutating func next() -> UInt8 {
        defer { count += 1 }
        if count < Self.headerBytes { return UInt8(truncatingIfNeeded: opening >> (8 * count)) }
        return UInt8(truncatingIfNeeded: random.next())
    }
}

/// What has arrived at one side on one channel since it was last established.
struct ArrivedStream {
    private(set) var opening = 0
    private var expected: ByteStream?
    private(set) var count = 0
    private(set) var wrong = 0

    /// Takes what has arrived from `side`.
    mutating func take(_ bytes: [UInt8], seed: UInt64, side: Int, channel: Int) {
        for byte in bytes {
            if count < ByteStream.headerBytes {
                opening |= Int(byte) << (8 * count)
            } else {
                if expected == nil {
                    var stream = ByteStream(seed: seed, side: side, channel: channel, opening: opening)
                    for _ in 0..<ByteStream.headerBytes { _ = stream.next() }
                    expected = stream
                }
                if expected?.next() != byte { wrong += 1 }
            }
            count += 1
        }
    }
}
