import ArgumentParser

/// `swiftlet inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "inspect", abstract: "Show files.")
}
