// What a tunnel's settings name, loaded and checked: our certificates parse, the key is the leaf's, the anchors parse.
// Everything ends up in one TLS configuration and a signer.
import Bytes
import CLinux
import Provisioning
import TLS
import TLSCrypto
import Transport
import X509

/// What the connections of one tunnel show and trust.
struct TunnelMaterial: ~Copyable {
    var configuration: Configuration
    var signer: Signer
    /// The identity store's generation that it came from; nil where it came from files.
    let stored: StoreMetadata?
    /// Our own chain.
    let chain: Region

    /// The largest file, in bytes.
    static let maximumFile = 262_144

    /// Loads what `settings` names.
    /// - Parameters:
    ///   - files: reads the files.
    ///   - memory: where all of it goes.
    ///   - opening: when a token is opened.
    ///   - warn: takes each warning, already complete but for the name of the tunnel.
    init(
        _ settings: TunnelSettings, _ files: inout FileReader, _ memory: inout MaterialMemory,
        _ opening: TokenOpening, warn: (Message) -> Void
    ) throws(ConfigurationError) {
        var loader = MaterialLoader()
        var stored: StoreMetadata?
        if !settings.identity.isEmpty {
            stored = try files.loadIdentity(settings.identity.bytes, line: settings.identityLine, warn).metadata
        }
        let hasCertificate = !settings.certificate.isEmpty || !settings.identity.isEmpty
        let chain = hasCertificate ? try loader.certificates(.chain, settings, &files, &memory, warn) : Region()
        let hasAnchors = !settings.anchors.isEmpty || settings.usesStoredAnchors
        let anchors = !hasAnchors ? Region() : try loader.certificates(.anchors, settings, &files, &memory, warn)
        let lists = settings.crls.isEmpty ? Region() : try loader.certificates(.lists, settings, &files, &memory, warn)
        var configuration = Configuration(
            anchors: try memory.region(anchors.count),
            chains: try memory.region(chain.count + 2 * loader.chainCount + (settings.rawKey.isEmpty ? 0 : 640)),
            revocationLists: try memory.region(Self.listCapacity(lists.count)))
        settings.policy.apply(to: &configuration, chaCha20First: ProcessorSpeed.chaCha20First)
        if settings.unsafeRSAKeyTransport { configuration.allowUnsafeRSAKeyTransport() }
        configuration.unsafeAllowsMissingExtendedMasterSecret = settings.unsafeNoExtendedMasterSecret
        configuration.limits = settings.limits
        configuration.applicationProtocols = settings.protocols
        configuration.serverName = settings.serverName
        configuration.clientCertificates = settings.clientCertificates
        configuration.trust.names = settings.peerNames
        try loader.trust(anchors.bytes, in: &configuration, line: settings.anchorsLine)
        try Self.trust(lists: lists.bytes, in: &configuration, settings)
        try loader.preSharedKeys(settings, &files, &memory, warn, in: &configuration)
        try loader.rawPublicKeys(settings, &files, &memory, in: &configuration)
        let uri = try loader.uri(settings, &files)
        let token = try loader.token(uri, settings, opening, warn, chain: chain.bytes, in: &configuration)
        let own = try loader.signer(uri, settings, &files, warn, chain: chain.bytes, in: &configuration)
        let signer = Signer(own, token, try loader.rawKey(settings, &files, warn, in: &configuration))
        try settings.checkKeyTransport(configuration, warn)
        self.signer = signer
        self.stored = stored
        self.chain = chain
        self.configuration = configuration
    }
}

/// Loads files for one tunnel.
struct MaterialLoader {
    /// Certificates in our own chain.
    private(set) var chainCount = 0

    enum Kind {
        case chain, anchors, lists

        /// What the file is, for messages.
        var name: StaticString {
            switch self {
            case .chain: "the certificate"
            case .anchors: "the anchors"
            case .lists: "the revocation lists"
            }
        }

        var label: StaticString { self == .lists ? "X509 CRL" : "CERTIFICATE" }

        /// The file of the identity store that it is; nil where it is a file of its own.
        fileprivate func stored(_ settings: TunnelSettings) -> IdentityFile? {
            switch self {
            case .chain: settings.identity.isEmpty ? nil : .chain
            case .anchors: settings.usesStoredAnchors ? .anchors : nil
            case .lists: nil
            }
        }

