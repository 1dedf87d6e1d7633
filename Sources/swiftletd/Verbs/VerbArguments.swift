// The options of a verb, by getopt_long(3): each at most once, and only those that the verb has.
import Bytes
import CLinux

/// An option of a verb.
enum VerbOption: Int32, CaseIterable {
    case store = 1
    case key, cert, anchors, time, json, out, type, name, san, passwordFile
    case server, anchor, anchorHash, user, pskIdentity, pskFile, timeout, wait
    case keyURI, pkcs11PinFile

    static var count: Int { 21 }

    var name: StaticString {
        switch self {
        case .store: "store"
        case .key: "key"
        case .cert: "cert"
        case .anchors: "anchors"
        case .time: "time"
        case .json: "json"
        case .out: "out"
        case .type: "type"
        case .name: "name"
        case .san: "san"
        case .passwordFile: "password-file"
        case .server: "server"
        case .anchor: "anchor"
        case .anchorHash: "anchor-sha256"
        case .user: "user"
        case .pskIdentity: "psk-identity"
        case .pskFile: "psk-file"
        case .timeout: "timeout"
        case .wait: "wait"
        case .keyURI: "key-uri"
        case .pkcs11PinFile: "pkcs11-pin-file"
        }
    }

    fileprivate var takesValue: Bool { self != .json }

    fileprivate var bit: UInt32 { 1 << UInt32(rawValue) }
}

/// The options that were given.
@safe struct VerbArguments {
    /// The values, which are arguments of the program, terminated, and live as long as it does.
    private var values = unsafe InlineArray<32, UnsafePointer<CChar>?>(repeating: nil)
    private var given: UInt32 = 0

    /// The options behind a verb.
    init(after verb: Verb) throws(UsageError) {
        swl_option_restart(verb.words - 1)
        while true {
            let answer = Self.next()
            guard answer != SWL_OPTION_END else { break }
            guard let option = VerbOption(rawValue: answer) else {
                let index = swl_option_index() - 1
                guard answer == SWL_OPTION_MISSING else { throw UsageError(about: index, " is no option; see --help") }
                throw UsageError(about: index, " needs a value; see --help")
            }
            guard given & option.bit == 0 else { throw UsageError(option, " is given twice; give it once") }
            given |= option.bit
            unsafe values[Int(option.rawValue)] = swl_option_argument()
        }
        let rest = swl_option_index()
        guard rest >= swl_argument_count() else { throw UsageError(about: rest, " is not an option; see --help") }
    }

    private static func next() -> Int32 {
        var table = unsafe InlineArray<21, swl_option>(repeating: entry(.json))
        for number in 1...Int32(VerbOption.count) {
            guard let option = VerbOption(rawValue: number) else { continue }
            unsafe table[Int(number) - 1] = entry(option)
        }
        return unsafe table.span.withUnsafeBufferPointer { table in
            guard let base = table.baseAddress else { return SWL_OPTION_END }
            return unsafe swl_next_option(base, table.count, nil)
        }
    }

    private static func entry(_ option: VerbOption) -> swl_option {
        // A literal has a terminator and lives as long as the program.
        unsafe swl_option(
            name: option.name.utf8Start, takes_argument: option.takesValue ? 1 : 0, value: option.rawValue)
    }

    /// Refuses options that are not of the verb.
    func requireOnly(_ options: VerbOption...) throws(UsageError) {
        var allowed: UInt32 = 0
        for option in options { allowed |= option.bit }
        for number in 1...Int32(VerbOption.count) {
            guard let option = VerbOption(rawValue: number), given & option.bit & ~allowed != 0 else { continue }
            throw UsageError(option, " is not an option of this verb; see --help")
        }
    }

    /// Whether an option was given.
    func has(_ option: VerbOption) -> Bool { given & option.bit != 0 }

    /// The value of an option, or nil where it was not given.
    @_lifetime(immortal)
    func value(_ option: VerbOption) throws(UsageError) -> Span<UInt8>? {
        // As said at `values`.
        guard has(option), let text = unsafe values[Int(option.rawValue)] else { return nil }
        let value = unsafe argumentBytes(text)
        guard !value.isEmpty else { throw UsageError(option, " needs a value; see --help") }
        return value
    }

    /// The value of an option; no bytes where it was not given.
    @_lifetime(immortal)
    func valueOrNone(_ option: VerbOption) throws(UsageError) -> Span<UInt8> {
        guard let value = try value(option) else { return Span() }
        return value
    }

    /// The value of an option, which may be empty.
    @_lifetime(immortal)
    func text(_ option: VerbOption) -> Span<UInt8> {
        // As said at `values`.
        guard has(option), let text = unsafe values[Int(option.rawValue)] else { return Span() }
        return unsafe argumentBytes(text)
    }

    /// The value of an option that must be given.
    @_lifetime(immortal)
    func required(_ option: VerbOption) throws(UsageError) -> Span<UInt8> {
        guard let value = try value(option) else { throw UsageError(option, " is missing; see --help") }
        return value
    }
}

extension UsageError {
    /// An error about an option.
    init(_ option: VerbOption, _ text: StaticString) {
        var message = Message("--")
        message.add(option.name)
        message.add(text)
        self.init(message)
    }
}
