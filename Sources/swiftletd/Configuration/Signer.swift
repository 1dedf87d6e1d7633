// Who signs for a tunnel. Today that is a key in this process's memory, which answers at once. A token or a TPM would
// answer later: `Connection` waits with `wantsSignature` until it is given one, so `sign` can come to return "not yet".
import Bytes
import TLS
import TLSCrypto

/// A tunnel's private key, or none.
enum Signer: ~Copyable {
    case none
    case key(SigningKey)

    /// Signs `content` with `scheme`.
    /// - Returns: the length of the signature in `signature`.
    func sign(
        _ scheme: SignatureScheme, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        guard let algorithm = scheme.signatureAlgorithm else { throw .unsupported }
        switch self {
        case .none: throw .invalidKey
        case .key(let key): return try key.sign(algorithm, message: content, into: &signature)
        }
    }
}
