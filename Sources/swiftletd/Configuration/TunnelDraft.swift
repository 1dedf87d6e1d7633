// A `[tunnel NAME]` section while it is being read: takes setting after setting, each checked for itself, then checks
// them against each other.
import Bytes
import Provisioning
import TLS
import Transport
import X509

/// A tunnel's section, not yet complete.
struct TunnelDraft {
    let line: Int
    private let name: TunnelSettings.Name
    /// The line of each setting that was given; 0 where it was not.
    private var lines = InlineArray<29, Int>(repeating: 0)
    private var accept: Endpoint?
    private var connect: Endpoint?
    private var settings: TunnelSettings

    init(line: Int, name: TunnelSettings.Name) {
        self.line = line
        self.name = name
        // Stands in until `finish` has seen the endpoints that were given.
        let nowhere = Endpoint.unix(BoundedBytes())
        settings = TunnelSettings(line: line, name: name, accept: nowhere, connect: nowhere)
    }

    private func has(_ key: TunnelKey) -> Bool { lines[key.rawValue] > 0 }
    private func line(of key: TunnelKey) -> Int { has(key) ? lines[key.rawValue] : line }

    // Setting by setting

    /// Takes one setting.
    mutating func set(_ key: TunnelKey, _ value: Span<UInt8>, line: Int) throws(ConfigurationError) {
        guard !has(key) else { throw key.isRepeated(in: name.bytes, first: self.line(of: key), line: line) }
        lines[key.rawValue] = line
        guard !value.isEmpty else { throw about(key, " has no value; write one after =, or remove the line") }
        switch key {
        case .role: settings.role = try role(value)
        case .accept: accept = try endpoint(key, value)
        case .connect: connect = try endpoint(key, value)
        case .certificate: settings.certificate = try path(key, value)
        case .key: try setKey(value)
        case .anchors: settings.anchors = try path(key, value)
        case .crls: settings.crls = try path(key, value)
        case .clientCertificates: settings.clientCertificates = try clientCertificates(value)
        case .peerName: try setPeerNames(value)
        case .serverName: try setServerName(value)
        case .alpn: try setProtocols(value)
        case .pskFile: settings.pskFile = try path(key, value)
        case .pskIdentity: try setPSKIdentity(value)
        case .pskModes: try setPSKModes(value)
        case .pskContext: try setPSKContext(value)
        case .rawPublicKeys: settings.rawPublicKeys = try path(key, value)
        case .rawKey: settings.rawKey = try path(key, value)
        case .connections: settings.connections = try number(key, value, TunnelSettings.connectionsRange)
        case .handshakeTimeout:
            settings.handshakeTimeout = try number(key, value, TunnelSettings.handshakeTimeoutRange)
        case .idleTimeout: settings.idleTimeout = try number(key, value, TunnelSettings.idleTimeoutRange)
        case .recordSize: settings.recordSize = try number(key, value, Limits.fragmentRange)
        case .handshakeMemory: settings.handshakeMemory = try number(key, value, Limits.handshakeMessageRange)
        case .protocol: settings.startTLS = try startTLS(value)
        case .identity: settings.identity = try path(key, value)
        case .policy: settings.policy = try policy(value)
        case .unsafeEarlyData: settings.unsafeEarlyData = try isOn(key, value)
        case .unsafeRSAKeyTransport: settings.unsafeRSAKeyTransport = try isOn(key, value)
        case .unsafeNoExtendedMasterSecret: settings.unsafeNoExtendedMasterSecret = try isOn(key, value)
        case .pkcs11PinFile: settings.pinFile = try path(key, value)
        }
    }

    /// An error that begins with the name of a setting.
    private func about(_ key: TunnelKey, _ text: StaticString) -> ConfigurationError {
        key.error(text, line: line(of: key))
    }

    /// An error that begins with a setting and its value.
    private func about(_ key: TunnelKey, _ value: Span<UInt8>, _ text: StaticString) -> ConfigurationError {
        key.error(value, text, line: line(of: key))
    }

