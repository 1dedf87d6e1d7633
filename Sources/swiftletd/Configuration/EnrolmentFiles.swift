// The files that an enrolment or a renewal needs, in memory until it is over: those that the options of a verb name, and those that
// the settings of a renewal do.
import Provisioning

/// The contents of the files; none where nothing was named.
struct EnrolmentFiles: ~Copyable {
    private(set) var anchors = FileReader(capacity: EnrolmentCommand.maximumFile)
    private(set) var password = FileReader(capacity: KeyCommands.maximumBytes)
    private(set) var keys = FileReader(capacity: KeyCommands.maximumBytes)
    private(set) var certificate = FileReader(capacity: EnrolmentCommand.maximumFile)
    private(set) var key = FileReader(capacity: EnrolmentCommand.maximumFile)

    /// Reads what the server is known by, and what it knows us by but for a certificate.
    /// - Parameters: paths; empty for none.
    mutating func read(
        anchors: Span<UInt8>, password: Span<UInt8>, preSharedKeys: Span<UInt8>
    ) throws(ConfigurationError) {
        try Self.read(anchors, "the anchors", &self.anchors)
        try Self.read(password, "the password", &self.password)
        try Self.read(preSharedKeys, "the pre-shared keys", &keys)
    }

    /// Reads the identity that is shown to the server.
    /// - Parameters: paths; empty for none.
    mutating func read(certificate: Span<UInt8>, key: Span<UInt8>) throws(ConfigurationError) {
        try Self.read(certificate, "the certificate", &self.certificate)
        try Self.read(key, "the key", &self.key)
    }

    /// Takes the identity of a store as the one that is shown.
    mutating func readIdentity(of store: Span<UInt8>, warn: (Message) -> Void) throws(ConfigurationError) {
        try certificate.loadIdentity(store, line: 0, warn)
        try certificate.take(.chain, of: store, line: 0)
        certificate.forgetIdentity()
        try key.loadIdentity(store, line: 0, warn)
        try key.take(.key, of: store, line: 0)
    }

    private static func read(
        _ path: Span<UInt8>, _ what: StaticString, _ file: inout FileReader
    ) throws(ConfigurationError) {
        guard !path.isEmpty else { return }
        try file.read(path, what: what, line: 0)
    }

    mutating func wipe() {
        password.wipe()
        keys.wipe()
        key.wipe()
    }
}
