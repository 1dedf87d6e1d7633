// What certificates and requests have in common: SEQUENCE { document, AlgorithmIdentifier, BIT STRING } over a signature
// of the document's DER (RFC 5280 §4.1.1, RFC 2986 §4.2).
import TLSCrypto
import X509

/// The algorithm that our documents are signed with: the hash goes with the key's strength.
enum SignatureIdentifier {
    case ecdsaWithSHA256
    case ecdsaWithSHA384
    case sha256WithRSAEncryption

    init(for kind: PublicKeyKind) throws(ProvisioningError) {
        switch kind {
        case .ec(.secp256r1): self = .ecdsaWithSHA256
        case .ec(.secp384r1): self = .ecdsaWithSHA384
        case .rsa: self = .sha256WithRSAEncryption
        }
    }

    var algorithm: SignatureAlgorithm {
        switch self {
        case .ecdsaWithSHA256: .ecdsa(.sha256)
        case .ecdsaWithSHA384: .ecdsa(.sha384)
        case .sha256WithRSAEncryption: .rsaPKCS1(.sha256)
        }
    }

    fileprivate var objectIdentifier: StaticString {
        switch self {
        case .ecdsaWithSHA256: "1.2.840.10045.4.3.2"
        case .ecdsaWithSHA384: "1.2.840.10045.4.3.3"
        case .sha256WithRSAEncryption: "1.2.840.113549.1.1.11"
        }
    }

    /// RSA's identifiers have NULL for parameters (RFC 4055 §5), ECDSA's have none (RFC 5758 §3.2).
    fileprivate var hasNullParameters: Bool {
        switch self {
        case .sha256WithRSAEncryption: true
        case .ecdsaWithSHA256, .ecdsaWithSHA384: false
        }
    }
}

extension DERWriter {
    /// Writes an AlgorithmIdentifier.
    @_lifetime(self: copy self)
    mutating func prepend(_ identifier: SignatureIdentifier) {
        let all = mark
        if identifier.hasNullParameters { prependNull() }
        prependObjectIdentifier(identifier.objectIdentifier)
        wrap(.sequence, since: all)
    }
}

/// Who signs a document: a private key in our memory, or one in a token.
public protocol DocumentSigner: ~Copyable {
    /// What kind of key it is.
    var kind: PublicKeyKind { get }

    /// Writes the SubjectPublicKeyInfo in DER.
    /// - Returns: its length.
    func writePublicKeyInfo(into output: inout MutableSpan<UInt8>) throws(ProvisioningError) -> Int

    /// Signs a document's bytes.
    /// - Returns: the length of the signature.
    func sign(
        document: Span<UInt8>, _ algorithm: SignatureAlgorithm, into signature: inout MutableSpan<UInt8>
    ) throws(ProvisioningError) -> Int
}

extension SigningKey: DocumentSigner {
    public func writePublicKeyInfo(into output: inout MutableSpan<UInt8>) throws(ProvisioningError) -> Int {
        do throws(CryptoError) { return try publicKeyInfo(into: &output) } catch { throw .crypto(error) }
    }

    public func sign(
        document: Span<UInt8>, _ algorithm: SignatureAlgorithm, into signature: inout MutableSpan<UInt8>
    ) throws(ProvisioningError) -> Int {
        do throws(CryptoError) { return try sign(algorithm, message: document, into: &signature) } catch {
            throw .crypto(error)
        }
    }
}

/// Signs the `count` bytes at the beginning of `output` and replaces them by the signed document.
/// - Returns: how many bytes of `output` that is.
func signDocument<Signer: DocumentSigner & ~Copyable>(
    _ count: Int, _ identifier: SignatureIdentifier, with key: borrowing Signer,
    in output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    // As large as an RSA signature with 4096 bits; an ECDSA signature is at most 104 bytes.
    var storage = InlineArray<512, UInt8>(repeating: 0)
    var signature = storage.mutableSpan
    let length = try key.sign(
        document: output.span.extracting(0..<count), identifier.algorithm, into: &signature)
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    writer.prepend(storage.span.extracting(0..<length))
    writer.prepend(0 as UInt8)  // unused bits
    writer.wrap(.bitString, since: all)
    writer.prepend(identifier)
    writer.prependFront(count)
    writer.wrap(.sequence, since: all)
    return try writer.moveToFront()
}
