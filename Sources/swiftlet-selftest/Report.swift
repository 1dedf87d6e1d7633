// The report, as lines or as one JSON object (RFC 8259). All text in it is literals of SelfTest, made of printable ASCII
// without quotes and backslashes: there is nothing to escape.
import Bytes
import SelfTest

/// Prints the results as they come, and counts them.
struct Report {
    private let isJSON: Bool
    private var all = 0
    private var failed = 0
    private var degraded = 0

    init(isJSON: Bool) { self.isJSON = isJSON }

    /// What stands before the first result.
    func begin(_ output: inout Output) {
        if isJSON { output.append("{\"checks\":[") }
    }

    /// One result.
    mutating func add(_ check: Check, _ result: CheckResult, _ output: inout Output) {
        let why: StaticString?
        let word: StaticString
        switch result.outcome {
        case .passed: (word, why) = ("passed", nil)
        case .failed(let text):
            (word, why) = ("failed", text)
            failed += 1
        case .degraded(let text):
            (word, why) = ("degraded", text)
            degraded += 1
        case .notApplicable(let text): (word, why) = ("not applicable", text)
        }
        if isJSON { addObject(check, word, why, result, &output) } else { addLine(check, word, why, result, &output) }
        all += 1
        // A check can take long on a small board: show what there is.
        output.flush()
    }

    /// What was measured could not be stored, which has been said.
    mutating func failedToStore() { failed += 1 }

    private func addLine(
        _ check: Check, _ word: StaticString, _ why: StaticString?, _ result: CheckResult, _ output: inout Output
    ) {
        output.append(check.name, width: 20)
        output.append(word, width: 10)
        output.append(milliseconds: result.nanoseconds)
        output.append(" ms")
        if let why {
            output.append("  ")
            output.append(why)
        }
        output.append("\n")
        let figures = result.figures.elements
        for index in figures.indices {
            output.append("    ")
            output.append(figures[index].name, width: 32)
            output.append(figures[index].value)
            output.append(" ")
            output.append(figures[index].unit)
            output.append("\n")
        }
    }

    private func addObject(
        _ check: Check, _ word: StaticString, _ why: StaticString?, _ result: CheckResult, _ output: inout Output
    ) {
        output.append(all > 0 ? ",{" : "{")
        member("name", check.name, &output)
        output.append(",")
        member("outcome", word, &output)
        if let why {
            output.append(",")
            member("why", why, &output)
        }
        output.append(",\"milliseconds\":")
        output.append(milliseconds: result.nanoseconds)
        output.append(",\"figures\":[")
        let figures = result.figures.elements
        for index in figures.indices {
            output.append(index > 0 ? ",{" : "{")
            member("name", figures[index].name, &output)
            output.append(",\"value\":")
            output.append(figures[index].value)
            output.append(",")
            member("unit", figures[index].unit, &output)
            output.append("}")
        }
        output.append("]}")
    }

    private func member(_ name: StaticString, _ value: StaticString, _ output: inout Output) {
        output.append("\"")
        output.append(name)
        output.append("\":\"")
        output.append(value)
        output.append("\"")
    }

    /// The verdict.
    /// - Returns: the exit code.
    func end(_ output: inout Output) -> Int32 {
        let verdict: StaticString = failed > 0 ? "failed" : degraded > 0 ? "degraded" : "healthy"
        if isJSON {
            output.append("],")
            member("verdict", verdict, &output)
            output.append("}\n")
        } else {
            output.append("verdict: ")
            output.append(verdict)
            output.append(" (")
            output.append(Int64(all))
            output.append(" checks, ")
            output.append(Int64(failed))
            output.append(" failed, ")
            output.append(Int64(degraded))
            output.append(" degraded)\n")
        }
        return failed > 0 ? 1 : degraded > 0 ? 2 : 0
    }
}
