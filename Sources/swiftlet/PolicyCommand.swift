// swiftlet policy: the named policies, and what each comes to.
import ArgumentParser
import Bytes
import TLS
import TLSCrypto
import Transport

/// `swiftlet policy`.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Named policies: what may be used in a connection.",
        discussion: "For --policy of connect and serve, and for policy = NAME in a tunnel of swiftletd.",
        subcommands: [PolicyListCommand.self, PolicyShowCommand.self])
}

/// `swiftlet policy list`.
struct PolicyListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the policies, one a line, name first.")

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        guard !json else {
            let policies = Policy.allCases.map { policy in
                JSONValue.object([
                    ("name", .string(policy.text)), ("source", .string(policy.source.description)),
                    ("edition", .string(policy.edition.description)),
                ])
            }
            return writeOutput(JSONValue.object([("policies", .array(policies))]).text + "\n")
        }
        for policy in Policy.allCases {
            let name = policy.text
            writeOutput(
                name + String(repeating: " ", count: 20 - name.utf8.count) + "\(policy.source), \(policy.edition)\n")
        }
    }
}

/// `swiftlet policy show`.
struct PolicyShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a policy comes to on this machine, best first.")

    @Argument(help: "The policy.", completion: .policies, transform: readPolicy)
    var name: Policy

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        var configuration = Configuration(anchors: Region(), chains: Region())
        name.apply(to: &configuration, chaCha20First: ProcessorSpeed.chaCha20First)
        let allowed = name.versions
        let versions = (0..<allowed.count).map { allowed.elements[$0] == .tls13 ? "1.3" : "1.2" }
        let lists: [(String, [String])] = [
            ("versions", versions), ("cipher_suites", names(configuration.cipherSuites)),
            ("groups", names(configuration.groups)), ("signature_schemes", names(configuration.signatureSchemes)),
        ]
        let origin: [(String, String)] = [
            ("source", name.source.description), ("edition", name.edition.description),
            ("held_against", name.heldAgainst.description),
        ]
        let bounds: [(String, JSONValue)] = [
            ("keys", .string(name.keys.description)), ("minimum_rsa_bits", .int(Int64(name.minimumRSABits))),
            ("record_size", .int(Int64(name.recordSize))),
        ]
        if json {
            let members: [(String, JSONValue)] =
                [("name", .string(name.text))] + origin.map { ($0, .string($1)) }
                + lists.map { ($0, .array($1.map(JSONValue.string))) } + bounds
            return writeOutput(JSONValue.object(members).text + "\n")
        }
        writeOutput("policy: \(name.text)\n")
        for (title, text) in origin { writeOutput(title.replacing("_", with: " ") + ": \(text)\n") }
        for (title, words) in lists {
            writeOutput(title.replacing("_", with: " ") + ":\n" + words.map { "  \($0)\n" }.joined())
        }
        writeOutput("keys: \(name.keys)\nrecord size: \(name.recordSize)\n")
    }
}

extension Policy {
    /// Its name.
    var text: String { name.description }

    /// What a key of ours may sign with.
    /// - Throws: for a key that the policy does not allow.
    func requireSchemes(
        for key: PublicKeyKind,
        among own: FixedList<8, SignatureScheme> = FixedList(filler: .ecdsa_secp256r1_sha256), _ what: String
    ) throws -> FixedList<8, SignatureScheme> {
        guard let schemes = schemes(for: key, among: own) else {
            throw usageError("the policy \(text) does not allow \(what): it allows \(keys); give another")
        }
        return schemes
    }
}

private func names<let capacity: Int, Value: Codepoint>(_ list: FixedList<capacity, Value>) -> [String] {
    (0..<list.count).map { name(list.elements[$0]) }
}

/// The policy of this name.
func readPolicy(_ text: String) throws -> Policy {
    guard let policy = Policy(name: Array(text.utf8).span) else {
        throw ValidationError("'\(escaped(text))' is no policy; the policies are \(Policy.names)")
    }
    return policy
}
