// The command line: swiftletd --config FILE [--check | --explain] [--help] [--version], by getopt_long(3).
import Bytes
import CLinux

/// What the command line asks for.
struct Options: Sendable {
    /// What to do.
    enum Action: Sendable {
        case run, check, explain, help, version
    }

    var action = Action.run
    /// The configuration file; empty where none is named.
    var configuration = TunnelSettings.Path()

    private static let config: Int32 = 1
    private static let check: Int32 = 2
    private static let explain: Int32 = 3
    private static let help: Int32 = 4
    private static let version: Int32 = 5

    /// The options of this program's arguments.
    /// - Throws: what is wrong with them.
    init() throws(UsageError) {
        var seen: Int32 = 0
        while true {
            let option = Self.next()
            switch option {
            case Self.config: try setConfiguration()
            case Self.check, Self.explain:
                guard seen == 0 || seen == option else {
                    throw UsageError("--check and --explain exclude each other; give one of them")
                }
                seen = option
                action = option == Self.check ? .check : .explain
            case Self.help, Self.version:
                action = option == Self.help ? .help : .version
                return
            case SWL_OPTION_END:
                try finish()
                return
            case SWL_OPTION_MISSING: throw UsageError(about: swl_option_index() - 1, " needs a value; see --help")
            default: throw UsageError(about: swl_option_index() - 1, " is no option; see --help")
            }
        }
    }

    private static func next() -> Int32 {
        let letters: StaticString = "c:hV"
        // Literals have a terminator and live as long as the program; the call keeps nothing.
        let table: InlineArray<5, swl_option> = unsafe [
            swl_option(name: ("config" as StaticString).utf8Start, takes_argument: 1, value: config),
            swl_option(name: ("check" as StaticString).utf8Start, takes_argument: 0, value: check),
            swl_option(name: ("explain" as StaticString).utf8Start, takes_argument: 0, value: explain),
            swl_option(name: ("help" as StaticString).utf8Start, takes_argument: 0, value: help),
            swl_option(name: ("version" as StaticString).utf8Start, takes_argument: 0, value: version),
        ]
        let option = unsafe table.span.withUnsafeBufferPointer { table in
            guard let base = table.baseAddress else { return SWL_OPTION_END }
            return unsafe swl_next_option(base, table.count, letters.utf8Start)
        }
        switch option {
        case Int32(UInt8(ascii: "c")): return config
        case Int32(UInt8(ascii: "h")): return help
        case Int32(UInt8(ascii: "V")): return version
        default: return option
        }
    }

    private mutating func setConfiguration() throws(UsageError) {
        // The argument is terminated and lives as long as the program.
        guard let argument = unsafe swl_option_argument() else { throw UsageError("--config needs a file; see --help") }
        let text = unsafe argumentBytes(argument)
        guard let path = TunnelSettings.Path(text), !path.isEmpty else {
            throw UsageError("the path after --config must have 1 to 512 bytes")
        }
        guard configuration.isEmpty else { throw UsageError("--config is given twice; name one file") }
        configuration = path
    }

    private func finish() throws(UsageError) {
        let index = swl_option_index()
        guard index >= swl_argument_count() else { throw UsageError(about: index, " is not an option; see --help") }
        guard !configuration.isEmpty else {
            throw UsageError("no configuration file is named; write swiftletd --config FILE, or see --help")
        }
    }

