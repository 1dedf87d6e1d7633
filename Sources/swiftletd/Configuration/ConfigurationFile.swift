// Reads a configuration file (contracts.md "swiftletd"): sections and settings come from inih by way of CInih, which
// refuses what inih would misread. Nothing takes effect unless the whole file is right.
import Bytes
import CInih
import CLinux

/// Reads a configuration from its text.
struct ConfigurationFile {
    private var settings = DaemonSettings()
    private var tunnel: TunnelDraft?
    private var renewal: RenewalDraft?
    private var isDaemonSeen = false
    private var hasHandshakes = false
    private var isInDaemon = false
    private var failure: ConfigurationError?

    /// Bytes that a file may have.
    static let maximumBytes = 262_144

    /// The settings in `text`.
    static func parse(_ text: Span<UInt8>) throws(ConfigurationError) -> DaemonSettings {
        var file = ConfigurationFile()
        var result = swl_ini_result(fault: SWL_INI_FINE, line: 0, limit: 0)
        unsafe text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            // The visitor gets the pointer to `file` back during this call only.
            unsafe withUnsafeMutablePointer(to: &file) { context in
                result = unsafe swl_ini_parse(base, buffer.count, visitConfiguration, context)
            }
        }
        if result.fault == SWL_INI_STOPPED, let failure = file.failure { throw failure }
        if result.fault != SWL_INI_FINE { throw ConfigurationError(result) }
        try file.endSection()
        try file.settings.check()
        return file.settings
    }

    /// A section's header.
    fileprivate mutating func begin(_ section: Span<UInt8>, line: Int) throws(ConfigurationError) {
        try endSection()
        if section.reads("daemon") {
            guard !isDaemonSeen else {
                throw ConfigurationError(line, "[daemon] is there a second time; join the two sections")
            }
            isDaemonSeen = true
            isInDaemon = true
            return
        }
        if let name = section.suffix(after: "renewal ") {
            let earlier = settings.renewals
            let own = try Self.name(name, RenewalKey.section, line: line) { own in earlier.contains { $0.name == own } }
            renewal = RenewalDraft(line: line, name: own)
            return
        }
        guard let name = section.suffix(after: "tunnel ") else {
            throw ConfigurationError(
                line, "unknown section [", section, "]; the sections are [daemon], [tunnel NAME] and [renewal NAME]")
        }
        let earlier = settings.tunnels
        let own = try Self.name(name, TunnelKey.section, line: line) { own in earlier.contains { $0.name == own } }
        tunnel = TunnelDraft(line: line, name: own)
    }

    /// The name of a section of a kind.
    /// - Parameter isTaken: whether an earlier section of this kind has it.
    private static func name(
        _ text: Span<UInt8>, _ kind: StaticString, line: Int, isTaken: (TunnelSettings.Name) -> Bool
    ) throws(ConfigurationError) -> TunnelSettings.Name {
        guard !text.isEmpty, let name = TunnelSettings.Name(text), isName(text) else {
            var message = Message("\"")
            message.add(escaped: text)
            message.add("\" is no name for a ")
            message.add(kind)
            message.add("; use 1 to 32 letters, digits, -, _ or .")
            throw ConfigurationError(line, message)
        }
        guard !isTaken(name) else {
            var message = Message()
            message.add(section: kind, text)
            message.add(" is there a second time; give it another name")
            throw ConfigurationError(line, message)
        }
        return name
    }

    private static func isName(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                continue
            default: return false
            }
        }
        return true
    }

    private mutating func endSection() throws(ConfigurationError) {
        isInDaemon = false
        if let draft = renewal {
            renewal = nil
            guard settings.renewals.count < DaemonSettings.renewalsMaximum else {
                throw ConfigurationError(
                    draft.line, "there are more than 16 renewals; start a second daemon for the others")
            }
            settings.renewals.append(try draft.finish())
        }
        guard let draft = tunnel else { return }
        tunnel = nil
        guard settings.tunnels.count < DaemonSettings.tunnelsMaximum else {
            throw ConfigurationError(draft.line, "there are more than 64 tunnels; start a second daemon for the others")
        }
        settings.tunnels.append(try draft.finish())
    }

    /// A setting in the present section.
    fileprivate mutating func set(
        _ name: Span<UInt8>, _ value: Span<UInt8>, line: Int
    ) throws(ConfigurationError) {
        if isInDaemon { return try setDaemon(name, value, line: line) }
        if renewal != nil {
            try renewal?.set(RenewalKey(name: name, line: line), value, line: line)
            return
        }
        guard tunnel != nil else {
            throw ConfigurationError(line, "", name, " stands before the first section; put [tunnel NAME] before it")
        }
        try tunnel?.set(TunnelKey(name: name, line: line), value, line: line)
    }

    private mutating func setDaemon(
        _ name: Span<UInt8>, _ value: Span<UInt8>, line: Int
    ) throws(ConfigurationError) {
        if name.reads("status") {
            throw ConfigurationError(line, "status (a status socket) is not supported yet; remove the line")
        }
        guard name.reads("handshakes") else {
            throw ConfigurationError(line, "unknown setting ", name, "; the setting of [daemon] is handshakes")
        }
        guard !hasHandshakes else {
            throw ConfigurationError(line, "handshakes is set a second time in [daemon]; keep one of the two")
        }
        hasHandshakes = true
        guard let number = value.decimal(in: DaemonSettings.handshakesRange) else {
            throw ConfigurationError(line, "handshakes = ", value, ": expected a number from 1 to 4096")
        }
        settings.handshakes = number
    }

    /// Remembers the failure of what the visitor was told.
    fileprivate mutating func visit(_ line: Int, _ section: Span<UInt8>) -> Bool {
        do throws(ConfigurationError) {
            try begin(section, line: line)
            return true
        } catch {
            failure = error
            return false
        }
    }

    fileprivate mutating func visit(_ line: Int, _ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        do throws(ConfigurationError) {
            try set(name, value, line: line)
            return true
        } catch {
            failure = error
            return false
        }
    }
}

