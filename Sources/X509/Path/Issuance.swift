// Whether one certificate has issued another, or a list: by name, by key identifier, and by signature.

import Bytes
import TLSCrypto

extension Certificate {
    /// Whether its name is the issuer of `subject`. An issuer always has a name (RFC 5280 §4.1.2.4).
    func hasIssuersName(of subject: Certificate) -> Bool {
        !self.subject.isEmpty && self.subject.isSame(as: subject.issuer)
    }

    /// Whether its key identifier, where both say one, is the one that `subject` names (RFC 5280 §4.2.1.1).
    func hasIssuersKeyIdentifier(of subject: Certificate) -> Bool {
        guard let own = extensions.subjectKeyIdentifier, let named = subject.extensions.authorityKeyIdentifier else {
            return true
        }
        return own.hasSameBytes(as: named)
    }

    /// Whether `issuer` issued this: its name is the issuer's, and its key verifies the signature.
    package func isIssued(by issuer: Certificate) -> Bool {
        guard issuer.hasIssuersName(of: self) else { return false }
        do throws(X509Error) {
            try checkSignature(try signatureAlgorithm, by: try issuer.publicKey)
            return true
        } catch {
            return false
        }
    }

    /// RFC 5280 §6.1.3 (a) (1)
    /// - Throws: `badSignature`, `badPublicKey` of the issuer, `unsupportedSignatureAlgorithm`, `cryptoFailure`
    func checkSignature(_ algorithm: SignatureAlgorithm, by key: PublicKey) throws(X509Error) {
        try key.check(algorithm, message: signedPart, signature: signature)
    }
}

extension PublicKey {
    /// Verifies the signature of a certificate or of a list.
    /// - Throws: `badSignature`, `badPublicKey`, `unsupportedSignatureAlgorithm`, `cryptoFailure`
    func check(
        _ algorithm: SignatureAlgorithm, message: Span<UInt8>, signature: Span<UInt8>
    ) throws(X509Error) {
        // A key of one kind cannot have made a signature of the other.
        switch (algorithm, kind) {
        case (.ecdsa, .ec), (.rsaPKCS1, .rsa), (.rsaPSS, .rsa): break
        default: throw X509Error(.badSignature)
        }
        do throws(CryptoError) {
            try verify(algorithm, message: message, signature: signature)
        } catch {
            throw X509Error(verification: error)
        }
    }
}

extension X509Error {
    /// What a failed verification says of a certificate.
    init(verification error: CryptoError) {
        switch error {
        case .badSignature: self.init(.badSignature)
        // A point that is not on its curve (RFC 5480 §2.2 leaves that to whoever computes with it).
        case .invalidKey, .invalidPublicValue: self.init(.badPublicKey)
        case .unsupported: self.init(.unsupportedSignatureAlgorithm)
        default: self.init(.cryptoFailure)
        }
    }
}
