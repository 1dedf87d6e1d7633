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
        let anchors = try anchorFiles.flatMap { try readCertificates($0, "the anchor file") }
        let chains = try identities.map { try readCertificates($0.certificate, "the certificate") }
        let staples = try identities.map { try $0.ocspStaple.map(readOCSPStaple) ?? [] }
        let lists = try options.crl.flatMap { try readRevocationLists($0) }
        guard lists.isEmpty || !anchors.isEmpty else {
            throw usageError("--crl has no use without anchors to verify the peer with; give those as well")
        }
        let anchorBytes = anchors.reduce(0) { $0 + $1.count + 3 }
        let chainBytes =
            chains.joined().reduce(options.rawKeys.ownKeyBytes) { $0 + $1.count + 5 }
            + staples.reduce(0) { $0 + $1.count + 12 }
        let listBytes = lists.reduce(0) { $0 + $1.count + 3 }
        var arena = permanentArena(anchorBytes + chainBytes + listBytes + 3 * Region.alignment)
        var configuration = Configuration(
            anchors: try arena.take(anchorBytes), chains: try arena.take(chainBytes),
            revocationLists: try arena.take(listBytes))
        for (index, der) in anchors.enumerated() {
            do throws(TLSError) {
                try configuration.trust.addAnchor(der.span)
            } catch {
                // A bundle may hold what we cannot read; it then vouches for nobody.
                guard anchors.count > 1 else { throw anchorError(error, anchorFiles, index) }
            }
        }
        for der in lists {
            do throws(TLSError) {
                try configuration.trust.addRevocationList(der.span)
            } catch {
                throw listError(error)
            }
        }
        // A workstation has the memory for long chains, on either side.
        configuration.limits = Limits(
            inboundFragment: options.recordSize ?? options.policy.recordSize,
            outboundFragment: options.recordSize ?? min(endpoint.usualRecordSize, options.policy.recordSize),
            handshakeMessage: 65_536)
        var keys: [KeyBox] = []
        for ((files, chain), staple) in zip(zip(identities, chains), staples) {
            if files.isKeyInToken {
                let key = try tokenKey(files.key, pinFile: options.pkcs11PinFile, chain)
                try addIdentity(chain, key.kind, key.description.schemes, to: &configuration)
                if !staple.isEmpty { try configuration.identities.staple(staple.span, to: keys.count) }
                keys.append(KeyBox(key))
                continue
            }
            let key = try loadKey(readSecretFile(files.key, "the key"), from: files.key)
            try checkPair(key, chain[0], files)
            try addIdentity(chain, key.kind, to: &configuration)
            if !staple.isEmpty { try configuration.identities.staple(staple.span, to: keys.count) }
            keys.append(KeyBox(key))
        }
        if let key = try options.rawKeys.addOwnKey(to: &configuration) { keys.append(key) }
        try apply(options, to: &configuration)
        configuration.unsafeKeyLog = try options.unsafeKeylog.map(keyLog)
        try adjust(&configuration)
        try options.rawKeys.trustPeers(in: &configuration)
        self.configuration = configuration
        self.keys = keys
        self.anchors = anchors
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

private func anchorError(_ error: TLSError, _ files: [String], _ index: Int) -> CommandError {
    fileError("cannot use an anchor of '\(escaped(files[0]))': \(describe(error)); give a certificate of an authority")
}

private func listError(_ error: TLSError) -> CommandError {
    let fault = if case .badCertificate(let fault) = error { reason(fault) } else { describe(error) }
    return fileError("cannot use a revocation list: it \(fault); get the issuer's current complete list")
}

/// The OCSP response in a file, in DER. Whether it is good is for the clients to judge.
private func readOCSPStaple(_ path: String) throws -> [UInt8] {
    let response = try readFile(path, "the OCSP response")
    guard response.first == DERTag.sequence.rawValue, response.count <= Identities.longestOCSPStaple else {
        throw fileError(
            "cannot staple '\(escaped(path))': it is no OCSP response in DER of at most \(Identities.longestOCSPStaple) bytes; "
                + "get one with 'openssl ocsp -respout'")
    }
    return response
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

private func addIdentity(
    _ chain: [[UInt8]], _ kind: PublicKeyKind,
    _ schemes: FixedList<8, SignatureScheme> = FixedList(filler: .ecdsa_secp256r1_sha256),
    to configuration: inout Configuration
) throws {
    do throws(TLSError) {
        try configuration.identities.add(sequenceBytes(chain).span, key: kind, schemes: schemes)
    } catch {
        throw usageError("cannot take so many certificates: at most \(Identities.capacity) pairs of --cert and --key")
    }
}

/// Refuses an option that would allow what the policy does not: options narrow it down.
private func checkWithin<Value: Codepoint>(
    _ policy: Policy, _ values: [Value], _ option: String, _ contains: (Value) -> Bool
) throws {
    guard let other = values.first(where: { !contains($0) }) else { return }
    throw usageError("\(option) has \(name(other)), which the policy \(policy.text) has not; leave one of the two out")
}

private func apply(_ options: TLSOptions, to configuration: inout Configuration) throws {
    let policy = options.policy
    policy.apply(to: &configuration, chaCha20First: ProcessorSpeed.chaCha20First)
    if options.unsafeRsaKeyTransport { configuration.allowUnsafeRSAKeyTransport() }
    configuration.unsafeAllowsMissingExtendedMasterSecret = options.unsafeNoExtendedMasterSecret
    if let suites = options.ciphers {
        if let other = suites.first(where: \.transportsKey), !options.unsafeRsaKeyTransport {
            throw usageError("\(name(other)) takes --unsafe-rsa-key-transport; give that, or leave the suite out")
        }
        let allowed = configuration.cipherSuites
        try checkWithin(policy, suites, "--ciphers") { allowed.contains($0) }
        configuration.cipherSuites.removeAll()
        for suite in suites { configuration.cipherSuites.append(suite) }
    }
    if let versions = options.versions {
        try checkWithin(policy, versions, "--versions") { policy.versions.contains($0) }
        configuration.versions.removeAll()
        for version in versions { configuration.versions.append(version) }
    }
    guard configuration.supports(.tls13) || configuration.supports(.tls12) else {
        throw usageError("no cipher suite belongs to a version that may be used; change --ciphers or --versions")
    }
    guard !options.unsafeRsaKeyTransport || configuration.versions.contains(.tls12) else {
        throw usageError("--unsafe-rsa-key-transport is for TLS 1.2, which may not be used; leave it out")
    }
    if let groups = options.groups {
        try checkWithin(policy, groups, "--groups") { policy.groups.contains($0) }
        configuration.groups.removeAll()
        for group in groups { configuration.groups.append(group) }
    }
    for name in options.alpn {
        guard configuration.applicationProtocols.append(Array(name.utf8).span) else {
            throw usageError("the application protocols are longer than 255 bytes together; give fewer")
        }
    }
}