    private func role(_ value: Span<UInt8>) throws(ConfigurationError) -> Role {
        if value.reads("server") { return .server }
        if value.reads("client") { return .client }
        throw about(.role, value, ": expected server (accepts TLS) or client (connects with TLS)")
    }

    private func clientCertificates(_ value: Span<UInt8>) throws(ConfigurationError) -> ClientCertificates {
        if value.reads("none") { return .none }
        if value.reads("optional") { return .optional }
        if value.reads("required") { return .required }
        throw about(.clientCertificates, value, ": expected none, optional or required")
    }

    private func isOn(_ key: TunnelKey, _ value: Span<UInt8>) throws(ConfigurationError) -> Bool {
        if value.reads("yes") { return true }
        if value.reads("no") { return false }
        throw about(key, value, ": expected yes or no")
    }

    private func startTLS(_ value: Span<UInt8>) throws(ConfigurationError) -> StartTLSProtocol {
        if value.reads("smtp") { return .smtp }
        throw about(.protocol, value, ": expected smtp (STARTTLS, RFC 3207); without the line TLS comes at once")
    }

    private func endpoint(_ key: TunnelKey, _ value: Span<UInt8>) throws(ConfigurationError) -> Endpoint {
        let endpoint: Endpoint
        do throws(EndpointError) {
            endpoint = try Endpoint(value)
        } catch {
            var message = Message(key.name)
            message.add(" = ")
            message.add(escaped: value)
            message.add(": ")
            message.add(error.message)
            throw ConfigurationError(line(of: key), message)
        }
        switch endpoint {
        case .tcp(let tcp) where tcp.port == 0 && key == .connect:
            throw about(key, value, ": port 0 is only for accept; name the port of the other side")
        case .tcp, .unix, .serial, .link: return endpoint
        }
    }

    private func policy(_ value: Span<UInt8>) throws(ConfigurationError) -> Policy {
        if let policy = Policy(name: value) { return policy }
        var message = Message("policy = ")
        message.add(escaped: value)
        message.add(": expected one of ")
        message.add(Policy.names)
        throw ConfigurationError(line(of: .policy), message)
    }

    private func path(_ key: TunnelKey, _ value: Span<UInt8>) throws(ConfigurationError) -> TunnelSettings.Path {
        guard let path = TunnelSettings.Path(value) else {
            throw about(key, " is longer than 512 bytes; use a shorter path")
        }
        return path
    }

    private mutating func setKey(_ value: Span<UInt8>) throws(ConfigurationError) {
        if PKCS11URI.isMeant(value), let error = Self.fault(ofURI: value) {
            // Nothing of the value: there could be a PIN in it.
            var message = Message("key: ")
            message.add(error)
            throw ConfigurationError(line(of: .key), message)
        }
        settings.key = try path(.key, value)
    }

    private static func fault(ofURI text: Span<UInt8>) -> PKCS11URIError? {
        do throws(PKCS11URIError) {
            _ = try PKCS11URI(text)
            return nil
        } catch {
            return error
        }
    }

    private func number(
        _ key: TunnelKey, _ value: Span<UInt8>, _ range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        try value.number(of: key.name, in: range, line: line(of: key))
    }

    private mutating func setPeerNames(_ value: Span<UInt8>) throws(ConfigurationError) {
        var words = value.words
        while let word = words.next() {
            guard let identity = Self.identity(pattern: word) else {
                throw about(.peerName, word, ": expected DNS names, *.NAME or IP addresses with blanks between")
            }
            guard settings.peerNames.append(identity) else {
                throw about(.peerName, " has more names than fit into 512 bytes; use fewer, or a pattern *.NAME")
            }
        }
    }

    private mutating func setServerName(_ value: Span<UInt8>) throws(ConfigurationError) {
        guard case .dns(let name) = Self.identity(value) else {
            throw about(.serverName, value, ": expected one DNS name (RFC 6066 allows no address and no pattern)")
        }
        settings.serverName = name
    }

    private mutating func setProtocols(_ value: Span<UInt8>) throws(ConfigurationError) {
        var words = value.words
        while let word = words.next() {
            guard settings.protocols.append(word) else {
                throw about(.alpn, word, ": the names of application protocols do not fit into 255 bytes; use fewer")
            }
        }
    }

