// Which of our certificates a peer gets to see (RFC 8446 §4.4.2.2, §4.4.2.3): one whose key can sign as the peer wants and,
// where the peer names its authorities, one that was issued under them (§4.2.4).
import Bytes
import X509

extension Identities {
    /// The identity to show: the first candidate whose key can sign with one of `schemes` and whose chain was issued by one
    /// of `authorities`; where there is none, the first that can sign, since the authorities are a hint, and that is not only
    /// for its issuers.
    /// - Parameter authorities: the names in certificate_authorities, or nothing where the peer named none.
    func choose(
        _ schemes: borrowing SignatureSchemeList, _ authorities: Span<UInt8>,
        as use: SignatureUse = .certificateVerify, where isCandidate: (Int) -> Bool
    ) -> OwnCertificate? {
        var fallback: OwnCertificate?
        for identity in 0..<count where isCandidate(identity) {
            guard let scheme = scheme(identity, offered: schemes, as: use) else { continue }
            let choice = OwnCertificate.identity(identity, scheme)
            let needsIssuer = needsIssuer(identity)
            if authorities.isEmpty, !needsIssuer { return choice }
            if wasIssued(identity, byOneOf: authorities) { return choice }
            if !needsIssuer { fallback = fallback ?? choice }
        }
        return fallback
    }

    /// Whether some identity can sign with one of `schemes`, shown or not.
    func canSign(_ schemes: borrowing SignatureSchemeList) -> Bool {
        for identity in 0..<count
        where scheme(identity, offered: schemes, as: .certificateVerify) != nil { return true }
        return false
    }

    /// Whether a certificate of the chain has an issuer among `authorities`.
    private func wasIssued(_ identity: Int, byOneOf authorities: Span<UInt8>) -> Bool {
        var chain = CertificateSequence(certificateList(identity), .withExtensions).reader
        do throws(X509Error) {
            while let der = try chain.next() {
                if CertificateAuthorities.contains(authorities, try Certificate(der).issuer.der) { return true }
            }
        } catch {
            return false
        }
        return false
    }

    /// Whether the leaf of an identity carries `name` as a DNS name.
    func carries(_ name: Span<UInt8>, identity: Int) -> Bool {
        var entries = ByteReader(certificateList(identity))
        guard let leaf = entries.readVector24() else { return false }
        do throws(X509Error) {
            try Certificate(leaf).requireName(among: ReferenceIdentities(ReferenceIdentity(name)))
            return true
        } catch {
            return false
        }
    }
}
