// The device's own verbs: swiftletd VERB [OPTION...], the same commands as `swiftlet` has on a workstation and from the
// same library (Provisioning). This file: which verb it is, and how its outcome is told.
import Bytes
import CLinux
import Provisioning

/// A verb.
enum Verb: Sendable {
    case identity(IdentityAction)
    case needsRenewal
    case newKey
    case enrolment(EnrolmentAction)
    case request

    /// The verb that the arguments begin with, or nil where the first is an option: then it is the daemon itself.
    /// - Throws: what is wrong with it.
    static func named() throws(UsageError) -> Verb? {
        let word = argument(1)
        guard !word.isEmpty, word[0] != UInt8(ascii: "-") else { return nil }
        if word.reads("needs-renewal") { return .needsRenewal }
        if word.reads("enroll") { return .enrolment(.enroll) }
        if word.reads("renew") { return .enrolment(.renew) }
        if word.reads("csr") { return .request }
        if word.reads("key") {
            guard argument(2).reads("new") else { throw UsageError("key needs the word new; see --help") }
            return .newKey
        }
        guard word.reads("identity") else {
            throw UsageError(about: 1, " is neither a verb nor an option; see --help")
        }
        return .identity(try identityAction())
    }

    private static func identityAction() throws(UsageError) -> IdentityAction {
        let word = argument(2)
        if word.reads("install") { return .install }
        if word.reads("status") { return .status }
        if word.reads("history") { return .history }
        if word.reads("rollback") { return .rollback }
        if word.reads("wipe") { return .wipe }
        throw UsageError("identity needs one of install, status, history, rollback and wipe; see --help")
    }

    /// How many arguments make up the verb, the program's name included.
    var words: Int32 {
        switch self {
        case .identity, .newKey: 3
        case .needsRenewal, .request, .enrolment: 2
        }
    }

    /// Does what the verb says.
    /// - Returns: the exit status.
    func run() throws(UsageError) -> Int32 {
        switch self {
        case .identity(let action): try IdentityVerb(action, VerbArguments(after: self)).run()
        case .needsRenewal: try IdentityVerb(.needsRenewal, VerbArguments(after: self)).run()
        case .enrolment(let action): try EnrolmentVerb(action, VerbArguments(after: self)).run()
        case .newKey: try KeyVerbs(VerbArguments(after: self)).makeKey()
        case .request: try KeyVerbs(VerbArguments(after: self)).request()
        }
    }
}

/// An argument of the program; empty where there are not as many.
@_lifetime(immortal)
func argument(_ index: Int32) -> Span<UInt8> {
    // The argument is terminated and lives as long as the program.
    guard let text = unsafe swl_argument(index) else { return Span() }
    return unsafe argumentBytes(text)
}

/// Says on stderr that a verb failed and, with --json, on stdout too (contracts.md).
func reportFailure(_ message: borrowing Message, kind: StaticString, json: Bool) {
    var line = Message("swiftletd: ")
    line.add(message)
    line.writeError()
    guard json else { return }
    var storage = InlineArray<2560, UInt8>(repeating: 0)
    var writer = ByteWriter(storage.mutableSpan)
    writeErrorJSON(kind: kind, message: message.bytes, to: &writer)
    let count = min(writer.count, 2560)
    writeOutput(storage.span.extracting(0..<count))
}

/// Writes to standard output.
func writeOutput(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        // The bytes are read during the call.
        _ = unsafe swl_write_output(base, buffer.count)
    }
}