extension ConfigurationError {
    /// What CInih noticed.
    fileprivate init(_ result: swl_ini_result) {
        let line = Int(result.line)
        switch result.fault {
        case SWL_INI_LINE_TOO_LONG:
            var message = Message("the line is longer than ")
            message.add(Int(result.limit))
            message.add(" bytes; make it shorter")
            self.init(line, message)
        case SWL_INI_CONTINUATION:
            self.init(line, "the line begins with a blank; values cannot go on over several lines, so remove the blank")
        case SWL_INI_CONTROL_CHARACTER: self.init(line, "the line has a control character in it; remove it")
        case SWL_INI_BAD_SECTION:
            self.init(
                line,
                "the section's header is malformed; write [daemon], [tunnel NAME] or [renewal NAME] alone on the line")
        default: self.init(line, "the line is neither a section, a comment nor NAME = VALUE; correct or remove it")
        }
    }
}

/// What CInih calls: `context` is the `ConfigurationFile`.
private let visitConfiguration: swl_ini_visitor = { context, line, section, name, value in
    guard let context = unsafe context else { return 0 }
    // `parse` passed the address of its value, which lives during the call and is not used otherwise meanwhile.
    let file = unsafe context.assumingMemoryBound(to: ConfigurationFile.self)
    // The strings are terminated and valid during this call.
    guard let name = unsafe name, let value = unsafe value else {
        let header = unsafe bytes(section)
        return unsafe file.pointee.visit(Int(line), header) ? 1 : 0
    }
    let (key, setting) = unsafe (bytes(name), bytes(value))
    return unsafe file.pointee.visit(Int(line), key, setting) ? 1 : 0
}

/// The bytes of a terminated string, valid for as long as the string.
@_lifetime(immortal)
private func bytes(_ text: UnsafePointer<CChar>) -> Span<UInt8> {
    let count = unsafe swl_string_length(text)
    let start = unsafe UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
    // The callers use the span no longer than the string is valid.
    return unsafe _overrideLifetime(Span(_unsafeStart: start, count: count), copying: ())
}
