// A TLS configuration made from options, with the private keys that sign for it. One context serves every connection of
// the process; its memory is taken once and kept to the end.
import Bytes
import Provisioning
import TLS
import TLSCrypto
import Transport
import X509

/// A certificate chain and its key, as files; the key may be a PKCS#11 URI.
struct IdentityFiles {
    let certificate: String
    let key: String
    /// An OCSP response for the certificate; nil for none.
    var ocspStaple: String?

    /// Whether the key is in a token.
    var isKeyInToken: Bool { PKCS11URI.isMeant(Array(key.utf8).span) }
}

/// What connections are made with.
final class TLSContext {
    private(set) var configuration: Configuration
    /// The keys of the identities, in their order.
    let keys: [KeyBox]
    /// The anchors in DER, for messages.
    let anchors: [[UInt8]]

    /// Loads the files and fills in the configuration.
    /// - Parameters:
    ///   - endpoint: where the connections lead to or come from.
    ///   - adjust: what belongs to one role alone.
    init(
        _ options: TLSOptions, _ endpoint: Endpoint, anchorFiles: [String], identities: [IdentityFiles],
        adjust: (inout Configuration) throws -> Void
    ) throws {
        guard options.pkcs11PinFile == nil || identities.contains(where: \.isKeyInToken) else {
            throw usageError("--pkcs11-pin-file is for a key in a token; give --key pkcs11:...")
        }
        let files = try TLSFiles(options, anchorFiles: anchorFiles, identities: identities)
        var configuration = try files.makeConfiguration(ownKeyBytes: options.rawKeys.ownKeyBytes)
        // A workstation has the memory for long chains, on either side.
        configuration.limits = Limits(
            inboundFragment: options.recordSize ?? options.policy.recordSize,
            outboundFragment: options.recordSize ?? min(endpoint.usualRecordSize, options.policy.recordSize),
            handshakeMessage: 65_536)
        var keys: [KeyBox] = []
        for (index, pair) in identities.enumerated() {
            keys.append(try addIdentity(pair, files.chains[index], options, to: &configuration))
            let staple = files.staples[index]
            if !staple.isEmpty { try configuration.identities.staple(staple.span, to: index) }
        }
        if let key = try options.rawKeys.addOwnKey(options.policy, to: &configuration) { keys.append(key) }
        try options.apply(to: &configuration)
        configuration.unsafeKeyLog = try options.unsafeKeylog.map(keyLog)
        try adjust(&configuration)
        try options.rawKeys.trustPeers(in: &configuration)
        self.configuration = configuration
        self.keys = keys
        anchors = files.anchors
    }
}

extension TLSContext {
    /// Sees to it that the key that seals tickets is no older than an hour.
    func rotateTicketKeys(at time: CurrentTime) throws(TLSError) { try configuration.tickets.rotate(at: time) }
}

extension Configuration {
    /// Issues `count` tickets after each handshake; none for 0.
    mutating func issueTickets(_ count: Int, at time: CurrentTime) throws {
        guard count > 0 else { return }
        var arena = permanentArena(TicketKeys.memoryBytes + Region.alignment)
        tickets = TicketKeys(in: try arena.take(TicketKeys.memoryBytes))
        try tickets.enable(count: count, context: Array("swiftlet serve".utf8).span, at: time)
    }
}

extension Configuration {
    /// Takes early data with tickets.
    mutating func acceptEarlyData(at time: CurrentTime) throws {
        let size = ReplayWindow.memoryBytes(entries: 256)
        var arena = permanentArena(size + Region.alignment)
        unsafeEarlyData = ReplayWindow(in: try arena.take(size))
        try unsafeEarlyData.enable(maximumSize: 16384, at: time)
    }
}

/// Memory that is kept until the process ends.
func permanentArena(_ count: Int) -> Arena {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: Region.alignment)
    // It is never freed, so it outlives every region cut from it.
    return unsafe Arena(unsafe: memory)
}

/// A region that is kept until the process ends.
func permanentRegion(_ count: Int) -> Region {
    // As above.
    unsafe Region(unsafe: .allocate(byteCount: max(count, 0), alignment: Region.alignment))
}

/// Refuses a key that is not the certificate's.
private func checkPair(_ key: borrowing SigningKey, _ leaf: [UInt8], _ files: IdentityFiles) throws {
    let names = "'\(escaped(files.certificate))'"
    let matches: Bool
    do {
        matches = try key.matches(publicKeyInfo: Certificate(leaf.span).subjectPublicKeyInfo)
    } catch {
        throw fileError("cannot use the certificate \(names): it is malformed; restore the file")
    }
    guard matches else {
        throw usageError(
            "the key '\(escaped(files.key))' does not belong to the first certificate in \(names); give the pair")
    }
}

/// Loads the key of a pair and has it and its chain shown to peers.
private func addIdentity(
    _ files: IdentityFiles, _ chain: [[UInt8]], _ options: TLSOptions, to configuration: inout Configuration
) throws -> KeyBox {
    if files.isKeyInToken {
        let key = try tokenKey(files.key, pinFile: options.pkcs11PinFile, chain)
        try addIdentity(chain, key.kind, options.policy, key.description.schemes, to: &configuration)
        return KeyBox(key)
    }
    let key = try loadKey(readSecretFile(files.key, "the key"), from: files.key)
    try checkPair(key, chain[0], files)
    try addIdentity(chain, key.kind, options.policy, to: &configuration)
    return KeyBox(key)
}

private func addIdentity(
    _ chain: [[UInt8]], _ kind: PublicKeyKind, _ policy: Policy,
    _ own: FixedList<8, SignatureScheme> = FixedList(filler: .ecdsa_secp256r1_sha256),
    to configuration: inout Configuration
) throws {
    let schemes = try policy.requireSchemes(for: kind, among: own, "the key of a certificate")
    do throws(TLSError) {
        try configuration.identities.add(sequenceBytes(chain).span, key: kind, schemes: schemes)
    } catch {
        throw usageError("cannot take so many certificates: at most \(Identities.capacity) pairs of --cert and --key")
    }
}
