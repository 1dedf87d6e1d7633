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
        commandName: "new", abstract: "Make a private key: PKCS#8 in PEM, in a file that only its owner can read.",
        discussion: "Nothing that is there already is overwritten.")

    @Option(help: "The kind of key: p256, p384, rsa2048 or rsa3072.")
    var type = "p256"

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var out: String

    @Flag(help: "An error is also printed as one JSON object.")
    var json = false

    func run() throws {
        let (path, word) = (Array(out.utf8), Array(type.utf8))
        do throws(CommandFailure) {
            try KeyCommands.makeKey(try KeyCommands.type(word.span), path: path.span)
        } catch {
            throw commandError(error)
        }
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

    @Option(help: ArgumentHelp("The private key, as PEM.", valueName: "file"))
    var key: String

    @Option(help: ArgumentHelp("The password of the key, in the first line of a file.", valueName: "file"))
    var passwordFile: String?

    @Option(help: ArgumentHelp("The subject's common name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("Names to ask for, with commas between.", valueName: "dns:name,ip:address"))
    var san: String?

    @Option(help: ArgumentHelp("A new file to write to instead of stdout.", valueName: "file"))
    var out: String?

    @Flag(help: "An error is also printed as one JSON object.")
    var json = false

    func run() throws {
        let keyText = try readSecretFile(key, "the key")
        let password = try passwordFile.map { try readSecretFile($0, "the password") } ?? SecretBuffer(capacity: 1)
        let (name, names) = (Array(name.utf8), Array((san ?? "").utf8))
        do throws(CommandFailure) {
            let secret = try KeyCommands.password(password.bytes, isGiven: passwordFile != nil)
            let request = try built(KeyCommands.maximumBytes) { out throws(CommandFailure) in
                try KeyCommands.request(
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
