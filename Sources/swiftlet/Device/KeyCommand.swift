// swiftlet key new and swiftlet csr, over the same code as the device's own verbs.
import ArgumentParser
import Bytes
import Provisioning
import TLSCrypto

/// `swiftlet key`.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Private keys.", subcommands: [KeyNewCommand.self])
}

/// `swiftlet key new`.
struct KeyNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a private key: PKCS#8 in PEM, in a file that only its owner can read, or in a PKCS#11 token.",
        discussion: "Nothing that is there already is overwritten.")

    @Option(help: "The kind of key: p256, p384, rsa2048 or rsa3072.", completion: .keyTypes)
    var type = "p256"

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Make the key in a token instead: where, and with object=NAME what it is called (RFC 7512).",
            valueName: "pkcs11:..."))
    var keyUri: String?

    @OptionGroup var token: TokenOptions

    @Flag(help: "An error is also printed as one JSON object.")
    var json = false

    func validate() throws {
        guard (out == nil) != (keyUri == nil) else { throw ValidationError("give one of --out and --key-uri") }
        guard keyUri != nil || token.pkcs11PinFile == nil else {
            throw ValidationError("--pkcs11-pin-file goes with --key-uri")
        }
    }

    func run() throws {
        let (path, word) = (Array((out ?? "").utf8), Array(type.utf8))
        let uri = keyUri.map { Array($0.utf8) }
        let pinFile = token.bytes
        do throws(CommandFailure) {
            let type = try KeyCommands.type(word.span)
            guard let uri else { return try KeyCommands.makeKey(type, path: path.span) }
            try KeyCommands.makeKey(type, uri: uri.span, pinFile: pinFile.span)
        } catch {
            throw commandError(error)
        }
    }
}

/// The PIN of a token.
struct TokenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The PIN of the token that the key is in, in the first line of a file; its URI's pin-source by default.",
            valueName: "file"), completion: .file())
    var pkcs11PinFile: String?

    /// The path; empty where none is given.
    var bytes: [UInt8] { Array((pkcs11PinFile ?? "").utf8) }
}

/// A private key of ours, in a file or in a token.
struct PrivateKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The private key: a file with PEM, or pkcs11:... in a token.", valueName: "key"),
        completion: .file())
    var key: String

    @OptionGroup var token: TokenOptions

    @Option(
        help: ArgumentHelp("The password of the key, in the first line of a file.", valueName: "file"),
        completion: .file())
    var passwordFile: String?

    /// Whether the key is in a token.
    /// - Throws: for an option that goes with the other kind.
    var isInToken: Bool {
        get throws {
            let isToken = PKCS11URI.isMeant(Array(key.utf8).span)
            guard !isToken || passwordFile == nil else {
                throw usageError("--password-file is for a key in a file; a token's PIN comes with --pkcs11-pin-file")
            }
            guard isToken || token.pkcs11PinFile == nil else {
                throw usageError("--pkcs11-pin-file is for a key in a token; give --key pkcs11:...")
            }
            return isToken
        }
    }

    /// The password of the file; empty where there is none.
    func readPassword() throws -> SecretBuffer {
        try passwordFile.map { try readSecretFile($0, "the password") } ?? SecretBuffer(capacity: 1)
    }
}

/// `swiftlet csr`.
struct CsrCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csr", abstract: "Make a certificate request for a key; it goes to stdout as PEM, or into a file.",
        discussion: """
            Without --san the request is for --name itself, where that is a DNS name or an IP address. What answers it: \
            'swiftlet ca sign', or any authority that takes PKCS#10.
            """)

    @OptionGroup var key: PrivateKeyOptions

    @Option(help: ArgumentHelp("The subject's common name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("Names to ask for, with commas between.", valueName: "dns:name,ip:address"))
    var san: String?

    @Option(help: ArgumentHelp("A new file to write to instead of stdout.", valueName: "file"), completion: .file())
    var out: String?

    @Flag(help: "An error is also printed as one JSON object.")
    var json = false

    func run() throws {
        let isToken = try key.isInToken
        let (uri, pinFile) = (Array(key.key.utf8), key.token.bytes)
        let keyText = isToken ? SecretBuffer(capacity: 1) : try readSecretFile(key.key, "the key")
        let password = try key.readPassword()
        let (name, names) = (Array(name.utf8), Array((san ?? "").utf8))
        do throws(CommandFailure) {
            let secret = try KeyCommands.password(password.bytes, isGiven: key.passwordFile != nil)
            let request = try built(KeyCommands.maximumBytes) { out throws(CommandFailure) in
                if isToken {
                    return try KeyCommands.request(
                        uri: uri.span, pinFile: pinFile.span, name: name.span, names: names.span, into: &out)
                }
                return try KeyCommands.request(
                    key: keyText.bytes, password: secret, name: name.span, names: names.span, into: &out)
            }
            guard let path = out.map({ Array($0.utf8) }) else {
                return writeOutput(String(decoding: request, as: UTF8.self))
            }
            try KeyCommands.write(request.span, path: path.span)
        } catch {
            throw commandError(error)
        }
    }
}

/// A failure of a command that the device has too.
func commandError(_ failure: CommandFailure) -> CommandError {
    CommandError(
        status: ExitStatus(rawValue: failure.status) ?? .failed, kind: failure.kind.description,
        message: String(decoding: array(failure.message), as: UTF8.self))
}