        fileprivate func path(_ settings: TunnelSettings) -> TunnelSettings.Path {
            switch self {
            case .chain: settings.identity.isEmpty ? settings.certificate : settings.identity
            case .anchors: settings.usesStoredAnchors ? settings.identity : settings.anchors
            case .lists: settings.crls
            }
        }

        fileprivate func line(_ settings: TunnelSettings) -> Int {
            switch self {
            case .chain: settings.identity.isEmpty ? settings.certificateLine : settings.identityLine
            case .anchors: settings.usesStoredAnchors ? settings.identityLine : settings.anchorsLine
            case .lists: settings.crlsLine
            }
        }
    }

    /// The certificates of a PEM file, as `CertificateSequence` reads them, each of them parsed once; or its revocation lists.
    mutating func certificates(
        _ kind: Kind, _ settings: TunnelSettings, _ files: inout FileReader, _ memory: inout MaterialMemory,
        _ warn: (Message) -> Void
    ) throws(ConfigurationError) -> Region {
        let (path, line) = (kind.path(settings), kind.line(settings))
        if let stored = kind.stored(settings) {
            try files.take(stored, of: path.bytes, line: line)
        } else {
            try files.read(path.bytes, what: kind.name, line: line)
        }
        // A buffer as large as the text is always large enough.
        var decoded = try memory.region(files.contents.count)
        var room = decoded.mutableBytes
        let count: Int
        do throws(PEMError) {
            count = try PEM.decode(files.contents, label: kind.label, into: &room)
        } catch {
            throw Self.error(kind, path, error, line)
        }
        var exact = try memory.region(count)
        var target = exact.mutableBytes
        target.copy(decoded.bytes.extracting(0..<count), at: 0)
        if kind != .lists { try check(exact.bytes, kind, path, line, warn) }
        return exact
    }

    static func error(
        _ kind: Kind, _ path: TunnelSettings.Path, _ error: PEMError, _ line: Int
    ) -> ConfigurationError {
        var message = Message("cannot use ")
        message.add(kind.name)
        message.add(" ")
        message.add(escaped: path.bytes)
        if error.line > 0 {
            message.add(" from its line ")
            message.add(error.line)
        }
        message.add(": ")
        message.add(error.reason.description)
        message.add("; expected PEM, BEGIN ")
        message.add(kind.label)
        return ConfigurationError(line, message)
    }

    private mutating func check(
        _ sequence: Span<UInt8>, _ kind: Kind, _ path: TunnelSettings.Path, _ line: Int, _ warn: (Message) -> Void
    ) throws(ConfigurationError) {
        var reader = CertificateSequence(sequence, .plain).reader
        var index = 0
        do throws(X509Error) {
            while let der = try reader.next() {
                let certificate = try Certificate(der)
                _ = try certificate.publicKey
                warnOfTime(certificate, index, path, warn)
                index += 1
            }
        } catch {
            var message = Message("certificate ")
            message.add(index + 1)
            message.add(" in ")
            message.add(escaped: path.bytes)
            message.add(" ")
            message.add(error.reason.description)
            message.add("; replace it")
            throw ConfigurationError(line, message)
        }
        if kind == .chain { chainCount = index }
    }

    /// Warns of a certificate that is not valid now or will soon not be.
    private func warnOfTime(
        _ certificate: borrowing Certificate, _ index: Int, _ path: TunnelSettings.Path, _ warn: (Message) -> Void
    ) {
        let now = swl_realtime_seconds()
        let day: Int64 = 86_400
        var message = Message("certificate ")
        message.add(index + 1)
        message.add(" in ")
        message.add(escaped: path.bytes)
        if certificate.notAfter < now {
            message.add(" has expired; renew it")
        } else if certificate.notBefore > now {
            message.add(" is not valid yet; check the clock of this machine")
        } else if certificate.notAfter - now < 14 * day {
            message.add(" expires in ")
            message.add(Int((certificate.notAfter - now) / day))
            message.add(" days; renew it")
        } else {
            return
        }
        warn(message)
    }

    /// Makes the certificates in `sequence` the anchors of a configuration.
    func trust(
        _ sequence: Span<UInt8>, in configuration: inout Configuration, line: Int
    ) throws(ConfigurationError) {
        var reader = ByteReader(sequence)
        while let der = reader.readVector24() {
            do throws(TLSError) {
                try configuration.trust.addAnchor(der)
            } catch {
                throw ConfigurationError(line, "an anchor cannot be used; check the file")
            }
        }
    }

