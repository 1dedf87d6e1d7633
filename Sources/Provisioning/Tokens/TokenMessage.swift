// What goes between us and the helper process that talks to a token: requests and answers of one fixed size over a
// SOCK_SEQPACKET pair, so that neither side ever has to wait for the rest of one. Numbers are big-endian, byte strings have
// their length in front, and what is left of a message is zero. No PIN and no private key is in any of them.
import Bytes
import TLSCrypto

/// Bytes of every message.
let tokenMessageBytes = 1152

/// A message as it goes over the socket.
typealias TokenMessage = InlineArray<1152, UInt8>

/// A path or a PKCS#11 URI in a message.
public typealias TokenText = BoundedBytes<512>

/// What the helper is asked for.
enum TokenRequest: Equatable {
    /// Find the token and the key, and log in. Everything later is about this key.
    case open(uri: TokenText, pinFile: TokenText)
    /// Make a key pair in the token, then as `open`.
    case generate(KeyType, uri: TokenText, pinFile: TokenText)
    /// Sign a hash.
    case sign(SignatureAlgorithm, Digest)

    /// - Returns: the request, and the tag that its answer is to carry; nil where it is none.
    static func read(_ message: Span<UInt8>) -> (tag: UInt64, request: TokenRequest)? {
        var reader = ByteReader(message)
        guard message.count == tokenMessageBytes, let kind = reader.readUInt8(), let tag = reader.readUInt64(),
            let detail = reader.readUInt8()
        else { return nil }
        if kind == 2 {
            guard let hash = reader.readUInt8(), let bytes = reader.readVector8(), let digest = Digest(bytes),
                let algorithm = SignatureAlgorithm(kind: detail, hash: hash), algorithm.hash.byteCount == bytes.count
            else { return nil }
            return (tag, .sign(algorithm, digest))
        }
        guard let uri = reader.readVector16(), let pinFile = reader.readVector16(), let uri = TokenText(uri),
            let pinFile = TokenText(pinFile)
        else { return nil }
        switch kind {
        case 0: return (tag, .open(uri: uri, pinFile: pinFile))
        case 1:
            guard let type = KeyType(rawValue: detail) else { return nil }
            return (tag, .generate(type, uri: uri, pinFile: pinFile))
        default: return nil
        }
    }

    func message(tag: UInt64) -> TokenMessage {
        var message = TokenMessage(repeating: 0)
        var writer = ByteWriter(message.mutableSpan)
        switch self {
        case .open(let uri, let pinFile):
            writer.begin(0, tag, 0)
            writer.appendText(uri.bytes)
            writer.appendText(pinFile.bytes)
        case .generate(let type, let uri, let pinFile):
            writer.begin(1, tag, type.rawValue)
            writer.appendText(uri.bytes)
            writer.appendText(pinFile.bytes)
        case .sign(let algorithm, let hash):
            writer.begin(2, tag, algorithm.kind)
            writer.append(algorithm.hash.rawValue)
            writer.append(UInt8(hash.count))
            writer.append(hash.bytes)
        }
        return message
    }
}

/// What a key in a token is and can do.
public struct TokenKeyDescription: Equatable, Sendable {
    public let kind: PublicKeyKind
    /// RSA: which of the two ways to sign the token has.
    public let signsPSS: Bool
    public let signsPKCS1: Bool

    public init(kind: PublicKeyKind, signsPSS: Bool, signsPKCS1: Bool) {
        self.kind = kind
        self.signsPSS = signsPSS
        self.signsPKCS1 = signsPKCS1
    }
}

/// What the helper answers.
@_addressableForDependencies  // see BoundedBytes
public struct TokenAnswer: Sendable {
    /// The request's tag.
    public let tag: UInt64
    /// Why it failed; nil where it did not.
    public let failure: TokenFailure?
    /// After `open` and `generate`: what the key is.
    public let key: TokenKeyDescription?
    private let payload: BoundedBytes<600>

    /// After `sign` the signature, as TLS and X.509 encode it; after `open` and `generate` the SubjectPublicKeyInfo, or nothing
    /// where the token does not have it.
    public var bytes: Span<UInt8> {
        @_addressableSelf @_lifetime(borrow self)
        get { payload.bytes }
    }

