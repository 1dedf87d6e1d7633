// Who answers what a handshake asks of its owner: signatures, decryptions, and verdicts where the configuration asks for them.
import TLS
import TLSCrypto
import X509

/// Answers the questions of a handshake, at once.
public protocol HandshakeDelegate: ~Copyable {
    /// Does `request.operation` on `content` with the key of `request.identity`: signs it (RFC 8446 §4.4.3), signs it as a
    /// hash, or decrypts it. `SigningKey.sign` of a request does each.
    /// - Returns: the size of the result at the beginning of `signature`, which has room for RSA-4096's 512 bytes.
    mutating func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int

    /// Whether the peer's chain, already verified as the configuration says, is accepted. Asked only where
    /// `Trust.asksForVerdict` is set; the chain is empty where a session is resumed (`Trust.verdictOnResumption`).
    mutating func accepts(_ chain: CertificateSequence) -> Bool

    /// The same with the OCSP response that the server stapled to the chain (RFC 6066 §8), which nobody has looked at; empty
    /// where there is none.
    mutating func accepts(_ chain: CertificateSequence, ocspStaple: Span<UInt8>) -> Bool

    /// The same of a peer that shows a raw public key (RFC 7250), of which there is nothing but its SubjectPublicKeyInfo; empty
    /// where a session is resumed.
    mutating func accepts(rawPublicKey info: Span<UInt8>) -> Bool

    /// What a peer that was not accepted is told.
    var alertOfRefusal: AlertDescription { get }
}

extension HandshakeDelegate where Self: ~Copyable {
    /// Nothing is accepted by a delegate that does not say how.
    public mutating func accepts(_ chain: CertificateSequence) -> Bool { false }

    /// A delegate that does not ask for staples has no use for them.
    public mutating func accepts(_ chain: CertificateSequence, ocspStaple: Span<UInt8>) -> Bool { accepts(chain) }

    /// As for certificates.
    public mutating func accepts(rawPublicKey info: Span<UInt8>) -> Bool { false }

    /// "Some other (unspecified) issue" (RFC 8446 §6.2).
    public var alertOfRefusal: AlertDescription { .certificate_unknown }
}

/// For a connection that shows no certificate.
public struct NoIdentity: HandshakeDelegate {
    public init() {}

    public mutating func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        throw .unsupported
    }
}
