// Provisioning: how a device or a small authority comes by certificates, and keeps them: X.509 certificates (RFC 5280) and
// PKCS#10 requests (RFC 2986) written and signed, requests read and checked; revocation lists; the identity store (Store/); keys
// in PKCS#11 tokens (Tokens/); enrolment (EST/, RFC 7030) over HTTP/1.1 (HTTP/) and our own TLS; and what the programs' commands
// about all this say (Commands/).
//
// Invariants:
// - only Store/, Commands/ and Tokens/ open files, only EST/ opens a stream, and nothing allocates in Swift: callers bring the
//   buffers;
// - DER is written with mbedTLS's own writer (see `DERWriter`) and signed through `SigningKey` or `TokenKey`, so no private
//   key is ever read here;
// - a PKCS#11 module runs in the helper process of Tokens/ and nowhere else;
// - a request is never acted on before its proof of possession was checked.
//
// This file: the errors.
import TLSCrypto

/// Why a certificate or a request could not be written or accepted.
public enum ProvisioningError: Error, Equatable, Sendable {
    /// The caller's buffer is too small for what was to be written.
    case outputTooSmall
    /// A name that may not stand there: a common name longer than 64 characters, not UTF-8 or with a control
    /// character; a dNSName or iPAddress that no peer could be expected to have; no name at all.
    case invalidName
    /// A validity that ends before it begins, or a time outside the years 0 to 9999.
    case invalidValidity
    /// A serial number that is not 1 to 20 bytes and positive (RFC 5280 §4.1.2.2).
    case invalidSerialNumber
    /// The request is not the DER of a CertificationRequest (RFC 2986 §4).
    case malformedRequest
    /// The request asks for what this authority does not give.
    case unsupportedRequest(UnsupportedRequest)
    /// The request's signature was not made with the key that it carries (RFC 2986 §3).
    case badProofOfPossession
    /// The public key is of a kind, curve or size that is not supported.
    case unsupportedKey
    /// A primitive failed.
    case crypto(CryptoError)
    /// The token with the private key failed.
    case token(TokenFailure)
}

/// What a request can ask for that is refused.
public enum UnsupportedRequest: UInt8, Equatable, Sendable {
    /// basicConstraints with cA TRUE.
    case certificateAuthority
    /// A subjectAltName that is neither dNSName nor iPAddress.
    case nameKind
    /// A signature algorithm outside ECDSA and RSA with SHA-256, SHA-384 or SHA-512.
    case signatureAlgorithm
    /// More than one extensionRequest attribute, or an extension twice.
    case repeatedExtension
}
