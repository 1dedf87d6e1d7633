// swiftlet identity and swiftlet needs-renewal, over the same code as the device's own verbs.
import ArgumentParser
import Bytes
import CLinux
import Glibc
import Provisioning

/// `swiftlet identity`.
struct IdentityCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity", abstract: "The identity store of a device.",
        subcommands: [
            IdentityInstallCommand.self, IdentityStatusCommand.self, IdentityHistoryCommand.self,
            IdentityRollbackCommand.self, IdentityWipeCommand.self,
        ])
}

/// Which store, and how to print.
struct StoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The store's directory.", valueName: "directory"), completion: .directory)
    var store: String

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Does what was asked for and prints what comes of it.
    /// - Parameter memory: for `install` the identity.
    /// - Returns: the exit status.
    func run(
        _ action: IdentityAction, at time: Int64? = nil, memory: consuming IdentityMemory
    ) throws -> Int32 {
        var memory = memory
        defer { memory.wipe() }
        let path = Array(store.utf8)
        var output = [UInt8](repeating: 0, count: IdentityCommand.maximumOutput)
        var writer = ByteWriter(output.mutableSpan)
        do throws(StoreError) {
            let command = IdentityCommand(
                store: path.span, json: json, board: thisBoard(), time: time ?? swl_realtime_seconds(),
                isSystemTime: time == nil)
            let status = try command.run(action, &memory, to: &writer) { line in
                writeError("swiftlet: warning: \(String(decoding: array(line), as: UTF8.self))\n")
            }
            let count = min(writer.count, writer.capacity)
            writeOutput(String(decoding: output.prefix(count), as: UTF8.self))
            return status
        } catch {
            throw storeError(error, path, action == .needsRenewal ? .usage : .failed)
        }
    }
}

/// What is wrong with a store.
func storeError(_ error: StoreError, _ path: [UInt8], _ status: ExitStatus = .failed) -> CommandError {
    CommandError(
        status: status, kind: "store", message: textBuilt { error.describe(store: path.span, into: &$0) })
}

/// Room for an identity, until the process ends.
func identityMemory() throws -> IdentityMemory {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: IdentityMemory.bytes, alignment: Region.alignment)
    // Never given back, so it outlives every region cut from it.
    var arena = unsafe Arena(unsafe: memory)
    return try IdentityMemory(&arena)
}

/// `swiftlet identity install`.
struct IdentityInstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Store a new generation of an identity and make it the current one.")

    @OptionGroup var options: StoreOptions

    @OptionGroup var key: PrivateKeyOptions

    @Option(help: ArgumentHelp("Its certificate and those above it, as PEM.", valueName: "file"), completion: .file())
    var cert: String

    @Option(help: ArgumentHelp("What the device trusts, as PEM.", valueName: "file"), completion: .file())
    var anchors: String?

    func run() throws {
        var memory = try identityMemory()
        let isToken = try key.isInToken
        let (uri, pinFile) = (Array(key.key.utf8), key.token.bytes)
        let keyText = isToken ? SecretBuffer(capacity: 1) : try readSecretFile(key.key, "the key")
        let password = try key.readPassword()
        var plain = SecretBuffer(capacity: KeyCommands.maximumBytes)
        do throws(CommandFailure) {
            if isToken { _ = try KeyCommands.tokenText(uri: uri.span) }
            let secret = try KeyCommands.password(password.bytes, isGiven: key.passwordFile != nil)
            var room = plain.room
            plain.count = try KeyCommands.plainKey(keyText.bytes, password: secret, into: &room)
        } catch {
            throw commandError(error)
        }
        let chain = try readFile(cert, "the certificates")
        let anchorsText = try anchors.map { try readFile($0, "the anchors") } ?? []
        do throws(StoreError) {
            if isToken { try memory.set(.key, uri.span) } else { try memory.set(.key, plain.bytes) }
            try memory.set(.chain, chain.span)
            try memory.set(.anchors, anchorsText.span)
        } catch {
            throw storeError(error, Array(options.store.utf8))
        }
        do throws(CommandFailure) { try KeyCommands.checkToken(of: &memory, pinFile: pinFile.span) } catch {
            throw commandError(error)
        }
        _ = try options.run(.install, memory: memory)
    }
}

/// `swiftlet identity status`.
struct IdentityStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Print the current identity.")

    @OptionGroup var options: StoreOptions

    func run() throws { _ = try options.run(.status, memory: try identityMemory()) }
}

/// `swiftlet identity history`.
struct IdentityHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Print the generations, newest first.")

    @OptionGroup var options: StoreOptions

    func run() throws { _ = try options.run(.history, memory: try identityMemory()) }
}

/// `swiftlet identity rollback`.
struct IdentityRollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Make the generation before the current one.")

    @OptionGroup var options: StoreOptions

    func run() throws { _ = try options.run(.rollback, memory: try identityMemory()) }
}

/// `swiftlet identity wipe`.
struct IdentityWipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wipe", abstract: "Remove all generations.",
        discussion: "Flash memory keeps old blocks, whatever is removed: a key that was there is not to be used again.")

    @OptionGroup var options: StoreOptions

    func run() throws { _ = try options.run(.wipe, memory: try identityMemory()) }
}

/// `swiftlet needs-renewal`.
struct NeedsRenewalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "needs-renewal", abstract: "Whether the current identity's certificate is to be renewed.",
        discussion: """
            Exit codes: 0 renew now; 1 not yet; 64 there is no identity that could be loaded. The time is two thirds of \
            the certificate's life, give or take a twenty-fourth that depends on the certificate.
            """)

    @OptionGroup var options: StoreOptions

    @Option(
        help: ArgumentHelp("Ask as if it were another time, such as 2026-03-01T12:00:00Z.", valueName: "t"),
        transform: timeOption)
    var time: Int64?

    func run() throws {
        let status = try options.run(
            .needsRenewal, at: time, memory: try identityMemory())
        if status != 0 { Glibc.exit(status) }
    }
}
