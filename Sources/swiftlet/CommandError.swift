// How a command fails, as scripts see it: the exit code, one line on stderr, and with --json one object.

/// The exit codes.
enum ExitStatus: Int32 {
    /// Fine.
    case success = 0
    /// Failed at run time.
    case failed = 1
    /// We refused the handshake.
    case refused = 2
    /// The certificate is not valid.
    case invalidCertificate = 3
    /// The peer sent a fatal alert.
    case peerAlert = 4
    /// The arguments or the configuration are wrong.
    case usage = 64
}

/// The failure of a command. Whatever came from a file or a peer is escaped before it gets in here.
struct CommandError: Error {
    let status: ExitStatus
    /// A stable word for programs, such as `file` or `truncated`.
    let kind: String
    /// What failed, what was expected, what to do: one line.
    let message: String
    /// More for programs, such as the name of an alert.
    var detail: String?
    /// What the handshake came to before, for `connect --json`.
    var handshake: [(String, JSONValue)] = []
    /// Its object is on stdout already, as a part of the command's own.
    var isInResult = false

    /// The same error, of which only the line on stderr is still to be written.
    var afterResult: CommandError {
        var copy = self
        copy.isInResult = true
        return copy
    }

    /// The error as `--json` has it.
    var json: JSONValue {
        .object([
            ("kind", .string(kind)), ("message", .string(message)), ("detail", .optional(detail)),
        ])
    }

    /// Says the error on stderr. With `--json` the object goes where the command's own object goes.
    func report(_ arguments: [String]) {
        guard arguments.prefix(while: { $0 != "--" }).contains("--json") else {
            writeError("swiftlet: \(message)\n")
            return
        }
        let text = JSONValue.object([("error", json)] + handshake).text + "\n"
        if ["connect", "serve"].contains(arguments.first) {
            writeError(text)
        } else {
            writeError("swiftlet: \(message)\n")
            if !isInResult { writeOutput(text) }
        }
    }
}

/// The arguments do not say what to do.
func usageError(_ message: String) -> CommandError {
    CommandError(status: .usage, kind: "usage", message: message)
}

/// A file is missing, cannot be used, or holds something else than it should.
func fileError(_ message: String) -> CommandError {
    CommandError(status: .failed, kind: "file", message: message)
}
