// swiftlet serve: a TLS server to try clients with.
import ArgumentParser
import Bytes
import CLinux
import TLS
import Transport
import X509

/// `swiftlet serve`.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve TLS: a page about the connection, or what comes, sent back.",
        discussion: """
            ENDPOINT is HOST:PORT (port 0: any), [V6]:PORT, unix:PATH or unix:@ABSTRACT, or, with one connection after \
            the other, serial:PATH,BAUD or link:PATH,BAUD. When ready, one line 'listening ENDPOINT' goes to stdout. With \
            several pairs of --cert and --key the name that the client asks for chooses, and the first pair is the one for \
            all others. A client that offers a pre-shared key of --psk-file is served with that and shows no certificate. A \
            connection that fails is one line on stderr.
            """)

    @Option(help: ArgumentHelp("Where to listen.", valueName: "endpoint"))
    var listen: String

    @Flag(help: "Answer a request with a page that describes the connection.")
    var http = false

    @Flag(help: "Send back what comes.")
    var echo = false

    @Option(
        help: ArgumentHelp("A certificate, then its intermediates; may be repeated.", valueName: "file"),
        completion: .file())
    var cert: [String] = []

    @Option(
        help: ArgumentHelp(
            "The key of the certificate in the same place: a file, or pkcs11:... in a token.", valueName: "key"),
        completion: .file())
    var key: [String] = []

    @Option(
        help: ArgumentHelp(
            "An OCSP response in DER for the certificate in the same place, sent to clients that ask; may be repeated.",
            valueName: "file"), completion: .file())
    var ocspStaple: [String] = []

    @Option(
        help: ArgumentHelp("Trust anchors for clients' certificates; may be repeated.", valueName: "file"),
        completion: .file())
    var clientCa: [String] = []

    @Flag(help: "Refuse clients without a certificate or raw public key.")
    var requireClientCert = false

    @Option(
        help: ArgumentHelp(
            "How many tickets a client gets to resume with, 0 to \(TicketKeys.mostTickets).", valueName: "n"))
    var tickets = 1

    @Flag(
        help: "Take up to 16 KiB of early data (0-RTT) with a ticket. Somebody may have recorded it and send it again.")
    var unsafeEarlyData = false

    @OptionGroup var options: TLSOptions

    /// Whether clients are asked who they are.
    private var verifiesClients: Bool { !clientCa.isEmpty || options.rawKeys.trustsKeys }

    func validate() throws {
        guard http != echo else { throw ValidationError("give one of --http and --echo") }
        guard cert.count == key.count else {
            throw ValidationError(
                "\(cert.count) --cert and \(key.count) --key do not make pairs; give one key for each")
        }
        guard !cert.isEmpty || options.keys.isGiven || options.rawKeys.rawKey != nil else {
            throw ValidationError("a server has to show who it is; give --cert and --key, --raw-key or --psk-file")
        }
        guard ocspStaple.count <= cert.count else {
            throw ValidationError("--ocsp-staple belongs to a certificate; give --cert and --key for each")
        }
        guard cert.count <= Identities.capacity else {
            throw ValidationError("at most \(Identities.capacity) pairs of --cert and --key can be given")
        }
        guard 0...TicketKeys.mostTickets ~= tickets else {
            throw ValidationError("--tickets is a number from 0 to \(TicketKeys.mostTickets)")
        }
        guard !unsafeEarlyData || tickets > 0 else {
            throw ValidationError("--unsafe-early-data needs tickets; give another number with --tickets")
        }
        guard !requireClientCert || verifiesClients else {
            throw ValidationError(
                "--require-client-cert needs to know whom to trust; give --client-ca or --raw-public-key")
        }
    }

    func run() throws {
        let endpoint = try swiftlet.endpoint(listen)
        let identities = zip(cert, key).enumerated().map { index, files in
            IdentityFiles(
                certificate: files.0, key: files.1,
                ocspStaple: ocspStaple.indices.contains(index) ? ocspStaple[index] : nil)
        }
        let context = try TLSContext(options, endpoint, anchorFiles: clientCa, identities: identities) {
            configuration in
            try options.checkKeyTransport(configuration, for: .server)
            configuration.trust.names = ReferenceIdentities(.any)
            try options.keys.apply(to: &configuration, for: .server, warns: true)
            try configuration.issueTickets(tickets, at: .known(options.time ?? swl_realtime_seconds()))
            if unsafeEarlyData {
                try configuration.acceptEarlyData(at: .known(options.time ?? swl_realtime_seconds()))
            }
            guard verifiesClients else { return }
            configuration.clientCertificates = requireClientCert ? .required : .optional
            configuration.announcesAuthorities = !clientCa.isEmpty
        }
        let listener = try openListener(endpoint)
        let place = textBuilt { writer in
            if let address = listener.address { address.write(to: &writer) } else { endpoint.write(to: &writer) }
        }
        writeOutput("listening \(place)\n")
        var loop = try ServeLoop(listener, place, context, options, http ? .http : .echo)
        try loop.run()
    }

    private func openListener(_ endpoint: Endpoint) throws -> EndpointListener {
        do throws(TransportError) {
            return try listening(at: endpoint)
        } catch {
            throw transportError(error, listen)
        }
    }
}
