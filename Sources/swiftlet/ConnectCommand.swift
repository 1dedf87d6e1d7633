// swiftlet connect: stdin to the peer, peer to stdout, over TLS.
import ArgumentParser
import Bytes
import CLinux
import TLS
import TLSCrypto
import Transport
import X509

/// `swiftlet connect`.
struct ConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Connect to a TLS server: stdin to the peer, peer to stdout.",
        discussion: """
            ENDPOINT is HOST:PORT, [V6]:PORT, unix:PATH, unix:@ABSTRACT, serial:PATH,BAUD or link:PATH,BAUD. Nothing is \
            trusted by default: give --ca, --pin, --raw-public-key, --psk-file or --unsafe-no-verify. With \
            several of the first four the server chooses. At the end of stdin close_notify is sent, and what the peer still sends is read until \
            its own end or for --linger seconds. A summary of the handshake goes to stderr.
            """)

    @Argument(help: "Where to connect to.")
    var endpoint: String

    @Option(
        help: ArgumentHelp(
            "The name to ask for and to verify; the endpoint's host by default.", valueName: "name"))
    var servername: String?

    @Option(help: ArgumentHelp("Trust anchors; may be repeated.", valueName: "file"), completion: .file())
    var ca: [String] = []

    @Option(
        help: ArgumentHelp(
            "The key that the peer's certificate must have; may be repeated.", valueName: "sha256/base64"),
        transform: pinOption)
    var pin: [[UInt8]] = []

    @Option(help: ArgumentHelp("Our certificate, then its intermediates.", valueName: "file"), completion: .file())
    var cert: String?

    @Option(
        help: ArgumentHelp("Our certificate's key: a file, or pkcs11:... in a token.", valueName: "key"),
        completion: .file())
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Resume the session in this file, which need not exist, and keep the next one there.", valueName: "file"),
        completion: .file())
    var session: String?

    @Option(
        help: ArgumentHelp(
            "With --session, send this file before stdin, early where the server takes it: it may be replayed.",
            valueName: "file"), completion: .file())
    var earlyData: String?

    @Option(
        help: ArgumentHelp(
            "Print keying material of so many bytes, exported under this label, in hexadecimal on stderr.",
            valueName: "label:len"),
        transform: ExporterOption.init)
    var export: ExporterOption?

    @Option(
        help: ArgumentHelp(
            "Ask for an OCSP response beside the certificate and write it to this file, in DER. It is not looked at.",
            valueName: "file"), completion: .file())
    var ocspStaple: String?

    @OptionGroup var options: TLSOptions

    @Flag(help: "Print one JSON object on stderr.")
    var json = false

    @Flag(help: "Accept any certificate. For looking at a server, never for talking to it.")
    var unsafeNoVerify = false

    /// Whether a server can be known by a key that we were given.
    private var trustsKeys: Bool { options.keys.isGiven || options.rawKeys.trustsKeys }

    func validate() throws {
        guard !ca.isEmpty || !pin.isEmpty || trustsKeys || unsafeNoVerify else {
            throw ValidationError(
                "nothing is trusted by default; give --ca, --pin, --raw-public-key, --psk-file or --unsafe-no-verify")
        }
        guard !unsafeNoVerify || (ca.isEmpty && pin.isEmpty && !trustsKeys) else {
            throw ValidationError(
                "--unsafe-no-verify would leave --ca, --pin, --raw-public-key and --psk-file without effect; give one or the other"
            )
        }
        guard !options.keys.isGiven || options.keys.pskIdentity != nil else {
            throw ValidationError("a client shows one pre-shared key; name it with --psk-identity")
        }
        guard (cert == nil) == (key == nil) else {
            throw ValidationError("--cert and --key belong together; give both")
        }
        guard earlyData == nil || session != nil else {
            throw ValidationError("--early-data goes with a session to resume; give --session")
        }
        guard pin.count <= 8 else { throw ValidationError("--pin may be given 8 times at most") }
    }

    func run() throws {
        let endpoint = try swiftlet.endpoint(endpoint)
        let name = try PeerName(servername, endpoint)
        guard !name.isEmpty || ca.isEmpty else {
            throw usageError("no name to verify the peer by; give --servername")
        }
        let identities = cert.flatMap { cert in key.map { [IdentityFiles(certificate: cert, key: $0)] } } ?? []
        let context = try TLSContext(options, endpoint, anchorFiles: ca, identities: identities) { configuration in
            try options.checkKeyTransport(configuration, for: .client)
            configuration.serverName = name.serverName
            configuration.requestsOCSPStaple = ocspStaple != nil
            configuration.trust.names = ReferenceIdentities(name.identity)
            configuration.trust.unsafeAcceptsAnyCertificate = unsafeNoVerify
            for pin in self.pin { configuration.trust.pins.append(Trust.Pin { pin[$0] }) }
            try options.keys.apply(to: &configuration, for: .client, warns: !json)
        }
        let early = try earlyData.map { try readFile($0, "the early data") } ?? []
        var stream: EndpointTransport
        let start = swl_monotonic_milliseconds()
        do throws(TransportError) {
            stream = try connected(to: endpoint, milliseconds: options.timeout)
        } catch {
            throw transportError(error, self.endpoint)
        }
        func left() -> Int32 {
            Int32(clamping: max(Int64(options.timeout) - (swl_monotonic_milliseconds() - start), 0))
        }
        if options.starttls != nil { try stream.startTLS(milliseconds: left(), self.endpoint) }
        var pump = try context.connection(
            .client, over: stream, in: ConnectionMemory(context.configuration.limits),
            time: options.time ?? swl_realtime_seconds())
        let sessionFile = session.map { SessionFile(path: $0) }
        if let sessionFile, try !sessionFile.offer(to: &pump, context), !json {
            writeError(
                "swiftlet: the session in '\(escaped(sessionFile.path))' is damaged, too old or another server's; "
                    + "a full handshake takes its place\n")
        }
        if !early.isEmpty { _ = try pump.connection.offerEarlyData(context.configuration) }
        var session = ConnectSession(
            pump, context, endpoint: self.endpoint, serverName: escaped(name.serverName.bytes),
            expectedName: name.text, sessionFile: sessionFile, exporter: export, staplePath: ocspStaple,
            earlyData: early)
        try session.run(timeout: left(), linger: options.linger, json: json)
    }
}