    /// The text of `--help`.
    static let helpText: StaticString = """
        usage: swiftletd --config FILE [--check | --explain]
               swiftletd VERB OPTION...

        Carries connections between plain sockets and TLS 1.3, as the tunnels of the configuration say.

          -c, --config FILE   the configuration
          --check             load everything that FILE names, say what is wrong, and end
          --explain           print the tunnels and the memory that they take, and end
          -h, --help          print this
          -V, --version       print the version

        FILE has a section [tunnel NAME] for each tunnel, with these settings:

          role = server | client          server accepts TLS; client connects with TLS
          accept = HOST:PORT | unix:PATH  where to listen
          connect = HOST:PORT | unix:PATH where to connect to
          identity = DIR                  what we show: the identity in a store (see the verb identity)
          certificate = FILE, key = FILE  or this, in place of it: PEM, leaf first
          key = pkcs11:...                a key in a token, by its PKCS#11 URI with module-path (RFC 7512)
          pkcs11-pin-file = FILE          the token's PIN, in the first line; pin-source of the URI if not given
          anchors = FILE                  what we trust: PEM; the store's anchors if not given
          raw-public-keys = FILE          peers that are trusted by their bare public keys (RFC 7250), PEM
          raw-key = FILE                  a private key of ours whose public half is shown without a certificate
          client-certificates = none | optional | required      role server; required where there are anchors or raw-public-keys
          peer-name = NAME...             names of which the peer's certificate must carry one; *.NAME, addresses
          server-name = NAME              role client: the name to ask for; the host of connect if not given
          alpn = NAME...                  application protocols
          connections = N                 at a time (32)
          handshake-timeout = SECONDS     (20)
          idle-timeout = SECONDS          (43200); 0 is none
          record-size = BYTES             512 to 16384 (16384)
          handshake-memory = BYTES        the largest handshake message taken (16384)

        and a section [renewal NAME] for each identity store that the daemon keeps renewed by itself, with these:

          identity = DIR                  the store; what it holds is renewed at two thirds of its life
          server = https://HOST:PORT[/.well-known/est/LABEL]      the EST server
          anchors = FILE                  what its certificate must lead to; the store's anchors if not given
          user = U, password-file = FILE  for a server that asks for them (Basic or Digest)
          psk-file = FILE, psk-identity = I      a key that both sides were given beforehand
          factory-identity = DIR          what to enrol anew with once the identity has expired
          factory-certificate = FILE, factory-key = FILE          or this, in place of it
          pkcs11-pin-file = FILE          the PIN of a token that a key is in
          timeout = SECONDS               for each exchange with the server (30)
          wait = SECONDS                  for a server that has not decided (3600)

        It may have [daemon] with handshakes = N, how many may be under way at a time (16).

        The verbs are the device's own commands:

          key new --out FILE [--type p256|p384|rsa2048|rsa3072]
                                          make a private key, in a new file (0600)
          key new --key-uri URI [--pkcs11-pin-file FILE] [--type ...]
                                          make a private key in a token
          csr --key FILE --name CN [--san dns:NAME,ip:ADDRESS] [--password-file FILE] [--out FILE]
                                          make a certificate request
          identity install --store DIR --key FILE --cert FILE [--anchors FILE] [--password-file FILE]
                                          store a new generation of an identity and make it the current one
          identity status --store DIR     print the current identity
          identity history --store DIR    print the generations, newest first
          identity rollback --store DIR   make the generation before the current one
          identity wipe --store DIR       remove all generations
          enroll --server https://HOST:PORT[/.well-known/est/LABEL] --store DIR --name CN
              (--anchor FILE | --anchor-sha256 HEX | --psk-identity I --psk-file FILE)
              [--san dns:NAME,ip:ADDRESS] [--type p256|p384|rsa2048|rsa3072]
              [--user U --password-file FILE] [--cert FILE --key FILE] [--timeout S] [--wait S]
              [--key-uri URI] [--pkcs11-pin-file FILE]
                                          make a key, get a certificate for it from an EST server (RFC 7030), and store both
          renew --server https://HOST:PORT[/.well-known/est/LABEL] --store DIR [--anchor FILE]
              [--type ...] [--user U --password-file FILE] [--psk-identity I --psk-file FILE] [--timeout S] [--wait S]
              [--key-uri URI] [--pkcs11-pin-file FILE]
                                          the same for the names that the store's identity has, which is shown to the server
          needs-renewal --store DIR [--time TIME]
                                          exit 0: renew now, 1: not yet, 64: there is no identity that could be loaded

        In place of --key FILE csr, enroll and identity install take --key pkcs11:... [--pkcs11-pin-file FILE], a key in a
        token by its PKCS#11 URI. With --key-uri the key of enroll and renew is in a token, and made there where there is none
        that is called so; renew does that without it where the store's key is in one.

        At SIGHUP the daemon reads identity stores and revocation lists anew.

        With --json each prints one object.

        Exit status: 0 fine, 1 failed at run time, 64 usage or configuration; of enroll and renew also 2 handshake refused
        by us, 3 certificate not valid, 4 the server sent a fatal alert.

        """
}

/// What is wrong with the command line.
struct UsageError: Error, Sendable {
    let message: Message

    init(_ text: StaticString) { message = Message(text) }

    init(_ message: Message) { self.message = message }

    /// An error about the argument at `index`.
    init(about index: Int32, _ text: StaticString) {
        var message = Message()
        // The argument is terminated and lives as long as the program.
        if let argument = unsafe swl_argument(index) { unsafe message.add(escaped: argument) }
        message.add(text)
        self.message = message
    }
}

/// The bytes of an argument, which lives as long as the program.
@_lifetime(immortal)
func argumentBytes(_ text: UnsafePointer<CChar>) -> Span<UInt8> {
    let count = unsafe swl_string_length(text)
    let start = unsafe UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
    // As said above.
    return unsafe _overrideLifetime(Span(_unsafeStart: start, count: count), copying: ())
}
