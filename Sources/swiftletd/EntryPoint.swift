// swiftletd: the daemon that carries connections between plain sockets and TLS 1.3.
//
// Reading on: Options (the command line), Verbs/ (the device's own commands), Configuration/ (the file, checked as a whole before anything happens),
// Daemon/EventLoop (what it does all day), Daemon/Session (one connection).
//
// Invariants:
// - after the loop has started nothing is taken from the heap by our code: connections live in memory taken at start;
// - nothing that a peer sends can stop the daemon or another connection;
// - no more than one handshake step is made in a turn of the loop, after established traffic has been served.
import Bytes
import CLinux
import Provisioning

/// Where the program starts.
@main enum EntryPoint {
    static func main() {
        let status = run()
        swl_exit(status)
    }

    /// - Returns: the exit status (contracts.md).
    private static func run() -> Int32 {
        // The helper process of a token is this program too: see Provisioning/Tokens.
        if swl_argument_count() == 2, argument(1).reads(tokenHelperArgument) {
            let status = runTokenHelper()
            if status == 64 { Log.write("pkcs11-helper is for this program's own use; see --help") }
            return status
        }
        if swl_argument_count() == 2, argument(1).reads(RenewalHelper.argument) { return RenewalHelper.run() }
        let options: Options
        do throws(UsageError) {
            if let verb = try Verb.named() { return try verb.run() }
            options = try Options()
        } catch {
            var message = Message("swiftletd: ")
            message.add(error.message)
            message.writeError()
            return 64
        }
        switch options.action {
        case .help: return write(Options.helpText)
        case .version: return write("swiftletd 0.1.0\n")
        case .run, .check, .explain: break
        }
        do throws(ConfigurationError) {
            return try run(options)
        } catch {
            var message = Message("swiftletd: ")
            message.add(error.text(file: options.configuration.bytes))
            message.writeError()
            return 64
        }
    }

    private static func write(_ text: StaticString) -> Int32 {
        // A literal lives as long as the program.
        _ = unsafe swl_write_output(text.utf8Start, text.utf8CodeUnitCount)
        return 0
    }

    private static func run(_ options: Options) throws(ConfigurationError) -> Int32 {
        var files = FileReader(capacity: TunnelMaterial.maximumFile)
        try files.read(options.configuration.bytes, what: "the configuration", line: 0)
        let settings = try ConfigurationFile.parse(files.contents)
        if options.action == .explain {
            Explanation(settings: settings).write()
            return 0
        }
        if options.action == .check {
            var memory = Slots<MaterialMemory>(capacity: settings.tunnels.count)
            _ = try TunnelMaterial.load(settings, &files, &memory, warn: Log.warn)
            for renewal in settings.renewals { _ = try renewal.load(&files, warn: Log.warn) }
            var message = Message()
            message.add(escaped: options.configuration.bytes)
            message.add(": good")
            message.writeOutput()
            return 0
        }
        // Memory holds keys. A refusal is no reason not to serve.
        _ = swl_forbid_dumps()
        do throws(EventLoopError) {
            var loop = try EventLoop(settings, files, warn: Log.warn)
            return loop.run()
        } catch {
            switch error {
            case .configuration(let error): throw error
            case .start(let error):
                Log.write(error.message)
                return 1
            }
        }
    }
}