/// The pin that --pin names: 32 bytes.
private func pinOption(_ text: String) throws -> [UInt8] {
    let prefix = "sha256/"
    let base64 = Array(text.dropFirst(prefix.count).utf8)
    guard text.hasPrefix(prefix),
        let hash = try? built(64, { out throws(CryptoError) in try decodeBase64(base64.span, into: &out) }),
        hash.count == 32
    else {
        throw ValidationError(
            "'\(escaped(text))' is no pin; give sha256/ and 44 characters of base64, as 'swiftlet inspect' prints it")
    }
    return hash
}

/// The name that a server is asked for and verified by.
private struct PeerName {
    /// What must stand in the certificate.
    let identity: ReferenceIdentity
    /// The name as it was given; empty for none.
    let text: String

    init(_ option: String?, _ endpoint: Endpoint) throws {
        var name = option ?? ""
        if option == nil, case .tcp(let tcp) = endpoint {
            name = String(decoding: array(tcp.host.bytes), as: UTF8.self)
        }
        text = name
        guard !name.isEmpty else {
            identity = .any
            return
        }
        guard let identity = try? ReferenceIdentity(Array(name.utf8).span) else {
            throw usageError("'\(escaped(name))' is no DNS name and no IP address; give --servername")
        }
        self.identity = identity
    }

    var isEmpty: Bool { text.isEmpty }

    /// What server_name says: DNS names alone (RFC 6066 §3).
    var serverName: BoundedBytes<253> {
        if case .dns(let name) = identity { name } else { BoundedBytes() }
    }
}
