// swiftlet ca: a small certificate authority in a directory: one root certificate (`ca.pem`), its key (`ca-key.pem`,
// 0600) and one line of JSON for each certificate issued (`issued.jsonl`).
import ArgumentParser

/// `swiftlet ca`.
struct CaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "A small certificate authority in a directory.",
        subcommands: [
            CaInitCommand.self, CaIssueCommand.self, CaSignCommand.self, CaRevokeCommand.self, CaCrlCommand.self,
        ])
}

/// The kinds of key that we make.
enum KeyTypeOption: String, ExpressibleByArgument, CaseIterable {
    case p256
    case p384
    case rsa2048
}

/// Who a certificate is for and how long: what `ca issue` and `ca sign` have in common.
struct IssuingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The authority's directory.", valueName: "directory"), completion: .directory)
    var ca: String

    @Flag(help: "For a TLS server. Without --server and --client the certificate is for both.")
    var server = false

    @Flag(help: "For a TLS client.")
    var client = false

    @Flag(help: "For a TLS server whose RSA key is for RSA key transport alone (serve --unsafe-rsa-key-transport).")
    var keyTransport = false

    @Option(help: ArgumentHelp("Days of validity from now.", valueName: "n"))
    var days: Int = 365

    func validate() throws {
        try requireDays(days)
        guard !keyTransport || !client else {
            throw ValidationError("a key for RSA key transport never signs, so it is no client's; leave --client out")
        }
    }
}

/// The days that --days allows: a hundred years, and never beyond what a certificate can say.
func requireDays(_ days: Int) throws {
    guard (1...36_500).contains(days) else {
        throw ValidationError("--days \(days) is out of range; give 1 to 36500")
    }
}
