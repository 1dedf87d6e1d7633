// swiftletd key new, and swiftletd csr.
import Bytes
import CLinux
import Provisioning
import TLSCrypto

/// The verbs about private keys.
struct KeyVerbs {
    private let arguments: VerbArguments

    init(_ arguments: VerbArguments) { self.arguments = arguments }

    /// `key new`.
    /// - Returns: the exit status.
    func makeKey() throws(UsageError) -> Int32 {
        try arguments.requireOnly(.out, .type, .json)
        let path = try arguments.required(.out)
        let word = try arguments.value(.type)
        do throws(CommandFailure) {
            let type = if let word { try KeyCommands.type(word) } else { KeyType.p256 }
            try KeyCommands.makeKey(type, path: path)
            return 0
        } catch {
            return fail(error)
        }
    }

    /// `csr`.
    /// - Returns: the exit status.
    func request() throws(UsageError) -> Int32 {
        try arguments.requireOnly(.key, .passwordFile, .name, .san, .out, .json)
        let (path, name) = (try arguments.required(.key), try arguments.required(.name))
        let (given, out) = (try arguments.value(.san), try arguments.value(.out))
        let names = if let given { given } else { Span<UInt8>() }
        let passwordFile = try arguments.value(.passwordFile)
        var files = FileReader(capacity: KeyCommands.maximumBytes)
        var passwords = FileReader(capacity: KeyCommands.maximumBytes)
        var output = lastingRegion(KeyCommands.maximumBytes)
        defer {
            files.wipe()
            passwords.wipe()
        }
        do throws(ConfigurationError) {
            try files.read(path, what: "the key", line: 0)
            if let passwordFile { try passwords.read(passwordFile, what: "the password", line: 0) }
        } catch {
            reportFailure(error.message, kind: "file", json: arguments.has(.json))
            return 1
        }
        var room = output.mutableBytes
        do throws(CommandFailure) {
            let password = try KeyCommands.password(passwords.contents, isGiven: arguments.has(.passwordFile))
            let count = try KeyCommands.request(
                key: files.contents, password: password, name: name, names: names, into: &room)
            if let out {
                try KeyCommands.write(room.span.extracting(0..<count), path: out)
            } else {
                writeOutput(room.span.extracting(0..<count))
            }
            return 0
        } catch {
            return fail(error)
        }
    }

    private func fail(_ failure: CommandFailure) -> Int32 {
        reportFailure(Message(failure), kind: failure.kind, json: arguments.has(.json))
        return failure.status
    }
}

extension Message {
    init(_ failure: CommandFailure) {
        self.init()
        add(line: failure.message)
    }
}
