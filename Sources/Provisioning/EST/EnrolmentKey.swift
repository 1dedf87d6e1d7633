// A private key as an enrolment uses it, wherever it is: one that proves who the client is, and one that a certificate is asked
// for. It is in our memory, or it is in a token and never leaves that.
import Bytes
import TLS
import TLSCrypto
import Transport

/// A private key in memory or in a token.
enum EnrolmentKey: ~Copyable {
    case file(SigningKey)
    case token(TokenKey)

    /// What it may sign with in a handshake, for `Identities.add`.
    var schemes: FixedList<8, SignatureScheme> {
        switch self {
        case .file: FixedList(filler: .ecdsa_secp256r1_sha256)
        case .token(let key): key.description.schemes
        }
    }

    /// Whether a certificate's SubjectPublicKeyInfo is this key's, byte for byte. What cannot be read is not ours.
    func matches(publicKeyInfo: Span<UInt8>) -> Bool {
        var memory = InlineArray<600, UInt8>(repeating: 0)
        var room = memory.mutableSpan
        do throws(ProvisioningError) {
            let count = try writePublicKeyInfo(into: &room)
            return room.span.extracting(0..<count).hasSameBytes(as: publicKeyInfo)
        } catch { return false }
    }

    /// Signs for a handshake.
    /// - Throws: `unavailable` where a token fails; `failure` then says why.
    func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>,
        failure: inout TokenFailure?
    ) throws(CryptoError) -> Int {
        switch self {
        case .file(let key): return try key.sign(request, content, into: &signature)
        case .token(let key):
            let (algorithm, hash) = try request.hashed(content)
            do throws(TokenFailure) { return try key.sign(algorithm, hash: hash, into: &signature) } catch {
                failure = error
                throw .unavailable
            }
        }
    }
}

extension EnrolmentKey: DocumentSigner {
    var kind: PublicKeyKind {
        switch self {
        case .file(let key): key.kind
        case .token(let key): key.kind
        }
    }

    func writePublicKeyInfo(into output: inout MutableSpan<UInt8>) throws(ProvisioningError) -> Int {
        switch self {
        case .file(let key): try key.writePublicKeyInfo(into: &output)
        case .token(let key): try key.writePublicKeyInfo(into: &output)
        }
    }

    func sign(
        document: Span<UInt8>, _ algorithm: SignatureAlgorithm, into signature: inout MutableSpan<UInt8>
    ) throws(ProvisioningError) -> Int {
        switch self {
        case .file(let key): try key.sign(document: document, algorithm, into: &signature)
        case .token(let key): try key.sign(document: document, algorithm, into: &signature)
        }
    }
}

extension KeyType {
    /// Whether a key is of this kind.
    func isKind(_ kind: PublicKeyKind) -> Bool {
        switch (self, kind) {
        case (.p256, .ec(.secp256r1)), (.p384, .ec(.secp384r1)): true
        case (.rsa2048, .rsa(2048)), (.rsa3072, .rsa(3072)), (.rsa4096, .rsa(4096)): true
        default: false
        }
    }
}

/// Signs with the client's key in handshakes, where it has one.
struct ESTSigner: ~Copyable, HandshakeDelegate {
    private let key: EnrolmentKey?
    /// Why a token did not sign.
    private(set) var failure: TokenFailure?

    init(_ key: consuming EnrolmentKey?) { self.key = key }

    mutating func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        failure = nil
        switch key {
        case .some(let key): return try key.sign(request, content, into: &signature, failure: &failure)
        case .none: throw .unsupported
        }
    }
}
