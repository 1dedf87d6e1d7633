// What the seed of a trial decides: the line, its faults, the channels, how much is sent.
import LinkSimulation
import Transport

struct TrialSetting {
    var line: LinkConfiguration
    var mine: [ChannelConfiguration] = []
    var theirs: [ChannelConfiguration] = []
    var faults: LineFaults
    let latency: Int64
    let jitter: Int64
    let ahead: Int64
    /// Modulo 8.
    let isBasic: Bool
    /// Bytes each way on each channel.
    let volume: Int
    let restarts: Int
    /// Whether side 1 does not read channel 0.
    var isStalled = false

    init(_ kind: TrialKind, _ random: inout SeededRandom) {
        let count = kind == .stalled ? 2 + random.below(3) : 1 + random.below(3)
        line = LinkConfiguration(baud: [19200, 115_200, 921_600][random.below(3)], channels: count)
        line.patience = 15_000_000
        if random.below(4) == 0 { line.characterMap = LinkConfiguration.xonxoff }
        if random.below(4) == 0 { line.idlePoll = 300_000 }
        isBasic = random.below(6) == 0
        for index in 0..<count {
            let address = UInt8(index * 5)
            var mine = ChannelConfiguration(
                address: address, frame: 16 + random.below(240), window: 1 + random.below(32))
            var theirs = ChannelConfiguration(
                address: address, frame: 16 + random.below(240), window: 1 + random.below(32))
            // Without XID both sides must know the same.
            if isBasic { (mine.isBasic, theirs.isBasic, theirs.frame) = (true, true, mine.frame) }
            self.mine.append(mine)
            self.theirs.append(theirs)
        }
        // One in so many bytes, over a line that is mostly good enough for the shortest frames.
        let rates = [0, 0, 300, 1000, 5000, 20_000]
        faults = LineFaults(
            corrupted: rates[random.below(6)], dropped: rates[random.below(6)], duplicated: rates[random.below(6)],
            bursts: rates[random.below(6)] * 3)
        latency = Int64(random.below(40_000))
        jitter = Int64([0, 5_000, 30_000][random.below(3)])
        ahead = Int64([0, 2_000, 20_000][random.below(3)])
        volume = 1000 + random.below(line.baud == 19200 ? 4000 : 20_000)
        restarts = 1 + random.below(3)
    }

    /// The virtual time after which everything must have arrived, however bad the line is.
    var patience: Int64 { 900_000_000 }
}
