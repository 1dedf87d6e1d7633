// Every check passes here, and every check can fail.
import TestSupport
import Testing

@testable import SelfTest

@Suite struct CheckTests {
    static let all = (0..<UInt8(Check.count)).compactMap(Check.init(rawValue:))

    private func run(_ check: Check, broken: Bool) -> CheckResult {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Check.memoryBytes, alignment: 16)
        defer { unsafe memory.deallocate() }
        var options = CheckOptions()
        options.isQuick = true
        options.isBroken = broken
        // The memory outlives the call.
        return unsafe check.run(options, unsafe: memory)
    }

    @Test func thereAreAsManyAsTheCountSays() {
        #expect(Self.all.count == Check.count)
        #expect(Check(rawValue: UInt8(Check.count)) == nil)
    }

    @Test(arguments: all)
    func passes(_ check: Check) {
        let result = run(check, broken: false)
        guard case .passed = result.outcome else {
            Issue.record("\(check): \(result.outcome)")
            return
        }
    }

    @Test(arguments: all)
    func failsWhenItsInputIsWrong(_ check: Check) {
        let result = run(check, broken: true)
        guard case .failed = result.outcome else {
            Issue.record("\(check): \(result.outcome)")
            return
        }
    }

    @Test(arguments: all)
    func isFoundByItsName(_ check: Check) {
        let name = Array("\(check.name)".utf8)
        #expect(Check(name: name.span) == check)
        #expect(Check(name: (name + [0x20]).span) == nil)
        // Nothing in the texts needs escaping in JSON.
        let texts = "\(check.name)\(check.summary)".utf8
        #expect(texts.allSatisfy { (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
    }

    @Test func theMemoryOfAConnectionIsWithinItsBounds() {
        let figures = run(.memory, broken: false).figures.elements
        #expect(figures[0].value <= 40_000)
        #expect(figures[1].value <= 8_000)
    }
}
