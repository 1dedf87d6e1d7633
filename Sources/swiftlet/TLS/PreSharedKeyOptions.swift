// `--psk-…`: keys that both sides were given beforehand (RFC 8446 §4.2.11, RFC 9258).
import ArgumentParser
import Bytes
import CLinux
import TLS
import X509

/// The options of `connect` and `serve` for pre-shared keys.
struct PreSharedKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The identity of the pre-shared key to use; serve takes all of the file's without it.",
            valueName: "identity"))
    var pskIdentity: String?

    @Option(
        help: ArgumentHelp(
            "Pre-shared keys, in lines IDENTITY:HEX; only its owner should be able to read the file.",
            valueName: "file"), completion: .file())
    var pskFile: String?

    @Option(
        help: ArgumentHelp(
            "How pre-shared keys may be used, best first: psk_dhe_ke, or psk_ke, which has no forward secrecy.",
            valueName: "a,b"),
        completion: .list(["psk_dhe_ke", "psk_ke"]), transform: readModes)
    var pskModes: [PSKKeyExchangeMode] = [.psk_dhe_ke]

    @Option(
        help: ArgumentHelp(
            "Use keys imported by RFC 9258 under this context, which may be empty. Both sides must do so.",
            valueName: "text"))
    var pskContext: String?

    /// Whether there are keys.
    var isGiven: Bool { pskFile != nil }

    func validate() throws {
        guard pskFile != nil || (pskIdentity == nil && pskContext == nil) else {
            throw ValidationError("the pre-shared key itself is missing; give --psk-file")
        }
        guard (pskContext?.utf8.count ?? 0) <= ExternalKeys.contextRange.upperBound else {
            throw ValidationError("--psk-context has at most \(ExternalKeys.contextRange.upperBound) bytes")
        }
        guard pskIdentity.map({ ExternalKeys.identityRange ~= $0.utf8.count }) ?? true else {
            throw ValidationError("--psk-identity has 1 to \(ExternalKeys.identityRange.upperBound) bytes")
        }
    }

    /// Loads the keys into a configuration.
    /// - Parameter warns: whether something that is not right, but no error, is said on stderr.
    func apply(to configuration: inout Configuration, for role: Role, warns: Bool) throws {
        guard let pskFile else { return }
        let text = try readSecretFile(pskFile, "the pre-shared keys")
        if warns, isReadableByOthers(pskFile) {
            writeError(
                "swiftlet: the pre-shared keys '\(escaped(pskFile))' can be read by others; chmod the file to 0600\n")
        }
        let context: BoundedBytes<128>? = pskContext.flatMap { BoundedBytes(Array($0.utf8).span) }
        let size = ExternalKeys.bytes(file: text.bytes, context: context?.count ?? 0)
        var arena = permanentArena(size + Region.alignment)
        configuration.externalKeys = ExternalKeys(in: try arena.take(size))
        do throws(PreSharedKeyFileError) {
            try configuration.externalKeys.add(
                file: text.bytes, only: Array((pskIdentity ?? "").utf8).span, for: role, importContext: context)
        } catch {
            let place = error.line > 0 ? "line \(error.line) of the" : "the"
            throw fileError("\(place) pre-shared keys '\(escaped(pskFile))' \(error.reason.description)")
        }
        configuration.pskKeyExchangeModes.removeAll()
        for mode in pskModes { configuration.pskKeyExchangeModes.append(mode) }
    }
}

extension ExternalKeys {
    /// The identity at `index`, for people.
    func text(ofIdentity index: Int) -> String { escaped(identity(at: index)) }
}

private func readModes(_ text: String) throws -> [PSKKeyExchangeMode] {
    let modes: [PSKKeyExchangeMode] = try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
        switch word {
        case "psk_dhe_ke": .psk_dhe_ke
        case "psk_ke": .psk_ke
        default: throw ValidationError("'\(escaped(String(word)))' is none of psk_dhe_ke and psk_ke; give one or both")
        }
    }
    guard modes.count == 1 || (modes.count == 2 && modes[0] != modes[1]) else {
        throw ValidationError("one value stands twice; give each once")
    }
    return modes
}

private func isReadableByOthers(_ path: String) -> Bool {
    var status = swl_file_status()
    let found = unsafe withPath(path) { unsafe swl_path_status(directoryOfProcess, $0, $1, &status) }
    return found >= 0 && status.kind == SWL_KIND_FILE && status.permissions & 0o077 != 0
}
