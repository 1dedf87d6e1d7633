// The options that `connect` and `serve` have in common, and their words made into values.
import ArgumentParser
import TLS

/// What is offered or accepted in a handshake, and how long things may take.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The policy that says what may be used: see 'swiftlet policy list' (default).", valueName: "name"),
        completion: .policies, transform: readPolicy)
    var policy = Policy.default

    @Option(
        help: ArgumentHelp(
            "Versions of TLS that may be used, such as 1.2,1.3; those of the policy by default.", valueName: "a,b"),
        completion: .list(["1.2", "1.3", "1.2,1.3"]), transform: readVersions)
    var versions: [ProtocolVersion]?

    @Option(
        help: ArgumentHelp(
            "Cipher suites by their IANA names, best first; those of the policy by default.", valueName: "a,b"),
        transform: readCipherSuites)
    var ciphers: [CipherSuite]?

    @Option(
        help: ArgumentHelp(
            "Groups for the key exchange by their IANA names, best first; those of the policy by default.",
            valueName: "a,b"),
        completion: .list(["x25519", "secp256r1", "secp384r1"]), transform: readGroups)
    var groups: [NamedGroup]?

    @Option(help: ArgumentHelp("Application protocols (ALPN), best first.", valueName: "a,b"), transform: readProtocols)
    var alpn: [String] = []

    @Option(
        help: ArgumentHelp(
            "Revocation lists of which a current one must cover the peer and each authority below the anchor; repeatable.",
            valueName: "file"), completion: .file())
    var crl: [String] = []

    @Option(
        help: ArgumentHelp(
            "The most bytes in one record either way, 512 to 16384 (the policy's; what is sent over a serial line: a fifth of a second's).",
            valueName: "n"),
        transform: readRecordSize)
    var recordSize: Int?

    @Option(
        help: ArgumentHelp(
            "Begin with the words of this protocol, then TLS: smtp (RFC 3207). Without TLS nothing goes on.",
            valueName: "protocol"))
    var starttls: StartTLSProtocol?

    @Option(
        help: ArgumentHelp(
            "The time at which certificates are judged, such as 2026-03-01T12:00:00Z; now by default.", valueName: "t"),
        transform: timeOption)
    var time: Int64?

    @Option(
        help: ArgumentHelp("Seconds that connecting and the handshake may take.", valueName: "s"),
        transform: readSeconds)
    var timeout: Int32 = 30_000

    @Option(
        help: ArgumentHelp("Seconds to wait for the peer's end after our own (2).", valueName: "s"),
        transform: readSeconds)
    var linger: Int32 = 2000

    @OptionGroup var keys: PreSharedKeyOptions

    @OptionGroup var rawKeys: RawPublicKeyOptions

    @Flag(
        help:
            "Allow RSA key transport in TLS 1.2: no forward secrecy, and a server decrypts for whoever comes. For old peers alone."
    )
    var unsafeRsaKeyTransport = false

    @Flag(
        help:
            "Go on in TLS 1.2 with a peer that has no extended master secret (RFC 7627): nothing can be bound to the connection. For old peers alone."
    )
    var unsafeNoExtendedMasterSecret = false

    @Option(
        help: ArgumentHelp(
            "The PIN of the token that --key pkcs11:... is in, in the first line of a file; its pin-source by default.",
            valueName: "file"), completion: .file())
    var pkcs11PinFile: String?

    @Option(
        help: ArgumentHelp(
            "Append the secrets of each connection to this file, for Wireshark. Who has them can read and forge all of it.",
            valueName: "file"), completion: .file())
    var unsafeKeylog: String?
}

private func words(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
}

private func readVersions(_ text: String) throws -> [ProtocolVersion] {
    try unique(
        words(text).map { word in
            guard let version = ProtocolVersion(number: Array(word.utf8).span) else {
                throw ValidationError("'\(escaped(word))' is no version that is supported; give 1.2 or 1.3 or both")
            }
            return version
        })
}

private func readCipherSuites(_ text: String) throws -> [CipherSuite] {
    try unique(
        words(text).map { word in
            guard let suite = CipherSuite(name: Array(word.utf8).span) else {
                throw ValidationError(
                    "'\(escaped(word))' is no cipher suite that is supported; give for example TLS_AES_128_GCM_SHA256")
            }
            return suite
        })
}

private func readGroups(_ text: String) throws -> [NamedGroup] {
    try unique(
        words(text).map { word in
            guard let group = NamedGroup(name: Array(word.utf8).span) else {
                throw ValidationError("'\(escaped(word))' is no group; give x25519, secp256r1 or secp384r1")
            }
            return group
        })
}

private func readProtocols(_ text: String) throws -> [String] {
    try unique(
        words(text).map { word in
            guard (1...255).contains(word.utf8.count) else {
                throw ValidationError("an application protocol has 1 to 255 bytes; give for example http/1.1")
            }
            return word
        })
}

private func readRecordSize(_ text: String) throws -> Int {
    let range = Limits.fragmentRange
    guard let size = Int(text), range ~= size else {
        throw ValidationError(
            "'\(escaped(text))' is no size of a record; give a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return size
}

private func unique<Value: Equatable>(_ values: [Value]) throws -> [Value] {
    for (index, value) in values.enumerated() where values[..<index].contains(value) {
        throw ValidationError("one value stands twice; give each once")
    }
    return values
}

/// Seconds, with a fraction if wanted, as milliseconds.
private func readSeconds(_ text: String) throws -> Int32 {
    guard let value = Double(text), value.isFinite, value >= 0, value <= 86_400 else {
        throw ValidationError("'\(escaped(text))' is no number of seconds from 0 to 86400")
    }
    return Int32((value * 1000).rounded(.up))
}
