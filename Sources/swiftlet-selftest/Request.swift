// The command line, by getopt_long(3).
import Bytes
import CLinux
import SelfTest

/// Some of the checks.
struct CheckSet {
    private var bits: UInt32

    static var none: CheckSet { CheckSet(bits: 0) }
    static var all: CheckSet { CheckSet(bits: 1 << UInt32(Check.count) - 1) }

    func contains(_ index: Int) -> Bool { bits >> UInt32(truncatingIfNeeded: index) & 1 == 1 }
    mutating func insert(_ check: Check) { bits |= 1 << UInt32(check.rawValue) }
    func intersection(_ other: CheckSet) -> CheckSet { CheckSet(bits: bits & other.bits) }
    func without(_ other: CheckSet) -> CheckSet { CheckSet(bits: bits & ~other.bits) }
    var isEmpty: Bool { bits == 0 }
}

/// What is wrong with the command line.
struct UsageError: Error {
    let what: StaticString
    /// The word it is about, cut where it is long.
    private let word: BoundedBytes<128>
    /// Whether to tell which checks there are.
    private let listsChecks: Bool

    init(_ what: StaticString, _ word: Span<UInt8> = Span(), listsChecks: Bool = false) {
        self.what = what
        self.word = BoundedBytes(word.extracting(first: 128)) ?? BoundedBytes()
        self.listsChecks = listsChecks
    }

    /// Prints one line to standard error.
    func report() {
        var output = Output(isError: true)
        output.append("swiftlet-selftest: ")
        output.append(what)
        if !word.isEmpty {
            output.append(" '")
            output.append(escaping: word.bytes)
            output.append("'")
        }
        if listsChecks {
            output.append("; the checks are:")
            for index in 0..<Check.count {
                output.append(" ")
                output.append(Check(rawValue: UInt8(truncatingIfNeeded: index))?.name ?? "")
            }
        } else {
            output.append("; see swiftlet-selftest --help")
        }
        output.append("\n")
        output.flush()
    }
}

/// What is asked for.
struct Request {
    enum Kind { case run, list, help, version }

    private(set) var kind = Kind.run
    private(set) var checks = CheckSet.all
    private(set) var broken = CheckSet.none
    private(set) var isQuick = false
    private(set) var isJSON = false
    /// Where to store what the check of speed measures.
    private(set) var speedFile: BoundedBytes<4000>?
    /// For profilers (scripts/bench-handshake): how many handshakes for each suite and group.
    private(set) var repetitions = 1

    /// Reads the program's arguments.
    init() throws(UsageError) {
        var skipped = CheckSet.none
        var option = nextOption()
        while option != SWL_OPTION_END {
            switch option {
            case 1: kind = .list
            case 2: checks = try checkSet()
            case 3: skipped = try checkSet()
            case 4: isQuick = true
            case 5: isJSON = true
            case 6: broken = try checkSet()
            case 7: kind = .help
            case 8: kind = .version
            case 9: repetitions = try number()
            case 10: speedFile = try file()
            case SWL_OPTION_MISSING: throw unsafe UsageError("no argument after", word(swl_option_text()))
            default: throw unsafe UsageError("unknown option", word(swl_option_text()))
            }
            if kind == .help || kind == .version { return }
            option = nextOption()
        }
        if let operand = unsafe swl_argument(swl_option_index()) {
            throw unsafe UsageError("unexpected argument", word(operand))
        }
        checks = checks.without(skipped)
        if checks.isEmpty { throw UsageError("no check is left to run") }
        if !broken.without(checks).isEmpty {
            throw UsageError("--break names a check that is not run")
        }
        if speedFile != nil, !checks.contains(Int(Check.speed.rawValue)) || broken.contains(Int(Check.speed.rawValue)) {
            throw UsageError("--store wants the check 'speed', which is not run or broken")
        }
    }

    private func nextOption() -> Int32 {
        // The names are literals, which have a terminator and live as long as the program.
        let options: InlineArray<10, swl_option> = unsafe [
            named("list", 0, 1), named("only", 1, 2), named("skip", 1, 3), named("quick", 0, 4), named("json", 0, 5),
            named("break", 1, 6), named("help", 0, 7), named("version", 0, 8), named("repeat", 1, 9),
            named("store", 1, 10),
        ]
        return unsafe options.span.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return SWL_OPTION_END }
            return unsafe swl_next_option(base, $0.count, nil)
        }
    }

    private func named(_ name: StaticString, _ takesArgument: Int32, _ value: Int32) -> swl_option {
        unsafe swl_option(name: name.utf8Start, takes_argument: takesArgument, value: value)
    }

    /// The checks that the option's argument names, with commas between them.
    private func checkSet() throws(UsageError) -> CheckSet {
        var set = CheckSet.none
        let text = unsafe word(swl_option_argument())
        var start = 0
        for end in 0...text.count where end == text.count || text[end] == UInt8(ascii: ",") {
            guard let check = Check(name: text.extracting(start..<end)) else {
                throw UsageError("no such check:", text.extracting(start..<end), listsChecks: true)
            }
            set.insert(check)
            start = end + 1
        }
        return set
    }

    /// The option's argument as the name of a file.
    private func file() throws(UsageError) -> BoundedBytes<4000> {
        let text = unsafe word(swl_option_argument())
        guard !text.isEmpty, let name = BoundedBytes<4000>(text) else {
            throw UsageError("not the name of a file:", text)
        }
        return name
    }

    /// The option's argument as a number from 1 to 100000.
    private func number() throws(UsageError) -> Int {
        let text = unsafe word(swl_option_argument())
        var value = 0
        for index in text.indices {
            guard text[index] >= 0x30, text[index] <= 0x39, value < 10_000 else {
                throw UsageError("not a number:", text)
            }
            value = value * 10 + Int(text[index] - 0x30)
        }
        guard value > 0 else { throw UsageError("not a number:", text) }
        return value
    }
}

/// A word of the command line, without its terminator; no bytes for none.
@_lifetime(immortal)
func word(_ text: UnsafePointer<CChar>?) -> Span<UInt8> {
    guard let text = unsafe text else { return Span() }
    // The command line lives as long as the program. CChar is signed on some boards and unsigned on others.
    let bytes = unsafe UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
    let span = unsafe Span(_unsafeStart: bytes, count: swl_string_length(text))
    return unsafe _overrideLifetime(span, copying: ())
}
