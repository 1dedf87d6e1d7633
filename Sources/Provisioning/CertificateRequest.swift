// PKCS#10 requests, read (RFC 2986 §4): a view over the received bytes, and the proof that whoever made the request
// holds the private key. Of the extensions that a request can ask for (RFC 2985 §5.4.2) only subjectAltName is taken,
// with DNS names and addresses; asking to be an authority is refused; all others are the authority's own choice and
// are passed over.
import Bytes
import TLSCrypto
import X509

/// A request for a certificate, over its DER.
public struct CertificateRequest: ~Escapable {
    /// DER of the subject's Name; possibly empty (a SEQUENCE of nothing).
    public let subject: Span<UInt8>
    /// DER of the SubjectPublicKeyInfo.
    public let publicKeyInfo: Span<UInt8>
    /// DER of the GeneralNames asked for: DNS names and addresses in good form. Empty where none are.
    public let subjectAltNames: Span<UInt8>
    /// What is signed: CertificationRequestInfo.
    private let signed: Span<UInt8>
    /// DER of the signature's AlgorithmIdentifier.
    private let signatureAlgorithm: Span<UInt8>
    private let signature: Span<UInt8>

    /// Reads a request.
    /// - Throws: `malformedRequest`, `unsupportedRequest`, `invalidName`.
    @_lifetime(copy der)
    public init(_ der: Span<UInt8>) throws(ProvisioningError) {
        let extensions: RequestedExtensions
        do throws(X509Error) {
            let request = try SignedStructure(der)
            signed = request.signedPart
            signatureAlgorithm = request.algorithmIdentifier
            signature = request.signature

            var fields = DERReader(request.content)
            // §4.1: version is v1(0).
            guard try fields.readSmallInteger() == 0 else { throw X509Error(.unsupportedVersion) }
            subject = try fields.readDistinguishedName().der
            publicKeyInfo = try fields.readElement(.sequence).encoding
            // The attributes are mandatory, but programs that have none leave them out.
            var attributes = der.extracting(0..<0)
            if let present = try fields.readOptional(.contextConstructed(0)) { attributes = present }
            try fields.finish()
            extensions = try RequestedExtensions(attributes)
        } catch {
            throw .malformedRequest
        }
        guard !extensions.isRepeated else { throw .unsupportedRequest(.repeatedExtension) }
        guard !extensions.isAuthority else { throw .unsupportedRequest(.certificateAuthority) }
        try checkRequestedNames(extensions.subjectAltNames)
        subjectAltNames = extensions.subjectAltNames
    }

    /// Checks that the request was signed with the private half of the key in it.
    /// - Throws: `badProofOfPossession`, `unsupportedKey`, `unsupportedRequest`, `crypto`.
    public func checkProofOfPossession() throws(ProvisioningError) {
        let algorithm: SignatureAlgorithm
        do throws(X509Error) {
            algorithm = try SignatureAlgorithm(algorithmIdentifier: signatureAlgorithm)
        } catch {
            throw .unsupportedRequest(.signatureAlgorithm)
        }
        let key: PublicKey
        do throws(X509Error) {
            key = try PublicKey(subjectPublicKeyInfo: publicKeyInfo)
        } catch {
            throw .unsupportedKey
        }
        do throws(CryptoError) {
            try key.verify(algorithm, message: signed, signature: signature)
        } catch {
            switch error {
            case .outOfMemory, .backend: throw .crypto(error)
            default: throw .badProofOfPossession
            }
        }
    }
}
