// The one error of this target: what was wrong, and with which certificate. TLS turns a reason into an alert
// (RFC 8446 §6.2); a program turns it into a line for its user, from `Reason.description`.

/// Why a certificate or a chain was refused.
public struct X509Error: Error, Equatable, Sendable {
    /// What was wrong.
    public let reason: Reason
    /// Which certificate of the chain, the leaf being 0; -1 where it is none of them or is not known.
    public let certificate: Int
    /// Which of the anchors, where the fault is in an anchor; otherwise -1.
    public let anchor: Int

    /// An error about certificate `certificate` of the chain.
    public init(_ reason: Reason, certificate: Int = -1) {
        self.init(reason, certificate: certificate, anchor: -1)
    }

    init(_ reason: Reason, certificate: Int, anchor: Int) {
        self.reason = reason
        self.certificate = certificate
        self.anchor = anchor
    }

    /// The same reason, said of certificate `index` of the chain, unless a certificate is already named.
    func at(certificate index: Int) -> X509Error {
        certificate >= 0 || anchor >= 0 ? self : X509Error(reason, certificate: index)
    }

    /// The same reason, said of anchor `index`.
    func at(anchor index: Int) -> X509Error { X509Error(reason, certificate: -1, anchor: index) }

    /// What was wrong. Each case has a test that produces it.
    public enum Reason: UInt8, Sendable {
        // Encoding.

        /// The bytes are not DER: truncated, an indefinite or non-minimal length, a non-canonical value (X.690 §10, §11).
        case malformedDER
        /// Good DER, but not the element that the grammar has at this place (RFC 5280 §4.1).
        case unexpectedElement
        /// Bytes follow where the certificate or one of its elements should end.
        case trailingData
        /// Not version 3 (RFC 5280 §4.1.2.1).
        case unsupportedVersion
        /// A serial number of more than 20 octets, or one that is not positive (RFC 5280 §4.1.2.2).
        case badSerialNumber
        /// The signature algorithm inside the signed part differs from the one outside (RFC 5280 §4.1.1.2).
        case algorithmMismatch
        /// A time that is not in one of the exact forms of RFC 5280 §4.1.2.5, or is no calendar date.
        case badTime
        /// A name that breaks its own rules: NUL or non-ASCII in a dNSName, an address of 5 bytes (RFC 5280 §4.2.1.6).
        case badName
        /// More names, attributes or purposes than `X509Limits` allows.
        case tooManyNames
        /// One extension twice (RFC 5280 §4.2).
        case duplicateExtension
        /// More extensions than `X509Limits` allows.
        case tooManyExtensions
        /// An extension whose contents break its own rules (RFC 5280 §4.2.1).
        case badExtension

        // Keys and signatures.

        /// A public key of a kind or curve that is not supported: only P-256, P-384 and RSA are.
        case unsupportedPublicKey
        /// An RSA key of less than 2048 or more than 4096 bits.
        case badPublicKeySize
        /// A public key that breaks the rules of its kind (RFC 5480 §2.2, RFC 8017 §3.1).
        case badPublicKey
        /// A signature algorithm, or parameters of one, that is not supported (RFC 4055 §3.1, RFC 5758 §3.2).
        case unsupportedSignatureAlgorithm
        /// Signed with MD2, MD5 or SHA-1.
        case weakSignatureAlgorithm
        /// The signature does not verify with the issuer's key.
        case badSignature
        /// The cryptographic library failed, for want of memory for example; says nothing of the certificate.
        case cryptoFailure

        // The path.