    private mutating func setPSKIdentity(_ value: Span<UInt8>) throws(ConfigurationError) {
        guard let identity = BoundedBytes<256>(value) else {
            throw about(.pskIdentity, " is longer than 256 bytes; use a shorter identity")
        }
        settings.pskIdentity = identity
    }

    private mutating func setPSKModes(_ value: Span<UInt8>) throws(ConfigurationError) {
        var words = value.words
        while let word = words.next() {
            let mode: PSKKeyExchangeMode? =
                word.reads("psk_dhe_ke") ? .psk_dhe_ke : word.reads("psk_ke") ? .psk_ke : nil
            guard let mode, !settings.pskModes.contains(mode) else {
                throw about(.pskModes, value, ": expected psk_dhe_ke, psk_ke (no forward secrecy), or both, best first")
            }
            settings.pskModes.append(mode)
        }
    }

    private mutating func setPSKContext(_ value: Span<UInt8>) throws(ConfigurationError) {
        guard let context = BoundedBytes<128>(value) else {
            throw about(.pskContext, " is longer than 128 bytes; use a shorter text")
        }
        settings.pskContext = context
    }

    private static func identity(_ text: Span<UInt8>) -> ReferenceIdentity? {
        do throws(X509Error) { return try ReferenceIdentity(text) } catch { return nil }
    }

    private static func identity(pattern text: Span<UInt8>) -> ReferenceIdentity? {
        do throws(X509Error) { return try ReferenceIdentity(pattern: text) } catch { return nil }
    }

    // All together

    /// The settings of the section, which is now complete.
    func finish() throws(ConfigurationError) -> TunnelSettings {
        guard has(.role) else { throw missing(.role, "role = server or role = client") }
        guard let accept else { throw missing(.accept, "accept = HOST:PORT or accept = unix:PATH") }
        guard let connect else { throw missing(.connect, "connect = HOST:PORT or connect = unix:PATH") }
        var settings = settings
        settings.accept = accept
        settings.connect = connect
        if accept.isSerial || connect.isSerial {
            guard !has(.connections) || settings.connections == 1 else {
                throw about(
                    .connections, ": a serial line carries one connection at a time; write 1, or remove the line")
            }
            settings.connections = 1
        }
        settings.identityLine = line(of: .identity)
        settings.certificateLine = line(of: .certificate)
        settings.keyLine = line(of: .key)
        settings.pinFileLine = line(of: .pkcs11PinFile)
        settings.anchorsLine = line(of: .anchors)
        settings.crlsLine = line(of: .crls)
        settings.pskFileLine = line(of: .pskFile)
        settings.rawPublicKeysLine = line(of: .rawPublicKeys)
        settings.rawKeyLine = line(of: .rawKey)
        settings.unsafeRSAKeyTransportLine = line(of: .unsafeRSAKeyTransport)
        if settings.unsafeRSAKeyTransport { try requireTLS12(for: .unsafeRSAKeyTransport) }
        if settings.unsafeNoExtendedMasterSecret { try requireTLS12(for: .unsafeNoExtendedMasterSecret) }
        try requireFile(of: .pskIdentity)
        try requireFile(of: .pskModes)
        try requireFile(of: .pskContext)
        settings.isRecordSizeGiven = has(.recordSize)
        if !has(.recordSize) { settings.recordSize = settings.policy.recordSize }
        guard !has(.pkcs11PinFile) || has(.identity) || PKCS11URI.isMeant(settings.key.bytes) else {
            throw about(
                .pkcs11PinFile, " has no use unless the key is in a token; give key = pkcs11:..., or remove the line")
        }
        guard !has(.identity) || !has(.certificate) && !has(.key) else {
            throw about(.identity, " holds certificates and key; remove it, or certificate and key")
        }
        guard has(.certificate) == has(.key) else {
            let given: TunnelKey = has(.certificate) ? .certificate : .key
            throw about(given, " is set alone; certificate = FILE and key = FILE belong together")
        }
        if settings.role == .server { try finishServer(&settings) } else { try finishClient(&settings) }
        guard has(.anchors) || settings.usesStoredAnchors || !has(.crls) else {
            throw about(.crls, " has no use without anchors = FILE; add it, or remove the line")
        }
        return settings
    }

