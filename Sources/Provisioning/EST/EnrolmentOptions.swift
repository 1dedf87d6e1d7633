// What `enroll` and `renew` are told: the contents of the files that the options name, and the words of the options.
import Bytes
import TLSCrypto
import X509

/// The options of an enrolment. What is not given is empty.
public struct EnrolmentOptions: ~Escapable {
    /// The server: https://HOST[:PORT][/.well-known/est[/LABEL]].
    public let server: Span<UInt8>
    /// The store's path.
    public let store: Span<UInt8>
    /// The subject's common name, and the alternative names as `--san` has them. Not for a renewal.
    public let name: Span<UInt8>
    public let names: Span<UInt8>
    /// The kind of key; nil leaves it to the server, and else P-256.
    public var keyType: KeyType?
    /// What is trusted, in PEM.
    public let anchors: Span<UInt8>
    /// The SHA-256 of the one authority to trust, in hexadecimal.
    public let fingerprint: Span<UInt8>
    public let user: Span<UInt8>
    /// The password's file.
    public let password: Span<UInt8>
    /// The file of pre-shared keys, and the identity of the one to use.
    public let preSharedKeys: Span<UInt8>
    public let preSharedKeyIdentity: Span<UInt8>
    /// A certificate to show to the server, in PEM, and its key: in PEM, or a PKCS#11 URI. A renewal shows the store's.
    public let certificate: Span<UInt8>
    public let key: Span<UInt8>
    /// The PKCS#11 URI of the key that a certificate is asked for: one that is in the token, or else is made there. Empty for a key in
    /// a file; of a renewal also for one beside the store's, where that is in a token.
    public let keyURI: Span<UInt8>
    /// The file with the PIN of each token; empty for what the URIs and the environment say.
    public let pinFile: Span<UInt8>
    /// Milliseconds for each exchange with the server.
    public var timeout: Int32 = 30_000
    /// Seconds for which a server that asks to wait (202) is waited for in all.
    public var wait = 0
    /// Now, in seconds since 1970, as the system believes.
    public var time: Int64 = 0
    /// What is known to have come by then besides what the store knows (see `DeviceClock`).
    public var floor = DeviceClock.programDate

    /// Options for `enroll`.
    @_lifetime(
        copy server, copy store, copy name, copy names, copy anchors, copy fingerprint, copy user, copy password,
        copy preSharedKeys, copy preSharedKeyIdentity, copy certificate, copy key, copy keyURI, copy pinFile
    )
    public init(
        server: Span<UInt8>, store: Span<UInt8>, name: Span<UInt8>, names: Span<UInt8>, anchors: Span<UInt8>,
        fingerprint: Span<UInt8>, user: Span<UInt8>, password: Span<UInt8>, preSharedKeys: Span<UInt8>,
        preSharedKeyIdentity: Span<UInt8>, certificate: Span<UInt8>, key: Span<UInt8>,
        keyURI: Span<UInt8> = Span(), pinFile: Span<UInt8> = Span()
    ) {
        self.server = server
        self.store = store
        self.name = name
        self.names = names
        self.anchors = anchors
        self.fingerprint = fingerprint
        self.user = user
        self.password = password
        self.preSharedKeys = preSharedKeys
        self.preSharedKeyIdentity = preSharedKeyIdentity
        self.certificate = certificate
        self.key = key
        self.keyURI = keyURI
        self.pinFile = pinFile
    }

    /// The server.
    /// - Throws: where it is none.
    public func location() throws(CommandFailure) -> ESTLocation {
        guard let location = ESTLocation(server) else {
            throw CommandFailure(status: 64, kind: "usage") {
                $0.append("--server '")
                $0.appendEscaped(server)
                $0.append(
                    "' is no EST server; write https://HOST:PORT, with /.well-known/est/LABEL behind it where it has labels"
                )
            }
        }
        return location
    }

    /// User and password.
    @_lifetime(copy self)
    func credentials() throws(CommandFailure) -> HTTPCredentials {
        guard !user.isEmpty else { return HTTPCredentials(user: user, password: user) }
        guard HTTPCredentials.isUser(user) else {
            throw CommandFailure(
                status: 64, kind: "usage",
                "--user must have 1 to 256 bytes, and no colon, quotation mark, backslash or control character")
        }
        let line = try KeyCommands.password(password, isGiven: true)
        guard line.count <= HTTPCredentials.maximumBytes else {
            throw CommandFailure(kind: "file", "the password has more than 256 bytes; give a shorter one")
        }
        return HTTPCredentials(user: user, password: line)
    }

    /// The SHA-256 that `--anchor-sha256` says: 64 digits, which may have colons between the bytes.
    func fingerprintHash() throws(CommandFailure) -> StoredHash {
        var storage = InlineArray<64, UInt8>(repeating: 0)
        var count = 0
        for index in fingerprint.indices where fingerprint[index] != UInt8(ascii: ":") {
            guard count < 64 else {
                count = 65
                break
            }
            let byte = fingerprint[index]
            storage[count] = (0x41...0x46).contains(byte) ? byte | 0x20 : byte
            count += 1
        }
        var reader = ByteReader(storage.span)
        guard count == 64, let hash = reader.readHash() else {
            throw CommandFailure(
                status: 64, kind: "usage",
                "--anchor-sha256 must be a SHA-256 in 64 hexadecimal digits, as 'openssl x509 -fingerprint -sha256' prints it"
            )
        }
        return hash
    }
}
