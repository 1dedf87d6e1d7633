// Errors of the libraries, in the words of the command line.
import Provisioning
import TLSCrypto
import X509

/// "cannot …: why; what to do".
func provisioningError(_ what: String, _ error: ProvisioningError) -> CommandError {
    fileError("\(what): \(reason(error))")
}

/// Why a certificate or a request was not written or accepted, and what to do.
func reason(_ error: ProvisioningError) -> String {
    switch error {
    case .outputTooSmall: "it would be larger than 64 KiB; ask for fewer names"
    case .invalidName: "it has a name that is no DNS name and no IP address in good form; mend the names"
    case .invalidValidity: "the validity lies outside the years 1 to 9999 or ends before it begins; check the clock"
    case .invalidSerialNumber: "the serial number is not positive; report this"
    case .malformedRequest: "it is no PKCS#10 request in DER; make one with 'openssl req -new' or the device's 'csr'"
    case .unsupportedRequest(.certificateAuthority):
        "it asks to be a certificate authority, which is never given; ask without CA:TRUE"
    case .unsupportedRequest(.nameKind):
        "it asks for a name that is neither a DNS name nor an IP address; leave that name out"
    case .unsupportedRequest(.signatureAlgorithm):
        "it is not signed with ECDSA or RSA and SHA-256, SHA-384 or SHA-512; sign it with one of these"
    case .unsupportedRequest(.repeatedExtension): "it asks for one extension twice; ask once"
    case .badProofOfPossession:
        "its signature was not made with the key in it; make the request again with the right key"
    case .unsupportedKey: "its key is none of P-256, P-384 and RSA with 2048 to 4096 bits; use one of these"
    case .crypto(let error): reason(error)
    case .token(let failure): textBuilt { failure.describe(into: &$0) }
    }
}

/// Why a primitive failed, and what to do.
func reason(_ error: CryptoError) -> String {
    switch error {
    case .outOfMemory: "there is not enough memory; end other programs"
    case .invalidKey: "it is no private key that can be used; give an unencrypted PKCS#8, SEC1 or PKCS#1 key"
    case .encryptedKey: "it is encrypted; decrypt it first, for example with 'openssl pkey -in IN -out OUT'"
    case .unsupported: "its kind is not supported; use P-256, P-384 or RSA with 2048 to 4096 bits"
    case .outputTooSmall: "it is larger than was expected; report this"
    case .randomUnavailable: "the system's random source failed; check getrandom(2)"
    case .unavailable: "the token with the key does not sign now; check that it is plugged in"
    case .invalidEncoding: "it is no base64; restore the file"
    case .invalidPublicValue, .badSignature, .authenticationFailed: "a check failed; give the right file"
    case .backend(let code): "mbedTLS failed with \(code); report this"
    }
}

/// Why a certificate was refused.
func reason(_ error: X509Error) -> String { error.reason.description.description }

/// The certificate that the error is about, as the user gave it: "the certificate 'leaf.pem'".
func certificateError(_ what: String, _ error: X509Error) -> CommandError {
    fileError("\(what) \(reason(error)); give another certificate")
}
