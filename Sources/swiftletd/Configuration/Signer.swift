// Who signs for a tunnel. Today that is a key in this process's memory, which answers at once. A token or a TPM would
// answer later: `Connection` waits with `wantsSignature` until it is given one, so `sign` can come to return "not yet".
import Bytes
import TLS
import TLSCrypto

/// A tunnel's private key, or none.
enum Signer: ~Copyable {
    case none
    case key(SigningKey)

    /// Signs `content` as `request` says.
    /// - Returns: the length of the signature in `signature`.
    func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        switch self {
        case .none: throw .invalidKey
        case .key(let key): return try key.sign(request, content, into: &signature)
        }
    }
}
