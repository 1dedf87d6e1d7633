// A tunnel's pre-shared keys, out of the file that psk-file names, and the check that no key is used in both roles: a daemon
// that is a client here and a server there would otherwise take its own messages for its peer's (RFC 9257 §4.1).
import Bytes
import TLS
import X509

extension MaterialLoader {
    /// Loads the keys of a tunnel into its configuration.
    func preSharedKeys(
        _ settings: TunnelSettings, _ files: inout FileReader, _ memory: inout MaterialMemory,
        _ warn: (Message) -> Void, in configuration: inout Configuration
    ) throws(ConfigurationError) {
        guard !settings.pskFile.isEmpty else { return }
        let (path, line) = (settings.pskFile, settings.pskFileLine)
        try files.read(path.bytes, what: "the pre-shared keys", line: line)
        defer { files.wipe() }
        let context = settings.pskContext
        let size = ExternalKeys.bytes(file: files.contents, context: context?.count ?? 0)
        configuration.externalKeys = ExternalKeys(in: try memory.region(size))
        do throws(PreSharedKeyFileError) {
            try configuration.externalKeys.add(
                file: files.contents, only: settings.pskIdentity.bytes, for: settings.role, importContext: context)
        } catch {
            throw Self.error(error, path, line)
        }
        // A ticket is no quicker than a key, and a server that knows its clients by their keys, as mosquitto does, knows nobody
        // in a resumption.
        if settings.role == .client { configuration.takesTickets = false }
        if !settings.pskModes.isEmpty { configuration.pskKeyExchangeModes = settings.pskModes }
        Self.warnIfReadableByOthers(path, "the file of pre-shared keys ", warn)
    }

    private static func error(
        _ error: PreSharedKeyFileError, _ path: TunnelSettings.Path, _ line: Int
    ) -> ConfigurationError {
        var message = Message("cannot use the pre-shared keys ")
        message.add(escaped: path.bytes)
        message.add(error.line > 0 ? ": line " : ": the file")
        if error.line > 0 { message.add(error.line) }
        message.add(" ")
        message.add(error.reason.description)
        return ConfigurationError(line, message)
    }
}

extension TunnelMaterial {
    /// Loads what all tunnels name, and checks their keys against each other.
    /// - Parameter memory: one for each tunnel.
    static func load(
        _ settings: DaemonSettings, _ files: inout FileReader, _ memory: inout Slots<MaterialMemory>,
        warn: (Message) -> Void
    ) throws(ConfigurationError) -> Slots<TunnelMaterial> {
        var materials = Slots<TunnelMaterial>(capacity: settings.tunnels.count)
        for index in settings.tunnels.indices {
            memory.fill(index, MaterialMemory())
            materials.fill(index, try TunnelMaterial(settings.tunnels[index], &files, &memory[index], .now, warn: warn))
        }
        for later in settings.tunnels.indices {
            for earlier in 0..<later {
                try materials[later].checkMirror(
                    of: materials[earlier], settings.tunnels[later], settings.tunnels[earlier])
            }
        }
        return materials
    }

    /// Refuses a key that another tunnel has in the other role.
    func checkMirror(
        of other: borrowing TunnelMaterial, _ settings: TunnelSettings, _ otherSettings: TunnelSettings
    ) throws(ConfigurationError) {
        guard configuration.externalKeys.isMirrored(in: other.configuration.externalKeys) else { return }
        var message = Message("[tunnel ")
        message.add(escaped: settings.name.bytes)
        message.add("] uses a pre-shared key in the other role than [tunnel ")
        message.add(escaped: otherSettings.name.bytes)
        message.add("] does; give client and server keys and identities of their own")
        throw ConfigurationError(settings.pskFileLine, message)
    }
}