        /// The chain is empty.
        case noCertificate
        /// There is no anchor, or none that could be used.
        case noAnchors
        /// The list that holds the certificates is cut off or has an entry of no bytes (RFC 8446 §4.4.2).
        case malformedSequence
        /// More certificates in the chain than `X509Limits` allows.
        case tooManyCertificates
        /// No path from the leaf ends at an anchor.
        case unknownIssuer
        /// A path would need more intermediates than the greatest depth allows.
        case pathTooLong
        /// The bound on signature checks was reached before a path was found.
        case tooManySignatureChecks
        /// The time is after notAfter (RFC 5280 §4.1.2.5).
        case expired
        /// The time is before notBefore (RFC 5280 §4.1.2.5).
        case notYetValid
        /// The time is not known, and the policy requires it.
        case timeUnknown
        /// An issuer without basicConstraints cA (RFC 5280 §6.1.4 (k)).
        case notCertificateAuthority
        /// More certificates below an issuer than its pathLenConstraint allows (RFC 5280 §6.1.4 (m)).
        case pathLengthExceeded
        /// An issuer whose keyUsage lacks keyCertSign (RFC 5280 §6.1.4 (n)).
        case missingKeyCertSign
        /// A leaf whose keyUsage lacks digitalSignature (RFC 8446 §4.4.2.2).
        case missingDigitalSignature
        /// A leaf whose keyUsage lacks keyEncipherment (RFC 5246 §7.4.2).
        case missingKeyEncipherment
        /// A leaf, or an issuer above it, whose extKeyUsage does not allow the purpose (RFC 5280 §4.2.1.12).
        case wrongPurpose
        /// A critical extension that is not understood (RFC 5280 §4.2).
        case unknownCriticalExtension
        /// A name constraint that cannot be held against the names below it: of a kind that is not supported, and such a
        /// name is there; or with a minimum or maximum (RFC 5280 §4.2.1.10).
        case unsupportedNameConstraints
        /// A name of a kind that an issuer above constrains, within no subtree that it permits (RFC 5280 §6.1.3 (b)).
        case nameNotPermitted
        /// A name within a subtree that an issuer above excludes (RFC 5280 §6.1.3 (c)).
        case nameExcluded
        /// The bound on comparing names with name constraints was reached.
        case tooManyNameComparisons
        /// A policy is required, by a certificate or by the caller, and the path is valid for none that is acceptable
        /// (RFC 5280 §6.1.3 (f), §6.1.5 (g)).
        case policyRequired
        /// More policies, or mappings of them, than `X509Limits` allows.
        case tooManyPolicies
        /// Not the leaf that a `VerifiedPath` was made for.
        case differentLeaf

        // Revocation.

        /// A revocation list names it (RFC 5280 §6.3.3).
        case revoked
        /// There is no revocation list of its issuer.
        case revocationListMissing
        /// The time is after nextUpdate of its issuer's list (RFC 5280 §5.1.2.5).
        case revocationListExpired
        /// The time is before thisUpdate of its issuer's list (RFC 5280 §5.1.2.4).
        case revocationListNotYetValid
        /// Its issuer's list has no nextUpdate, which RFC 5280 §5.1.2.5 requires.
        case revocationListWithoutNextUpdate
        /// Its issuer's list also names certificates of others (RFC 5280 §5.2.5, §5.3.3), which is not supported.
        case indirectRevocationList
        /// Its issuer's list holds only the changes since another (RFC 5280 §5.2.4), which is not supported.
        case deltaRevocationList
        /// Its issuer's lists cover other certificates, or not all reasons (RFC 5280 §5.2.5).
        case partialRevocationList
        /// A list cannot be read.
        case malformedRevocationList
        /// A list, or an entry of one, has a critical extension that is not understood (RFC 5280 §5.2, §5.3).
        case unknownCriticalListExtension
        /// The list is not signed by its issuer's key.
        case badRevocationListSignature
        /// The list is signed with MD2, MD5 or SHA-1.
        case weakRevocationListSignature
        /// The list has a signature algorithm that is not supported.
        case unsupportedRevocationListSignature
        /// The keyUsage of the list's issuer lacks cRLSign (RFC 5280 §6.3.3 (f)).
        case missingCRLSign

        // Names.

        /// The certificate names others than the one expected (RFC 9525 §6).
        case nameMismatch
        /// The certificate has no name that could be compared: no dNSName or iPAddress in subjectAltName.
        case noComparableName
        /// The expected name is neither a DNS name nor an IP address, or there is none.
        case badReferenceIdentity
    }
}

#if !hasFeature(Embedded)
    // An array of all cases allocates, so it exists only where the tests are.
    extension X509Error.Reason: CaseIterable {}
#endif

