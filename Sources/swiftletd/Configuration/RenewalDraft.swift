// A `[renewal NAME]` section while it is being read: takes setting after setting, each checked for itself, then checks them
// against each other.
import Bytes
import Provisioning

/// A renewal's section, not yet complete.
struct RenewalDraft {
    private var settings: RenewalSettings

    init(line: Int, name: TunnelSettings.Name) { settings = RenewalSettings(line: line, name: name) }

    var line: Int { settings.line }

    private func has(_ key: RenewalKey) -> Bool { settings.lines[key.rawValue] > 0 }

    /// Takes one setting.
    mutating func set(_ key: RenewalKey, _ value: Span<UInt8>, line: Int) throws(ConfigurationError) {
        guard !has(key) else {
            throw key.isRepeated(in: settings.name.bytes, first: settings.line(of: key), line: line)
        }
        settings.lines[key.rawValue] = line
        guard !value.isEmpty else { throw about(key, " has no value; write one after =, or remove the line") }
        switch key {
        case .identity: settings.identity = try path(key, value)
        case .server: try setServer(value)
        case .anchors: settings.anchors = try path(key, value)
        case .user: settings.user = try word(key, value)
        case .passwordFile: settings.passwordFile = try path(key, value)
        case .pskFile: settings.pskFile = try path(key, value)
        case .pskIdentity: settings.pskIdentity = try word(key, value)
        case .factoryIdentity: settings.factoryIdentity = try path(key, value)
        case .factoryCertificate: settings.factoryCertificate = try path(key, value)
        case .factoryKey: settings.factoryKey = try path(key, value)
        case .pkcs11PinFile: settings.pinFile = try path(key, value)
        case .timeout: settings.timeout = try number(key, value, RenewalSettings.timeoutRange)
        case .wait: settings.wait = try number(key, value, RenewalSettings.waitRange)
        }
    }

    private mutating func setServer(_ value: Span<UInt8>) throws(ConfigurationError) {
        guard ESTLocation(value) != nil else {
            throw ConfigurationError(
                settings.line(of: .server), "server = ", value,
                ": expected https://HOST:PORT, with /.well-known/est/LABEL behind it where the server has labels")
        }
        settings.server = try path(.server, value)
    }

    private func path(_ key: RenewalKey, _ value: Span<UInt8>) throws(ConfigurationError) -> RenewalSettings.Path {
        guard let path = RenewalSettings.Path(value) else {
            throw about(key, " is longer than 512 bytes; use a shorter one")
        }
        return path
    }

    private func word(_ key: RenewalKey, _ value: Span<UInt8>) throws(ConfigurationError) -> RenewalSettings.Word {
        guard let word = RenewalSettings.Word(value) else {
            throw about(key, " is longer than 256 bytes; use a shorter one")
        }
        return word
    }

    private func number(
        _ key: RenewalKey, _ value: Span<UInt8>, _ range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        try value.number(of: key.name, in: range, line: settings.line(of: key))
    }

    /// The settings of the section, which is now complete.
    func finish() throws(ConfigurationError) -> RenewalSettings {
        guard has(.identity) else { throw missing(.identity, "identity = DIR, the store to keep renewed") }
        guard has(.server) else { throw missing(.server, "server = https://HOST:PORT, the EST server") }
        try requirePair(.user, .passwordFile)
        try requirePair(.pskFile, .pskIdentity)
        try requirePair(.factoryCertificate, .factoryKey)
        guard !has(.factoryIdentity) || !has(.factoryCertificate) else {
            throw about(
                .factoryIdentity, " holds certificate and key; remove it, or factory-certificate and factory-key")
        }
        return settings
    }

    private func requirePair(_ one: RenewalKey, _ other: RenewalKey) throws(ConfigurationError) {
        guard has(one) != has(other) else { return }
        var message = Message((has(one) ? one : other).name)
        message.add(" is set alone; it belongs together with ")
        message.add((has(one) ? other : one).name)
        throw ConfigurationError(settings.line(of: has(one) ? one : other), message)
    }

    // Errors

    private func about(_ key: RenewalKey, _ text: StaticString) -> ConfigurationError {
        key.error(text, line: settings.line(of: key))
    }

    private func missing(_ key: RenewalKey, _ advice: StaticString) -> ConfigurationError {
        key.isMissing(in: settings.name.bytes, advice, line: settings.line)
    }
}
