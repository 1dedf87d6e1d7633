// Shows what holds of the reliable link whatever the line does, over a great many frames: an optimised program, since a
// debug build takes minutes for what takes seconds here. Embedded Swift, so that it is the code of the devices.
//
//     LinkProperties FRAMES [SEED]      random trials until so many I frames were sent; SEED: where to begin
//     LinkProperties planted            shows that it can fail: each planted fault must break something
//
// What must hold is in `Trial`. A trial that finds it broken prints its seed, and the exit code is 1; the same seed does the
// same again. At the end the goodput in virtual time is compared with what is asked of it.
import CLinux

@main enum EntryPoint {
    static func main() {
        if isPlanted { swl_exit(noticeFaults() ? 0 : 1) }
        guard let frames = argument(1), frames > 0, swl_argument_count() <= 3 else {
            print("usage: LinkProperties FRAMES [SEED] | planted")
            swl_exit(64)
        }
        let isGood = runTrials(frames: frames, seed: UInt64(argument(2) ?? 1)) && compareGoodput()
        swl_exit(isGood ? 0 : 1)
    }

    /// Whether the one argument is `planted`.
    private static var isPlanted: Bool {
        guard swl_argument_count() == 2, let text = unsafe swl_argument(1) else { return false }
        let word: StaticString = "planted"
        guard unsafe swl_string_length(text) == word.utf8CodeUnitCount else { return false }
        // Both have as many bytes.
        for place in 0..<word.utf8CodeUnitCount where unsafe UInt8(bitPattern: text[place]) != word.utf8Start[place] {
            return false
        }
        return true
    }

    /// An argument that is a number.
    private static func argument(_ index: Int32) -> Int? {
        guard let text = unsafe swl_argument(index) else { return nil }
        var value = 0
        let length = unsafe swl_string_length(text)
        for place in 0..<length {
            // Within the argument's length.
            let digit = Int(unsafe text[place]) - 0x30
            guard digit >= 0, digit <= 9, value < 100_000_000 else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Trials of all kinds in turn.
    private static func runTrials(frames: Int, seed: UInt64) -> Bool {
        var totals = [TrialResult](repeating: TrialResult(), count: TrialKind.all.count)
        var seed = seed
        var sent = 0
        var isGood = true
        while sent < frames {
            let index = Int(truncatingIfNeeded: seed % UInt64(TrialKind.all.count))
            let result = runTrial(TrialKind.all[index], seed: seed)
            if let broken = result.broken {
                print("FAILED seed \(seed) (\(TrialKind.all[index].name)): \(broken)")
                isGood = false
            }
            totals[index].add(result)
            sent += result.frames
            seed += 1
        }
        for index in totals.indices { print("\(TrialKind.all[index].name): \(totals[index].summary)") }
        print("\(sent) I frames in all: \(isGood ? "every byte in order, or a failure told" : "FAILED")")
        return isGood
    }
}