extension X509Error.Reason {
    /// The reason in words, to stand after the name of a certificate.
    public var description: StaticString {
        switch self {
        case .malformedDER: "is not valid DER"
        case .unexpectedElement: "has an element that X.509 does not have at that place"
        case .trailingData: "has bytes after its end"
        case .unsupportedVersion: "is not of version 3"
        case .badSerialNumber: "has a serial number that is not positive or longer than 20 octets"
        case .algorithmMismatch: "names two different signature algorithms"
        case .badTime: "has a validity time that RFC 5280 does not allow"
        case .badName: "has a malformed name"
        case .tooManyNames: "has more names, attributes or purposes than the limit"
        case .duplicateExtension: "has the same extension twice"
        case .tooManyExtensions: "has more extensions than the limit"
        case .badExtension: "has a malformed extension"
        case .unsupportedPublicKey: "has a public key that is neither P-256, P-384 nor RSA"
        case .badPublicKeySize: "has an RSA key of less than 2048 bits, or what the policy asks for, or more than 4096"
        case .badPublicKey: "has a malformed public key"
        case .unsupportedSignatureAlgorithm: "has a signature algorithm that is not supported"
        case .weakSignatureAlgorithm: "is signed with MD5 or SHA-1"
        case .badSignature: "has a signature that its issuer's key does not verify"
        case .cryptoFailure: "could not be checked: the cryptographic library failed"
        case .noCertificate: "is missing: the chain is empty"
        case .noAnchors: "cannot be checked: there is no usable anchor"
        case .malformedSequence: "list is cut off or malformed"
        case .tooManyCertificates: "comes with more certificates than the limit"
        case .unknownIssuer: "has an issuer that is neither an anchor nor in the chain"
        case .pathTooLong: "is further from an anchor than the greatest depth"
        case .tooManySignatureChecks: "needs more signature checks than the limit"
        case .expired: "has expired"
        case .notYetValid: "is not yet valid"
        case .timeUnknown: "cannot be checked: the time is not known"
        case .notCertificateAuthority: "has issued a certificate but is no certificate authority"
        case .pathLengthExceeded: "allows fewer certificates below it than the chain has"
        case .missingKeyCertSign: "has issued a certificate but its key usage lacks keyCertSign"
        case .missingDigitalSignature: "has a key usage without digitalSignature"
        case .missingKeyEncipherment: "has a key usage without keyEncipherment"
        case .wrongPurpose: "has an extended key usage that does not allow this purpose"
        case .unknownCriticalExtension: "has a critical extension that is not understood"
        case .unsupportedNameConstraints: "has name constraints of a kind that is not supported"
        case .nameNotPermitted: "has a name outside of what an authority above it may issue"
        case .nameExcluded: "has a name that an authority above it must not issue"
        case .tooManyNameComparisons: "has more names and name constraints to compare than the limit"
        case .policyRequired: "is not valid for any acceptable certificate policy, and one is required"
        case .tooManyPolicies: "has more certificate policies than the limit"
        case .revoked: "has been revoked"
        case .revocationListMissing: "cannot be checked: there is no revocation list of its issuer"
        case .revocationListExpired: "cannot be checked: its issuer's revocation list is out of date"
        case .revocationListNotYetValid: "cannot be checked: its issuer's revocation list is not yet valid"
        case .revocationListWithoutNextUpdate: "cannot be checked: its issuer's revocation list has no nextUpdate"
        case .indirectRevocationList: "cannot be checked: indirect revocation lists are not supported"
        case .deltaRevocationList: "cannot be checked: delta revocation lists are not supported without a complete one"
        case .partialRevocationList: "is not covered by the revocation lists of its issuer"
        case .malformedRevocationList: "cannot be checked: a revocation list is malformed"
        case .unknownCriticalListExtension:
            "cannot be checked: its issuer's revocation list has a critical extension that is not understood"
        case .badRevocationListSignature:
            "cannot be checked: its issuer's revocation list has a signature that the issuer's key does not verify"
        case .weakRevocationListSignature: "cannot be checked: its issuer's revocation list is signed with MD5 or SHA-1"
        case .unsupportedRevocationListSignature:
            "cannot be checked: its issuer's revocation list has a signature algorithm that is not supported"
        case .missingCRLSign: "cannot be checked: the key usage of its issuer lacks cRLSign"
        case .differentLeaf: "is not the leaf that was verified"
        case .nameMismatch: "is for other names than the one expected"
        case .noComparableName: "has no DNS name or IP address in its subjectAltName"
        case .badReferenceIdentity: "cannot be matched: the expected name is neither a DNS name nor an IP address"
        }
    }
}
