// Shows that the trials can fail: with each planted fault one of the first of them does, and the same one passes without it.
import LinkSimulation

/// Runs trials of noise with each fault in turn; answers whether all were noticed.
func noticeFaults() -> Bool {
    var isGood = true
    for fault in PlantedFault.allCases {
        if let seed = seedThatNotices(fault) {
            let broken = runTrial(.noise, seed: seed, planting: fault).broken ?? ""
            print("\(fault.name): noticed by seed \(seed): \(broken)")
        } else {
            print("\(fault.name): FAILED, no trial noticed")
            isGood = false
        }
    }
    return isGood
}

/// The first of a hundred seeds whose trial fails with the fault and passes without it. The faults are played modulo 128.
private func seedThatNotices(_ fault: PlantedFault) -> UInt64? {
    for seed: UInt64 in 1...100 where !isBasic(seed) {
        guard runTrial(.noise, seed: seed, planting: fault).broken != nil else { continue }
        return runTrial(.noise, seed: seed).broken == nil ? seed : nil
    }
    return nil
}

private func isBasic(_ seed: UInt64) -> Bool {
    var random = SeededRandom(seed: seed)
    return TrialSetting(.noise, &random).isBasic
}
