// The goodput of the link in virtual time, both directions full, and what is asked of it: the payload of TLS records of 1 KiB
// as a share of what the line can carry. Bytes over virtual time are the same on every machine.
import Bytes
import LinkSimulation
import Transport

/// A line, and what is asked of it.
struct GoodputCase {
    let name: StaticString
    var baud: UInt32 = 115_200
    /// One way, in microseconds.
    var latency: Int64 = 0
    var faults = LineFaults()
    var window = 16
    /// Thousandths of the line.
    let target: Int
}

/// Runs all cases with the device taking bytes a little ahead of the line, as programs do; answers whether each median of five
/// seeds is as asked for.
func compareGoodput() -> Bool {
    let cases = [
        GoodputCase(name: "115200, clean", target: 920),
        GoodputCase(name: "115200, 1 byte in 10^4 corrupted", faults: LineFaults(corrupted: 10_000), target: 850),
        GoodputCase(
            name: "115200, 1 in 10^3 corrupted, 1 in 10^4 lost", faults: LineFaults(corrupted: 1000, dropped: 10_000),
            target: 650),
        GoodputCase(name: "9600, clean", baud: 9600, target: 920),
        GoodputCase(
            name: "921600, clean, 32 ms round trip, window 32", baud: 921_600, latency: 16_000, window: 32, target: 880),
        GoodputCase(
            name: "921600, 1 in 10^4, 32 ms, window 32", baud: 921_600, latency: 16_000,
            faults: LineFaults(corrupted: 10_000), window: 32, target: 750),
    ]
    var isGood = true
    for each in cases {
        for ahead: Int64 in [0, 15_000] {
            let median = medianGoodput(each, ahead: ahead)
            let isMet = median.poorer >= each.target && median.wrong == 0
            if !isMet { isGood = false }
            print(
                "\(each.name), \(ahead / 1000) ms ahead: \(median.forth) and \(median.back) thousandths, "
                    + "at least \(each.target)\(isMet ? "" : ": FAILED")")
        }
    }
    return isGood
}

private func medianGoodput(_ each: GoodputCase, ahead: Int64) -> Goodput {
    var (forth, back, wrong): ([Int], [Int], Int) = ([], [], 0)
    for seed: UInt64 in 1...5 {
        let result = goodput(each, ahead: ahead, seed: seed)
        forth.append(result.forth)
        back.append(result.back)
        wrong += result.wrong
    }
    forth.sort()
    back.sort()
    return Goodput(forth: forth[2], back: back[2], wrong: wrong)
}

private func goodput(_ each: GoodputCase, ahead: Int64, seed: UInt64) -> Goodput {
    do throws(ArenaExhausted) {
        var line = try LineSimulator(
            LinkConfiguration(baud: each.baud), [ChannelConfiguration(window: each.window)], latency: each.latency,
            faults: each.faults, seed: seed)
        line.ahead = ahead
        guard line.establish() else { return Goodput() }
        return line.goodput(seconds: each.baud > 500_000 ? 5 : each.baud < 50_000 ? 60 : 20, baud: Int(each.baud))
    } catch {
        return Goodput()
    }
}
