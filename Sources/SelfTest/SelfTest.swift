// SelfTest: the checks that a device runs on itself, to show that this build of Swiftlet works on this board: published
// values through every primitive, the random source, the clock, certificates, mutual TLS handshakes in memory, by
// themselves and over the serial link, and what all that costs. `swiftlet-selftest` runs them from the command line. Where
// to begin: `Check`.
//
// Invariants:
// - nothing here allocates in Swift, opens a file or talks to anybody: the memory is the caller's;
// - every check can fail: asked to be `broken`, it gets an input that is wrong by one bit and must notice;
// - every text is a literal of ours, made of printable ASCII without quotes or backslashes, so that it needs no escaping.
//
// This file: what a check answers.
import Bytes

/// How a check came out. Texts say what is wrong and what to do.
public enum Outcome: Sendable {
    case passed
    /// This build does not work on this board: nothing that depends on it should be trusted.
    case failed(StaticString)
    /// It works, but not as well as it should.
    case degraded(StaticString)
    /// There is nothing to check here.
    case notApplicable(StaticString)
}

/// Something that a check measured.
public struct Figure: BitwiseCopyable, Sendable {
    /// What was measured, in words joined by underscores.
    public let name: StaticString
    /// How much.
    public let value: Int64
    /// In which unit.
    public let unit: StaticString
}

/// The figures of a check.
public typealias Figures = FixedList<24, Figure>

/// What came out of one run of a check.
public struct CheckResult: Sendable {
    /// How it came out.
    public let outcome: Outcome
    /// What it measured.
    public let figures: Figures
    /// How long it took, in nanoseconds.
    public let nanoseconds: Int64

    /// The value of the figure with this name; nil where there is none.
    public func figure(_ name: StaticString) -> Int64? {
        let wanted = BoundedBytes<32>(text: name)
        let elements = figures.elements
        for index in elements.indices {
            let own = BoundedBytes<32>(text: elements[index].name)
            if own.bytes.hasSameBytes(as: wanted.bytes) { return elements[index].value }
        }
        return nil
    }
}

/// How checks are run.
public struct CheckOptions: Sendable {
    /// One handshake instead of one for every suite and group, and shorter measurements.
    public var isQuick = false
    /// The check gets an input that is wrong by one bit, and must fail.
    public var isBroken = false
    /// How many handshakes the handshake check does for each suite and group: for profilers.
    public var repetitions = 1

    /// A full run.
    public init() {}
}

/// What a check works with.
@safe struct CheckContext: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    /// Memory for the check alone.
    var arena: Arena
    let options: CheckOptions
    var figures = Figures(filler: Figure(name: "", value: 0, unit: ""))

    /// - Parameter memory: for this check alone, for as long as it runs.
    init(_ options: CheckOptions, unsafe memory: UnsafeMutableRawBufferPointer) {
        self.options = options
        unsafe self.memory = memory
        unsafe arena = Arena(unsafe: memory)
    }

    /// Uses all the memory again. Nothing that lies in it may still exist.
    mutating func startAgain() { unsafe arena = Arena(unsafe: memory) }

    /// Bytes that the check looks at: the first bit is wrong where the check is to be broken.
    func input<let count: Int>(_ hexadecimal: StaticString) -> BoundedBytes<count> {
        BoundedBytes(hexadecimal: hexadecimal, flippingABit: options.isBroken)
    }

    mutating func add(_ name: StaticString, _ value: Int64, _ unit: StaticString) {
        figures.append(Figure(name: name, value: value, unit: unit))
    }
}

extension BoundedBytes {
    /// The bytes that a literal spells in hexadecimal digits; anything else in it is passed over, and so is what does not
    /// fit.
    init(hexadecimal text: StaticString, flippingABit: Bool = false) {
        var storage = InlineArray<capacity, UInt8>(repeating: 0)
        var digits = 0
        for index in 0..<text.utf8CodeUnitCount {
            // A StaticString's code units live as long as the program and `index` is within them.
            let character = unsafe text.utf8Start[index]
            guard let digit = hexadecimalDigit(character), digits / 2 < capacity else { continue }
            storage[digits / 2] = storage[digits / 2] << 4 | digit
            digits += 1
        }
        // Not one of the bits that X25519 sets or clears in every scalar (RFC 7748 §5).
        if flippingABit, digits > 1 { storage[0] ^= 0x10 }
        self = BoundedBytes(storage.span.extracting(0..<digits / 2)) ?? BoundedBytes()
    }

    /// The text of a literal, as much of it as fits.
    init(text: StaticString) {
        var storage = InlineArray<capacity, UInt8>(repeating: 0)
        let length = Swift.min(text.utf8CodeUnitCount, capacity)
        // As above.
        for index in 0..<length { storage[index] = unsafe text.utf8Start[index] }
        self = BoundedBytes(storage.span.extracting(0..<length)) ?? BoundedBytes()
    }
}

private func hexadecimalDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x41...0x46: character - 0x41 + 10
    case 0x61...0x66: character - 0x61 + 10
    default: nil
    }
}
