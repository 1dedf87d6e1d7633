// How a command of the device's fails: one line that says what failed, what was expected, what to do (contracts.md).
import Bytes
import CLinux
import TLSCrypto
import X509

/// The failure of a command.
@_addressableForDependencies  // see BoundedBytes
public struct CommandFailure: Error, Sendable {
    /// The exit status.
    public let status: Int32
    /// A stable word for programs: `usage`, `file`, `key`.
    public let kind: StaticString
    /// Whether a server has decided against what it was asked for, so that asking the same again is of no use.
    var isFinal = false
    /// For how many seconds a server wants to be left alone (Retry-After), where it says so.
    public var retryAfter: Int?
    private let text: BoundedBytes<640>

    /// The line, without its end.
    public var message: Span<UInt8> {
        @_addressableSelf @_lifetime(borrow self)
        get { text.bytes }
    }

    init(status: Int32 = 1, kind: StaticString, _ write: (inout ByteWriter) -> Void) {
        self.status = status
        self.kind = kind
        var storage = InlineArray<640, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        write(&writer)
        let count = min(writer.count, 640)
        // No more than 640 bytes.
        text = BoundedBytes(storage.span.extracting(0..<count)) ?? BoundedBytes()
    }

    /// A failure that has a constant text.
    init(status: Int32 = 1, kind: StaticString, _ text: StaticString) {
        self.init(status: status, kind: kind) { $0.append(text) }
    }

    /// The file at `path` could not be written.
    init(writing path: Span<UInt8>, _ error: FileError) {
        self.init(kind: "file") {
            $0.append("cannot write '")
            $0.appendEscaped(path)
            $0.append("': ")
            $0.append(systemError: error.number)
            switch error.number {
            case SWL_EEXIST: $0.append("; nothing is overwritten, give another name")
            case SWL_ENOENT: $0.append("; give a file in a directory that there is")
            default: $0.append("; nothing was left there")
            }
        }
    }

    /// A private key could not be made or used.
    init(_ error: CryptoError) {
        self.init(kind: "key") {
            switch error {
            case .encryptedKey: $0.append("the key is under a password; give the password with --password-file")
            case .invalidKey: $0.append("the key is damaged or none; give a private key in PEM")
            case .unsupported:
                $0.append("the key is of no supported kind; use P-256, P-384 or RSA of 2048 to 4096 bits")
            case .randomUnavailable: $0.append("the system's random source failed; check getrandom(2)")
            case .outOfMemory: $0.append("there is not enough memory; end other programs")
            case .unavailable: $0.append("the token with the key does not sign; check that it is plugged in")
            default: $0.append("a cryptographic operation failed; report this")
            }
        }
    }

    /// A key in a token could not be made or used.
    init(_ failure: TokenFailure) {
        self.init(kind: "key") {
            $0.append("cannot use the key: ")
            failure.describe(into: &$0)
        }
    }

    /// A PKCS#11 URI is wrong.
    init(_ error: PKCS11URIError) { self.init(status: 64, kind: "usage") { error.describe(into: &$0) } }

    /// A private key could not be decrypted.
    init(_ error: EncryptedKeyError) {
        if case .crypto(let error) = error {
            self.init(error)
        } else {
            self.init(kind: "key") {
                switch error {
                case .wrongPassword:
                    $0.append("the key cannot be decrypted with that password; give the right one in --password-file")
                case .unsupported:
                    $0.append(
                        "the key is encrypted by another scheme than PBES2 with PBKDF2 and AES-CBC, or with more than ")
                    $0.append(decimal: UInt64(EncryptedKey.maximumIterations))
                    $0.append(" iterations; encrypt it anew with 'openssl pkcs8 -topk8 -v2 aes-256-cbc'")
                default: $0.append("the encrypted key is damaged; give a key in PEM")
                }
            }
        }
    }

    /// A request could not be written.
    init(_ error: ProvisioningError) {
        switch error {
        case .crypto(let error): self.init(error)
        case .token(let error): self.init(error)
        case .invalidName:
            self.init(
                status: 64, kind: "usage", "--name must have 1 to 64 characters, none of them a control character")
        case .outputTooSmall:
            self.init(status: 64, kind: "usage", "the request is too large; ask for fewer names")
        default: self.init(CryptoError.unsupported)
        }
    }

    /// Something is wrong with an identity store.
    init(_ error: StoreError, store: Span<UInt8>) {
        self.init(kind: "store") { error.describe(store: store, into: &$0) }
    }
}
