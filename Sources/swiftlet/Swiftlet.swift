// swiftlet: the workstation's command line over the same libraries as the device. One file a subcommand; what the
// commands look like from outside (exit codes, one-line errors, JSON) is decided in `EntryPoint` and `CommandError`.
import ArgumentParser
import Glibc
import Provisioning

/// The root of the command line.
@main struct Swiftlet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftlet",
        abstract:
            "TLS for small devices: connect, serve, verify, a small certificate authority, and devices' identities.",
        discussion: """
            Exit codes: 0 fine; 1 failed at run time; 2 handshake refused by us; 3 certificate not valid; \
            4 the peer sent a fatal alert; 64 usage or configuration.
            """,
        subcommands: [
            ConnectCommand.self, ServeCommand.self, CaCommand.self, VerifyCommand.self, InspectCommand.self,
            LintCommand.self, PolicyCommand.self, KeyCommand.self, CsrCommand.self, IdentityCommands.self,
            NeedsRenewalCommand.self, EnrollCommand.self, RenewCommand.self,
        ])

    /// Runs the command that the arguments name and exits with its code.
    static func main() {
        // A reader that went away is an error of the write, not the end of the process.
        _ = signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        // The helper process of a token is this program too: see Provisioning/Tokens.
        if arguments == [tokenHelperArgument.description] { Glibc.exit(runTokenHelper()) }
        do {
            var command = try Swiftlet.parseAsRoot(arguments)
            try command.run()
        } catch let error as CommandError {
            error.report(arguments)
            Glibc.exit(error.status.rawValue)
        } catch {
            Glibc.exit(reportParsing(error, arguments))
        }
        Glibc.exit(ExitStatus.success.rawValue)
    }

    /// Says what the argument parser made of the arguments: the help that was asked for, or one line.
    private static func reportParsing(_ error: any Error, _ arguments: [String]) -> Int32 {
        guard Swiftlet.exitCode(for: error) == .success else {
            let sentence = oneLine(Swiftlet.message(for: error))
            let help = (["swiftlet"] + commandPath(arguments) + ["--help"]).joined(separator: " ")
            usageError("\(sentence); see '\(help)'").report(arguments)
            return ExitStatus.usage.rawValue
        }
        let text = Swiftlet.fullMessage(for: error) + "\n"
        let asked = arguments.contains { ["-h", "--help", "help", "--help-hidden", "--version"].contains($0) }
        guard asked || arguments.contains(where: { $0.hasPrefix("--generate-completion-script") }) else {
            // A command group alone does nothing; that must not look like success to a script.
            writeError(text)
            return ExitStatus.usage.rawValue
        }
        writeOutput(text)
        return ExitStatus.success.rawValue
    }

    /// The subcommands that `arguments` begin with.
    private static func commandPath(_ arguments: [String]) -> [String] {
        var path: [String] = []
        var candidates = configuration.subcommands
        for argument in arguments {
            guard let next = candidates.first(where: { $0._commandName == argument }) else { break }
            path.append(argument)
            candidates = next.configuration.subcommands
        }
        return path
    }

    private static func oneLine(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return words.hasSuffix(".") ? String(words.dropLast()) : words
    }
}