    init(tag: UInt64, _ failure: TokenFailure) {
        self.tag = tag
        self.failure = failure
        key = nil
        payload = BoundedBytes()
    }

    init(tag: UInt64, _ key: TokenKeyDescription?, _ bytes: Span<UInt8>) {
        self.tag = tag
        failure = nil
        self.key = key
        payload = BoundedBytes(bytes) ?? BoundedBytes()
    }

    /// - Returns: nil where it is no answer.
    init?(_ message: Span<UInt8>) {
        var reader = ByteReader(message)
        guard message.count == tokenMessageBytes, let tag = reader.readUInt64(), let reason = reader.readUInt8(),
            let reason = TokenFailure.Reason(rawValue: reason), let number = reader.readUInt64(),
            let detail = reader.readVector8(), detail.count <= 128, let kind = reader.readUInt8(),
            let bits = reader.readUInt16(), let signs = reader.readUInt8(), let bytes = reader.readVector16(),
            let payload = BoundedBytes<600>(bytes)
        else { return nil }
        self.tag = tag
        failure = reason == .none ? nil : TokenFailure(reason, number: Int64(bitPattern: number), detail: detail)
        self.payload = payload
        switch kind {
        case 0: key = nil
        case 1: key = TokenKeyDescription(kind: .ec(.secp256r1), signsPSS: false, signsPKCS1: false)
        case 2: key = TokenKeyDescription(kind: .ec(.secp384r1), signsPSS: false, signsPKCS1: false)
        case 3:
            key = TokenKeyDescription(
                kind: .rsa(bits: Int(bits)), signsPSS: signs & 1 != 0, signsPKCS1: signs & 2 != 0)
        default: return nil
        }
    }

    func message() -> TokenMessage {
        var message = TokenMessage(repeating: 0)
        var writer = ByteWriter(message.mutableSpan)
        writer.append(tag)
        if let failure {
            writer.append(failure.reason.rawValue)
            writer.append(UInt64(bitPattern: failure.number))
            writer.append(UInt8(failure.rawDetail.count))
            writer.append(failure.rawDetail)
        } else {
            writer.append(TokenFailure.Reason.none.rawValue)
            writer.append(0 as UInt64)
            writer.append(0 as UInt8)
        }
        writer.append(key)
        writer.appendText(bytes)
        return message
    }
}

extension ByteWriter {
    @_lifetime(self: copy self)
    fileprivate mutating func begin(_ kind: UInt8, _ tag: UInt64, _ detail: UInt8) {
        append(kind)
        append(tag)
        append(detail)
    }

    @_lifetime(self: copy self)
    fileprivate mutating func appendText(_ bytes: Span<UInt8>) {
        append(UInt16(bytes.count))
        append(bytes)
    }

    @_lifetime(self: copy self)
    fileprivate mutating func append(_ key: TokenKeyDescription?) {
        var bits = 0
        switch key?.kind {
        case .none: append(0 as UInt8)
        case .ec(.secp256r1): append(1 as UInt8)
        case .ec(.secp384r1): append(2 as UInt8)
        case .rsa(let size):
            append(3 as UInt8)
            bits = size
        }
        append(UInt16(truncatingIfNeeded: bits))
        append(((key?.signsPSS ?? false) ? 1 : 0) | ((key?.signsPKCS1 ?? false) ? 2 : 0) as UInt8)
    }
}

extension SignatureAlgorithm {
    /// Its number in a message.
    fileprivate var kind: UInt8 {
        switch self {
        case .ecdsa: 0
        case .rsaPKCS1: 1
        case .rsaPSS: 2
        }
    }

    fileprivate init?(kind: UInt8, hash: UInt8) {
        guard let hash = HashAlgorithm(rawValue: hash) else { return nil }
        switch kind {
        case 0: self = .ecdsa(hash)
        case 1: self = .rsaPKCS1(hash)
        case 2: self = .rsaPSS(hash)
        default: return nil
        }
    }
}
