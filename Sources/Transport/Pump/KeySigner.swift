// The usual delegate: one identity whose key is loaded in this process.
import TLS
import TLSCrypto

/// Signs with one key, for connections with one identity.
public struct KeySigner: ~Copyable, HandshakeDelegate {
    private let key: SigningKey

    /// A signer that owns `key`.
    public init(_ key: consuming SigningKey) { self.key = key }

    public mutating func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        try key.sign(request, content, into: &signature)
    }
}
