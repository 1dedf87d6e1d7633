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
        try arguments.requireOnly(.out, .keyURI, .pkcs11PinFile, .type, .json)
        let uri = try arguments.valueOrNone(.keyURI)
        guard uri.isEmpty || !arguments.has(.out) else {
            throw UsageError("--key-uri and --out exclude each other; a key in a token has no file")
        }
        guard !uri.isEmpty || !arguments.has(.pkcs11PinFile) else {
            throw UsageError("--pkcs11-pin-file goes with --key-uri; see --help")
        }
        guard !uri.isEmpty || arguments.has(.out) else {
            throw UsageError("give one of --out and --key-uri: where the key is to be; see --help")
        }
        let path = uri.isEmpty ? try arguments.required(.out) : Span<UInt8>()
        let (word, pinFile) = (try arguments.value(.type), try arguments.valueOrNone(.pkcs11PinFile))
        do throws(CommandFailure) {
            let type = if let word { try KeyCommands.type(word) } else { KeyType.p256 }
            if !uri.isEmpty {
                try KeyCommands.makeKey(type, uri: uri, pinFile: pinFile)
            } else {
                try KeyCommands.makeKey(type, path: path)
            }
            return 0
        } catch {
            return fail(error)
        }
    }

    /// `csr`.
    /// - Returns: the exit status.
    func request() throws(UsageError) -> Int32 {
        try arguments.requireOnly(.key, .passwordFile, .pkcs11PinFile, .name, .san, .out, .json)
        let (path, name) = (try arguments.required(.key), try arguments.required(.name))
        let (given, out) = (try arguments.value(.san), try arguments.value(.out))
        let names = if let given { given } else { Span<UInt8>() }
        let passwordFile = try arguments.value(.passwordFile)
        let pinFile = try arguments.valueOrNone(.pkcs11PinFile)
        let isToken = try arguments.isKeyInToken()
        var files = FileReader(capacity: KeyCommands.maximumBytes)
        var passwords = FileReader(capacity: KeyCommands.maximumBytes)
        var output = lastingRegion(KeyCommands.maximumBytes)
        defer {
            files.wipe()
            passwords.wipe()
        }
        do throws(ConfigurationError) {
            if !isToken { try files.read(path, what: "the key", line: 0) }
            if let passwordFile { try passwords.read(passwordFile, what: "the password", line: 0) }
        } catch {
            reportFailure(error.message, kind: "file", json: arguments.has(.json))
            return 1
        }
        var room = output.mutableBytes
        do throws(CommandFailure) {
            let password = try KeyCommands.password(passwords.contents, isGiven: arguments.has(.passwordFile))
            let count =
                isToken
                ? try KeyCommands.request(uri: path, pinFile: pinFile, name: name, names: names, into: &room)
                : try KeyCommands.request(
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

extension VerbArguments {
    /// Whether --key is a PKCS#11 URI rather than a file; the options about the one are not for the other.
    func isKeyInToken() throws(UsageError) -> Bool {
        let isToken = PKCS11URI.isMeant(try required(.key))
        guard !isToken || !has(.passwordFile) else {
            throw UsageError("--password-file is for a key in a file; a token's PIN comes with --pkcs11-pin-file")
        }
        guard isToken || !has(.pkcs11PinFile) else {
            throw UsageError("--pkcs11-pin-file is for a key in a token; give --key pkcs11:...")
        }
        return isToken
    }
}

extension Message {
    init(_ failure: CommandFailure) {
        self.init()
        add(line: failure.message)
    }
}
