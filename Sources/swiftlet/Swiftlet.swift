import ArgumentParser

/// The workstation's command line.
@main struct Swiftlet: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "TLS for small devices: connect, serve, provision.")
}