    /// Makes `chain` the identity of a configuration, and its key the signer; without a chain, or with the URI of a key in a
    /// token, there is none.
    func signer(
        _ uri: TokenText, _ settings: TunnelSettings, _ files: inout FileReader, _ warn: (Message) -> Void,
        chain: Span<UInt8>, in configuration: inout Configuration
    ) throws(ConfigurationError) -> SigningKey? {
        guard !chain.isEmpty, uri.isEmpty else { return nil }
        let key = try key(settings, &files, warn, chain: chain)
        try Self.add(chain, key.kind, FixedList(filler: .ecdsa_secp256r1_sha256), settings, to: &configuration)
        return key
    }

    /// Makes `chain` the identity of a configuration.
    /// - Parameter own: what its key can sign with; empty for whatever its kind can.
    static func add(
        _ chain: Span<UInt8>, _ kind: PublicKeyKind, _ own: FixedList<8, SignatureScheme>,
        _ settings: TunnelSettings, to configuration: inout Configuration
    ) throws(ConfigurationError) {
        let line = settings.identity.isEmpty ? settings.certificateLine : settings.identityLine
        let schemes = try settings.schemes(for: kind, among: own, "the key of the certificate", line)
        do throws(TLSError) {
            try configuration.identities.add(chain, key: kind, schemes: schemes)
        } catch {
            throw ConfigurationError(
                settings.certificateLine, "certificate ", settings.certificate.bytes,
                " cannot be used; give a chain of certificates, leaf first")
        }
    }

    /// The key of a tunnel, which must be the leaf's.
    private func key(
        _ settings: TunnelSettings, _ files: inout FileReader, _ warn: (Message) -> Void, chain: Span<UInt8>
    ) throws(ConfigurationError) -> SigningKey {
        let isStored = !settings.identity.isEmpty
        let path = isStored ? settings.identity : settings.key
        let line = isStored ? settings.identityLine : settings.keyLine
        // A stored one has been taken, to look for a URI.
        if !isStored { try files.read(path.bytes, what: "the key", line: line) }
        defer { files.wipe() }
        let key = try Self.signingKey(files.contents, path, line)
        guard Self.isKey(key, ofLeafIn: chain) else {
            throw ConfigurationError(
                line, "the key ", path.bytes,
                " is not the key of the first certificate; give the two that belong together")
        }
        // A store has been looked at when it was loaded.
        if !isStored { Self.warnIfReadableByOthers(path, "the key ", warn) }
        return key
    }

    /// A private key out of a file's contents.
    static func signingKey(
        _ contents: Span<UInt8>, _ path: TunnelSettings.Path, _ line: Int
    ) throws(ConfigurationError) -> SigningKey {
        do throws(CryptoError) {
            return try SigningKey(pemOrDER: contents)
        } catch {
            let encrypted = error == .encryptedKey
            throw ConfigurationError(
                line, "cannot use the key ", path.bytes,
                encrypted
                    ? ": it is encrypted; decrypt it with: openssl pkey -in KEY -out NEW"
                    : ": expected an EC key on P-256 or P-384 or an RSA key of 2048 to 4096 bits, PKCS#8, SEC1 or PKCS#1"
            )
        }
    }

    private static func isKey(_ key: borrowing SigningKey, ofLeafIn chain: Span<UInt8>) -> Bool {
        var reader = ByteReader(chain)
        guard let leaf = reader.readVector24() else { return false }
        do throws(X509Error) {
            let publicKey = try Certificate(leaf).publicKey
            do throws(CryptoError) { return try key.matches(publicKey) } catch { return false }
        } catch {
            return false
        }
    }

    /// Says so where others can read a file with secrets.
    static func warnIfReadableByOthers(_ path: TunnelSettings.Path, _ what: StaticString, _ warn: (Message) -> Void) {
        guard isReadableByOthers(path) else { return }
        var message = Message(what)
        message.add(escaped: path.bytes)
        message.add(" can be read by others; chmod it to 0600")
        warn(message)
    }

    private static func isReadableByOthers(_ path: TunnelSettings.Path) -> Bool {
        var status = swl_file_status()
        let bytes = path.bytes
        // The call reads the path and writes the status.
        let result = unsafe bytes.withUnsafeBufferPointer { path in
            guard let base = path.baseAddress else { return -SWL_EINVAL }
            return unsafe swl_path_status(SWL_WORKING_DIRECTORY, base, path.count, &status)
        }
        return result >= 0 && status.kind == SWL_KIND_FILE && status.permissions & 0o077 != 0
    }
}
