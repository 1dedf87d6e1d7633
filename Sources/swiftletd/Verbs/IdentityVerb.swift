// swiftletd identity install|status|history|rollback|wipe, and swiftletd needs-renewal.
import Bytes
import CLinux
import Provisioning
import X509

/// A verb about an identity store.
struct IdentityVerb {
    private let action: IdentityAction
    private let arguments: VerbArguments

    init(_ action: IdentityAction, _ arguments: VerbArguments) throws(UsageError) {
        switch action {
        case .install: try arguments.requireOnly(.store, .key, .cert, .anchors, .passwordFile, .pkcs11PinFile, .json)
        case .needsRenewal: try arguments.requireOnly(.store, .time, .json)
        case .status, .history, .rollback, .wipe: try arguments.requireOnly(.store, .json)
        }
        self.action = action
        self.arguments = arguments
    }

    /// - Returns: the exit status.
    func run() throws(UsageError) -> Int32 {
        let store = try arguments.required(.store)
        let command = IdentityCommand(
            store: store, json: arguments.has(.json), board: thisBoard(), time: try time(),
            isSystemTime: !arguments.has(.time))
        var memory = lastingIdentityMemory()
        defer { memory.wipe() }
        if action == .install {
            if let status = try read(into: &memory) { return status }
            if let status = try checkToken(of: &memory) { return status }
        }
        var output = lastingRegion(IdentityCommand.maximumOutput)
        var writer = ByteWriter(output.mutableBytes)
        do throws(StoreError) {
            let status = try command.run(action, &memory, to: &writer, warn: Self.warn)
            let count = min(writer.count, writer.capacity)
            writeOutput(output.bytes.extracting(0..<count))
            return status
        } catch {
            reportFailure(Message(error, store: store), kind: "store", json: arguments.has(.json))
            return action == .needsRenewal ? 64 : 1
        }
    }

    private func time() throws(UsageError) -> Int64 {
        guard let text = try arguments.value(.time) else { return swl_realtime_seconds() }
        guard let date = UTCDate(rfc3339: text) else {
            throw UsageError(.time, " is no time; write it as in 2026-12-31T00:00:00Z")
        }
        return date.secondsSince1970
    }

    /// Reads the identity that is to be installed.
    /// - Returns: the exit status where that fails.
    private func read(into memory: inout IdentityMemory) throws(UsageError) -> Int32? {
        let (key, chain) = (try arguments.required(.key), try arguments.required(.cert))
        let (anchors, passwordFile) = (try arguments.value(.anchors), try arguments.value(.passwordFile))
        let isToken = try arguments.isKeyInToken()
        var files = FileReader(capacity: IdentityFile.anchors.maximumBytes)
        var passwords = FileReader(capacity: KeyCommands.maximumBytes)
        defer {
            files.wipe()
            passwords.wipe()
        }
        do throws(ConfigurationError) {
            if let passwordFile { try passwords.read(passwordFile, what: "the password", line: 0) }
            if isToken {
                if let status = takeURI(key, &memory) { return status }
            } else {
                try files.read(key, what: "the key", line: 0)
                if let status = takeKey(files.contents, passwordFile: passwords.contents, &memory) { return status }
            }
            try files.read(chain, what: "the certificates", line: 0)
            if let error = Self.take(.chain, files.contents, &memory) { return fail(error) }
            guard let anchors else { return nil }
            try files.read(anchors, what: "the anchors", line: 0)
            if let error = Self.take(.anchors, files.contents, &memory) { return fail(error) }
            return nil
        } catch {
            reportFailure(error.message, kind: "file", json: arguments.has(.json))
            return 1
        }
    }

    /// Takes the PKCS#11 URI of a key.
    /// - Returns: the exit status where that fails.
    private func takeURI(_ uri: Span<UInt8>, _ memory: inout IdentityMemory) -> Int32? {
        do throws(CommandFailure) {
            _ = try KeyCommands.tokenText(uri: uri)
            guard let error = Self.take(.key, uri, &memory) else { return nil }
            return fail(error)
        } catch {
            reportFailure(Message(error), kind: error.kind, json: arguments.has(.json))
            return error.status
        }
    }

    /// Has the token, where the key is in one, show that it signs with it.
    /// - Returns: the exit status where that fails.
    private func checkToken(of memory: inout IdentityMemory) throws(UsageError) -> Int32? {
        let pinFile = try arguments.valueOrNone(.pkcs11PinFile)
        do throws(CommandFailure) {
            try KeyCommands.checkToken(of: &memory, pinFile: pinFile)
            return nil
        } catch {
            reportFailure(Message(error), kind: error.kind, json: arguments.has(.json))
            return error.status
        }
    }

    /// Takes the key, decrypted where a password is given.
    /// - Returns: the exit status where that fails.
    private func takeKey(
        _ text: Span<UInt8>, passwordFile: Span<UInt8>, _ memory: inout IdentityMemory
    ) -> Int32? {
        var plain = lastingRegion(KeyCommands.maximumBytes)
        do throws(CommandFailure) {
            let password = try KeyCommands.password(passwordFile, isGiven: arguments.has(.passwordFile))
            var room = plain.mutableBytes
            let count = try KeyCommands.plainKey(text, password: password, into: &room)
            guard let error = Self.take(.key, plain.bytes.extracting(0..<count), &memory) else { return nil }
            return fail(error)
        } catch {
            reportFailure(Message(error), kind: error.kind, json: arguments.has(.json))
            return error.status
        }
    }

    private static func take(_ file: IdentityFile, _ text: Span<UInt8>, _ memory: inout IdentityMemory) -> StoreError? {
        do throws(StoreError) { try memory.set(file, text) } catch { return error }
        return nil
    }

    private func fail(_ error: StoreError) -> Int32 {
        reportFailure(Message(error, store: Span()), kind: "file", json: arguments.has(.json))
        return 1
    }

    private static func warn(_ line: Span<UInt8>) {
        var message = Message("swiftletd: warning: ")
        message.add(line: line)
        message.writeError()
    }
}

/// Room for an identity, for the rest of the process's life.
func lastingIdentityMemory() -> IdentityMemory {
    IdentityMemory(
        texts: lastingRegion(IdentityMemory.textBytes), decoded: lastingRegion(IdentityMemory.decodedBytes))
}

extension Message {
    /// What is wrong with an identity store.
    init(_ error: StoreError, store: Span<UInt8>) {
        self.init()
        var storage = InlineArray<768, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        error.describe(store: store, into: &writer)
        let count = min(writer.count, 768)
        add(line: storage.span.extracting(0..<count))
    }
}
