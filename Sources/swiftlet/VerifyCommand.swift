import ArgumentParser

/// `swiftlet verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "verify", abstract: "Check a certificate.")
}
