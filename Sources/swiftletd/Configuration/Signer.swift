// Who signs for a tunnel. Today that are keys in this process's memory, which answer at once. A token or a TPM would
// answer later: `Connection` waits with `wantsSignature` until it is given one, so `sign` can come to return "not yet".
import Bytes
import TLS
import TLSCrypto

/// A tunnel's private keys, as far as it has some.
struct Signer: ~Copyable {
    /// The key of the first identity, and that of the second: of the certificate, then of the raw public key.
    private let first: SigningKey?
    private let second: SigningKey?

    init(_ certificateKey: consuming SigningKey?, _ rawKey: consuming SigningKey?) {
        // Identities are numbered as they are added.
        if certificateKey == nil {
            first = rawKey
            second = nil
        } else {
            first = certificateKey
            second = rawKey
        }
    }

    /// Signs or decrypts `content` as `request` says.
    /// - Returns: the length of the result in `signature`.
    func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        switch request.identity {
        case 0: try Self.sign(first, request, content, into: &signature)
        case 1: try Self.sign(second, request, content, into: &signature)
        default: throw .invalidKey
        }
    }

    private static func sign(
        _ key: borrowing SigningKey?, _ request: SignatureRequest, _ content: Span<UInt8>,
        into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        switch key {
        case .some(let key): return try key.sign(request, content, into: &signature)
        case .none: throw .invalidKey
        }
    }
}
