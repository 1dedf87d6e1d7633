// swiftlet enroll and swiftlet renew, over the same code as the device's own verbs.
import ArgumentParser
import Bytes
import CLinux
import Provisioning
import TLSCrypto

/// What both commands are told.
struct EnrolmentArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The EST server; with a label: https://HOST:PORT/.well-known/est/LABEL.", valueName: "https://host:port"))
    var server: String

    @Option(help: ArgumentHelp("The store's directory.", valueName: "directory"), completion: .directory)
    var store: String

    @Option(help: ArgumentHelp("What the server must lead to, as PEM.", valueName: "file"), completion: .file())
    var anchor: String?

    @Option(
        help: ArgumentHelp(
            "The kind of key: p256, p384, rsa2048 or rsa3072; what the server wants, else p256, by default.",
            valueName: "type"), completion: .keyTypes)
    var type: String?

    @Option(
        help: ArgumentHelp("User, for a server that asks for one (Basic, or Digest with SHA-256).", valueName: "name"))
    var user: String?

    @Option(
        help: ArgumentHelp("The user's password, in the first line of a file.", valueName: "file"), completion: .file())
    var passwordFile: String?

    @Option(help: ArgumentHelp("The identity of the pre-shared key to use.", valueName: "identity"))
    var pskIdentity: String?

    @Option(help: ArgumentHelp("Pre-shared keys, in lines IDENTITY:HEX.", valueName: "file"), completion: .file())
    var pskFile: String?

    @Option(help: ArgumentHelp("Seconds for each exchange with the server.", valueName: "seconds"))
    var timeout = "30"

    @Option(
        help: ArgumentHelp(
            "How many seconds in all to wait for a server that has to decide first (202).", valueName: "seconds"))
    var wait: String?

    @Option(
        help: ArgumentHelp(
            """
            Have the new key in a token, where it is called so, and where it is made unless it is there (RFC 7512). A renewal \
            does that without being told where the store's key is in a token.
            """, valueName: "pkcs11:..."))
    var keyUri: String?

    @OptionGroup var token: TokenOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Does it.
    /// - Parameters:
    ///   - name: of the subject; empty for a renewal.
    ///   - certificate: the certificate to show, and its key; empty for none.
    func run(
        _ action: EnrolmentAction, name: String, san: String, fingerprint: String, certificate: String?, key: String?
    ) throws {
        let anchors = try anchor.map { try readFile($0, "the anchors") } ?? []
        let password = try passwordFile.map { try readSecretFile($0, "the password") } ?? SecretBuffer(capacity: 1)
        let keys = try pskFile.map { try readSecretFile($0, "the pre-shared keys") } ?? SecretBuffer(capacity: 1)
        let chain = try certificate.map { try readFile($0, "the certificate") } ?? []
        let ownURI = key.map { Array($0.utf8) }.flatMap { PKCS11URI.isMeant($0.span) ? $0 : nil } ?? []
        let keyFile = ownURI.isEmpty ? key : nil
        let keyText = try keyFile.map { try readSecretFile($0, "the key") } ?? SecretBuffer(capacity: 1)
        let (newKeyURI, pinFile) = (Array((keyUri ?? "").utf8), token.bytes)
        let (server, store, name) = (Array(server.utf8), Array(store.utf8), Array(name.utf8))
        let (san, fingerprint) = (Array(san.utf8), Array(fingerprint.utf8))
        let (user, identity) = (Array((user ?? "").utf8), Array((pskIdentity ?? "").utf8))
        let (typeWord, timeoutWord, waitWord) = (
            Array((type ?? "").utf8), Array(timeout.utf8), Array((wait ?? "").utf8)
        )
        var output = [UInt8](repeating: 0, count: EnrolmentCommand.maximumOutput)
        var writer = ByteWriter(output.mutableSpan)
        do throws(CommandFailure) {
            var options = EnrolmentOptions(
                server: server.span, store: store.span, name: name.span, names: san.span, anchors: anchors.span,
                fingerprint: fingerprint.span, user: user.span, password: password.bytes, preSharedKeys: keys.bytes,
                preSharedKeyIdentity: identity.span, certificate: chain.span,
                key: ownURI.isEmpty ? keyText.bytes : ownURI.span, keyURI: newKeyURI.span,
                pinFile: pinFile.span)
            options.time = swl_realtime_seconds()
            if type != nil { options.keyType = try KeyCommands.type(typeWord.span) }
            options.timeout = Int32(try EnrolmentCommand.seconds(timeoutWord.span, "--timeout")) * 1000
            if wait != nil { options.wait = try EnrolmentCommand.seconds(waitWord.span, "--wait") }
            try EnrolmentCommand.check(options, action, hasPassword: passwordFile != nil)
            var enrolment = Enrolment(permanentRegion)
            defer { enrolment.wipe() }
            try EnrolmentCommand.run(
                action, options, &enrolment, board: thisBoard(), json: json, to: &writer
            ) { line in
                writeError("swiftlet: warning: \(String(decoding: array(line), as: UTF8.self))\n")
            }
        } catch {
            throw commandError(error)
        }
        let count = min(writer.count, writer.capacity)
        writeOutput(String(decoding: output.prefix(count), as: UTF8.self))
    }
}

/// `swiftlet enroll`.
struct EnrollCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Make a key, get a certificate for it from an EST server (RFC 7030), and store both.",
        discussion: """
            The server must be known: by --anchor, by the SHA-256 of an authority among its CA certificates, or by a \
            pre-shared key. What the store's identity trusts afterwards are the server's CA certificates. Whatever fails, the \
            store stays as it was.
            """)

    @OptionGroup var arguments: EnrolmentArguments

    @Option(help: ArgumentHelp("The subject's common name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("Names to ask for, with commas between.", valueName: "dns:name,ip:address"))
    var san: String?

    @Option(
        help: ArgumentHelp(
            "In place of --anchor: the SHA-256 of the authority that the server must lead to.", valueName: "hex"))
    var anchorSha256: String?

    @Option(
        help: ArgumentHelp("A certificate to show to the server, then its intermediates.", valueName: "file"),
        completion: .file())
    var cert: String?

    @Option(
        help: ArgumentHelp("That certificate's key: a file with PEM, or pkcs11:... in a token.", valueName: "key"),
        completion: .file())
    var key: String?

    func run() throws {
        try arguments.run(
            .enroll, name: name, san: san ?? "", fingerprint: anchorSha256 ?? "", certificate: cert, key: key)
    }
}

/// `swiftlet renew`.
struct RenewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract: "Get the next certificate for the names of a store's identity, for a new key, and store both.",
        discussion: """
            The store's identity is shown to the server, and its anchors say which server that may be, unless --anchor does. \
            The new identity is stored once it has done for a connection with the server.
            """)

    @OptionGroup var arguments: EnrolmentArguments

    func run() throws {
        try arguments.run(.renew, name: "", san: "", fingerprint: "", certificate: nil, key: nil)
    }
}