    private func requireTLS12(for key: TunnelKey) throws(ConfigurationError) {
        guard !settings.policy.versions.contains(.tls12) else { return }
        throw about(key, " is for TLS 1.2, which the policy has not; remove one of the two lines")
    }

    private func requireFile(of key: TunnelKey) throws(ConfigurationError) {
        guard has(key), !has(.pskFile) else { return }
        throw about(key, " has no use without psk-file = FILE; add it, or remove the line")
    }

    private func missing(_ key: TunnelKey, _ advice: StaticString) -> ConfigurationError {
        key.isMissing(in: name.bytes, advice, line: line)
    }

    private func finishServer(_ settings: inout TunnelSettings) throws(ConfigurationError) {
        guard has(.certificate) || has(.identity) || has(.pskFile) || has(.rawKey) else {
            throw missing(
                .certificate,
                "certificate = FILE and key = FILE, or identity = DIR, raw-key = FILE or psk-file = FILE: a TLS server must show who it is"
            )
        }
        guard !has(.serverName) else { throw about(.serverName, " is for role = client; remove the line") }
        guard !settings.unsafeEarlyData || settings.startTLS == nil else {
            throw about(
                .unsafeEarlyData, " has no use with a protocol that begins with a greeting; remove one of the two")
        }
        // Anchors and keys say whom to trust, so unless told otherwise everybody else is refused.
        if has(.anchors) || has(.rawPublicKeys), !has(.clientCertificates) { settings.clientCertificates = .required }
        guard settings.clientCertificates == .none else {
            // An identity store may have anchors.
            guard has(.anchors) || has(.identity) || has(.rawPublicKeys) else {
                throw missing(.anchors, "anchors = FILE: without it no client's certificate could be verified")
            }
            if settings.peerNames.isEmpty { settings.peerNames = ReferenceIdentities(.any) }
            return
        }
        try refuseWithoutVerification(.anchors)
        try refuseWithoutVerification(.rawPublicKeys)
        guard !has(.peerName) else {
            throw about(.peerName, " has no use unless clients are verified; add anchors = FILE, or remove the line")
        }
    }

    private func refuseWithoutVerification(_ key: TunnelKey) throws(ConfigurationError) {
        guard has(key) else { return }
        throw about(key, " has no use with client-certificates = none; remove one of the two lines")
    }

    private func finishClient(_ settings: inout TunnelSettings) throws(ConfigurationError) {
        guard has(.anchors) || has(.identity) || has(.pskFile) || has(.rawPublicKeys) else {
            throw missing(
                .anchors,
                "anchors = FILE, raw-public-keys = FILE or psk-file = FILE: nothing is trusted by default, so no server could be verified"
            )
        }
        guard !has(.pskFile) || has(.pskIdentity) else {
            throw missing(.pskIdentity, "psk-identity = IDENTITY: a client shows one pre-shared key")
        }
        guard !has(.clientCertificates) else {
            throw about(.clientCertificates, " is for role = server; remove the line")
        }
        guard !has(.unsafeEarlyData) else {
            throw about(.unsafeEarlyData, " is for role = server; remove the line")
        }
        let host: ReferenceIdentity? =
            if case .tcp(let endpoint) = settings.connect { Self.identity(endpoint.host.bytes) } else { nil }
        if !has(.serverName), case .dns(let name) = host { settings.serverName = name }
        guard settings.peerNames.isEmpty, settings.verifiesPeer else { return }
        if has(.serverName) {
            settings.peerNames = ReferenceIdentities(.dns(settings.serverName))
        } else if let host {
            settings.peerNames = ReferenceIdentities(host)
        } else {
            throw missing(.peerName, "peer-name = NAME: the name that the server's certificate must carry")
        }
    }
}
