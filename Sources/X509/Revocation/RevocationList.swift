// One certificate revocation list (RFC 5280 §5.1), as a view of the bytes of its file. What stands before and after
// the entries is checked when the view is made; the entries are checked whenever they are searched, since only they may be
// many. Neither makes the list good: whether it is current, complete and signed is asked in `RevocationCheck`.

import Bytes
import TLSCrypto

/// A view of a certificate revocation list of version 1 or 2.
public struct RevocationList: ~Escapable {
    /// The whole list.
    public let der: Span<UInt8>
    /// The part that is signed: `tbsCertList` with its tag and length.
    public let signedPart: Span<UInt8>
    /// The AlgorithmIdentifier of the signature, whole.
    public let signatureAlgorithmIdentifier: Span<UInt8>
    /// The signature.
    public let signature: Span<UInt8>
    /// Who issued it.
    public let issuer: DistinguishedName
    /// When it was issued, in seconds since 1970-01-01T00:00:00Z.
    public let thisUpdate: Int64
    /// By when the next one is issued, in seconds since 1970-01-01T00:00:00Z; nil where it does not say.
    public let nextUpdate: Int64?
    /// What its extensions say.
    public let extensions: RevocationListExtensions
    /// The contents of revokedCertificates; empty where nothing is revoked.
    private let revokedCertificates: Span<UInt8>

    /// Checks the structure of a list, its entries apart.
    /// - Parameter der: exactly one list.
    /// - Throws: a reason of the encoding.
    @_lifetime(copy der)
    public init(_ der: Span<UInt8>) throws(X509Error) {
        self.der = der
        let structure = try SignedStructure(der)
        signedPart = structure.signedPart
        signatureAlgorithmIdentifier = structure.algorithmIdentifier
        signature = structure.signature

        var fields = DERReader(structure.content)
        let version = try readVersion(&fields)
        try structure.readSameAlgorithm(&fields)
        issuer = try fields.readDistinguishedName()
        thisUpdate = try fields.readTime()
        let hasNextUpdate = fields.nextTag == .utcTime || fields.nextTag == .generalizedTime
        nextUpdate = hasNextUpdate ? try fields.readTime() : nil
        revokedCertificates = try readRevokedCertificates(&fields)
        extensions = try readExtensions(&fields, version: version)
        try fields.finish()
    }

    /// The algorithm of its signature.
    public var signatureAlgorithm: SignatureAlgorithm {
        /// - Throws: `weakSignatureAlgorithm`, `unsupportedSignatureAlgorithm`, `malformedDER`, …
        get throws(X509Error) { try SignatureAlgorithm(algorithmIdentifier: signatureAlgorithmIdentifier) }
    }

    /// The entries, to be read one after the other.
    public var entries: RevokedCertificates {
        @_lifetime(copy self)
        get { RevokedCertificates(revokedCertificates) }
    }

    /// The entry of a serial number. Reads the whole list, so that a malformed entry or a critical extension that is not
    /// understood is noticed whichever certificate is looked for (RFC 5280 §5.3: such a list must not be used for any).
    /// - Parameter serialNumber: the contents of the INTEGER.
    /// - Returns: nil where the list does not have it.
    /// - Throws: a reason of the encoding, `indirectRevocationList`, `unknownCriticalListExtension`
    @_lifetime(copy self)
    public func entry(serialNumber: Span<UInt8>) throws(X509Error) -> RevokedCertificate? {
        var found: RevokedCertificate?
        var reader = entries
        while let entry = try reader.next() {
            if entry.serialNumber.hasSameBytes(as: serialNumber) { found = entry }
        }
        return found
    }

    /// Checks what can be told of a list by itself: every entry, and that it is of a kind that is supported. For those
    /// who load it.
    /// - Throws: a reason of the encoding, `indirectRevocationList`, `deltaRevocationList`,
    ///   `unknownCriticalListExtension`, `revocationListWithoutNextUpdate`, `weakSignatureAlgorithm`,
    ///   `unsupportedSignatureAlgorithm`
    public func checkUsable() throws(X509Error) {
        _ = try signatureAlgorithm
        guard !extensions.isDelta else { throw X509Error(.deltaRevocationList) }
        if let point = extensions.issuingDistributionPoint, point.indirectCRL {
            throw X509Error(.indirectRevocationList)
        }
        guard !extensions.hasUnknownCritical else { throw X509Error(.unknownCriticalListExtension) }
        guard nextUpdate != nil else { throw X509Error(.revocationListWithoutNextUpdate) }
        var reader = entries
        while try reader.next() != nil {}
    }
}

/// RFC 5280 §5.1.2.1: absent for version 1, otherwise 1 for version 2.
private func readVersion(_ fields: inout DERReader) throws(X509Error) -> Int {
    guard fields.nextTag == .integer else { return 1 }
    guard try fields.readSmallInteger() == 1 else { throw X509Error(.unsupportedVersion) }
    return 2
}

/// RFC 5280 §5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be absent." OpenSSL has
/// written empty ones; they say the same.
@_lifetime(copy fields)
private func readRevokedCertificates(_ fields: inout DERReader) throws(X509Error) -> Span<UInt8> {
    if let entries = try fields.readOptional(.sequence) { return entries }
    return Span()
}

@_lifetime(copy fields)
private func readExtensions(
    _ fields: inout DERReader, version: Int
) throws(X509Error) -> RevocationListExtensions {
    guard let wrapped = try fields.readOptional(.contextConstructed(0)) else { return RevocationListExtensions() }
    // RFC 5280 §5.1.2.1: with extensions the version "MUST be present and MUST specify version 2".
    guard version == 2 else { throw X509Error(.unsupportedVersion) }
    var outer = DERReader(wrapped)
    let list = try outer.read(.sequence)
    try outer.finish()
    return try RevocationListExtensions(list)
}
