// What a fuzz target is, and the list of them. A target takes any bytes at all: it may find them wrong, but it must come
// back, and what it asserts must hold.
import Foundation
import TestSupport

/// One fuzz target.
struct FuzzTarget: Sendable {
    /// Its name, which is also that of its folder in Corpus.
    let name: String
    /// The longest input, in bytes.
    var longest = 4096
    /// How much of the time of `scripts/fuzz all` it gets, compared with others.
    var weight = 1
    /// What its inputs look like, for mutations that keep the lengths right; nil for programs and texts.
    var layout: Layout?
    /// Runs one input.
    let run: @Sendable (Span<UInt8>) -> Void

    init(
        _ name: String, longest: Int = 4096, weight: Int = 1, layout: Layout? = nil,
        _ run: @escaping @Sendable (Span<UInt8>) -> Void
    ) {
        self.name = name
        self.longest = longest
        self.weight = weight
        self.layout = layout
        self.run = run
    }
}

/// Every target.
let allTargets: [FuzzTarget] =
    messageTargets + messageTargets12 + extensionTargets + extensionTargets12 + certificateTargets + authorityTargets
    + textTargets + connectionTargets + keyTransportTargets + resumptionTargets + linkTargets + enrolmentTargets
    + recordTargets
    + configurationTargets

/// Faults that scripts/fuzz plants to see them found. In no list.
let plantedFaults = FuzzTarget("planted") { input in
    switch array(input) {
    case Array("trap".utf8): fatalError("planted")
    case Array("overrun".utf8):
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
        unsafe bytes.initialize(repeating: 0, count: 16)
        // One byte beyond the end: that is the fault.
        unsafe bytes[Int(bytes[0]) + 16] = 1
        unsafe bytes.deallocate()
    case Array("leak".utf8): unsafe UnsafeMutablePointer<UInt8>.allocate(capacity: 1000).initialize(to: 1)
    case Array("slow".utf8):
        // Processor time in microseconds.
        let began = clock()
        while clock() - began < 1_200_000 {}
    default: break
    }
}
