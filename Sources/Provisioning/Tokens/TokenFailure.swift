// Why a key in a PKCS#11 token cannot be used, and how that is said in one line: what failed, and what to do.
import Bytes
import CLinux
import CPKCS11
import X509

/// A failure of a token, of its module, or of the helper process that talks to it.
@_addressableForDependencies  // see BoundedBytes
public struct TokenFailure: Error, Equatable, Sendable {
    /// What failed. The raw values go over the socket from the helper.
    public enum Reason: UInt8, Sendable {
        case none, programIsStatic, moduleNotNamed, moduleNotLoaded, notAModule, moduleFailed
        case noToken, severalTokens
        case noPIN, pinFile, pinRefused, pinLocked, pinFinalTry, loginFailed
        case noKey, severalKeys, unsupportedKey, noPublicKey, notNamed, keyExists, cannotMake, otherKind
        case tokenFailed, otherKey, badSignature
        case badMessage, badURI, notStarted, ended, timedOut, busy
    }

    public let reason: Reason
    /// The module's CKR_ number, or the system's error number; 0 for none.
    public let number: Int64
    private let detail: BoundedBytes<128>

    public init(_ reason: Reason, number: Int64 = 0, detail: Span<UInt8> = Span()) {
        self.reason = reason
        self.number = number
        self.detail = BoundedBytes(detail.extracting(0..<min(detail.count, 128))) ?? BoundedBytes()
    }

    /// What the loader said of the module, from outside of us.
    var rawDetail: Span<UInt8> {
        @_addressableSelf @_lifetime(borrow self)
        get { detail.bytes }
    }

    /// Whether nothing but another PIN, or somebody's hands, can mend it: to try again would use up the token's tries.
    public var isAboutPIN: Bool {
        switch reason {
        case .pinRefused, .pinLocked, .pinFinalTry: true
        default: false
        }
    }

    /// Appends what failed and what to do.
    public func describe(into writer: inout ByteWriter) {
        writer.append(text)
        switch reason {
        case .pinFile, .notStarted:
            writer.append(": ")
            writer.append(systemError: Int32(truncatingIfNeeded: number))
        default: if number > 0 { appendNumber(to: &writer) }
        }
        if !detail.isEmpty {
            writer.append(": ")
            writer.appendEscaped(detail.bytes)
        }
        writer.append("; ")
        writer.append(advice)
    }

    private func appendNumber(to writer: inout ByteWriter) {
        writer.append(" (")
        // A literal of C, with its terminator, or null.
        if let name = unsafe swl_p11_error_name(UInt64(bitPattern: number)) {
            let count = unsafe swl_string_length(name)
            let start = unsafe UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
            writer.append(unsafe Span(_unsafeStart: start, count: count))
        } else {
            writer.append("PKCS#11 error ")
            writer.append(decimal: UInt64(bitPattern: number))
        }
        writer.append(")")
    }

    private var text: StaticString {
        switch reason {
        case .none: "nothing failed"
        case .programIsStatic: "this program is linked statically and cannot load PKCS#11 modules"
        case .moduleNotNamed: "the PKCS#11 URI names no module"
        case .moduleNotLoaded: "the token's module cannot be loaded"
        case .notAModule: "the token's module is no PKCS#11 module of version 2 that can sign"
        case .moduleFailed: "the token's module does not start"
        case .noToken: "there is no token as the PKCS#11 URI describes it"
        case .severalTokens: "there are several tokens as the PKCS#11 URI describes them"
        case .noPIN: "the token wants a PIN, and no file with one is named"
        case .pinFile: "the file with the token's PIN cannot be read"
        case .pinRefused: "the token refuses the PIN"
        case .pinLocked: "the token's PIN is locked"
        case .pinFinalTry: "the token has one try for its PIN left, which is not used up here"
        case .loginFailed: "the token does not let us log in"
        case .noKey: "there is no private key in the token as the PKCS#11 URI describes it"
        case .severalKeys: "there are several private keys in the token as the PKCS#11 URI describes them"
        case .unsupportedKey: "the token cannot sign with this key as TLS needs it"
        case .noPublicKey: "the token has no public key beside the private one"
        case .notNamed: "the PKCS#11 URI does not say what the new key is to be called"
        case .keyExists: "there is a key in the token already that is called so"
        case .cannotMake: "the token does not make such a key"
        case .otherKind: "the key in the token is of another kind than is wanted"
        case .tokenFailed: "the token failed"
        case .otherKey: "the key in the token is not that of the first certificate"
        case .badSignature: "the token's signature does not verify"
        case .badMessage: "the helper process for the token said something that makes no sense"
        case .badURI: "the PKCS#11 URI cannot be read"
        case .notStarted: "the helper process for the token cannot be started"
        case .ended: "the helper process for the token has ended, as it does when a module crashes"
        case .timedOut: "the token did not answer in time"
        case .busy: "the token has more to sign than it can keep up with"
        }
    }

    private var advice: StaticString {
        switch reason {
        case .programIsStatic: "use the dynamically linked one"
        case .moduleNotNamed: "add ?module-path=/PATH to it"
        case .moduleNotLoaded, .notAModule: "check module-path in the PKCS#11 URI"
        case .moduleFailed: "check the module's own configuration"
        case .noToken: "plug the token in, or correct the PKCS#11 URI"
        case .severalTokens: "add token, serial or slot-id to it"
        case .noPIN: "add pin-source=file:PATH to the PKCS#11 URI, or give the file with pkcs11-pin-file"
        case .pinFile: "check pin-source or pkcs11-pin-file"
        case .pinRefused: "correct the file with the PIN; the same PIN is not tried again"
        case .pinLocked, .pinFinalTry: "use the token's own tool"
        case .loginFailed: "check the token with its own tool"
        case .noKey: "correct object and id in the PKCS#11 URI"
        case .severalKeys: "add id=%XX to the PKCS#11 URI"
        case .unsupportedKey:
            "use a key on P-256 or P-384, or RSA of 2048 to 4096 bits, in a token that signs by itself"
        case .noPublicKey: "store it in the token too, with the same id"
        case .notNamed: "add object=NAME to it"
        case .keyExists: "give another object or id; nothing is overwritten"
        case .cannotMake: "ask for another --type, or make the key with the token's own tool and name it with --key-uri"
        case .otherKind: "name another one with --key-uri, or leave --type out"
        case .otherKey: "give the two that belong together"
        case .none, .badSignature, .badMessage, .badURI: "report this, and use another module"
        case .notStarted: "check the system's limits"
        case .tokenFailed, .ended, .timedOut:
            "check that it is plugged in and works; it is tried again the next time"
        case .busy: "allow fewer connections"
        }
    }
}
