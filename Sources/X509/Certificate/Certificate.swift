// One certificate (RFC 5280 §4.1), as a view of the bytes in which it was received. Its structure is checked once, when
// the view is made; whether its key and signature algorithm are supported is asked only of certificates that are used
// (an anchor may well be self-signed with SHA-1: nobody looks at that signature).

import Bytes
import TLSCrypto

/// A view of an X.509 certificate of version 3.
public struct Certificate: ~Escapable {
    /// The whole certificate.
    public let der: Span<UInt8>
    /// The part that is signed: `tbsCertificate` with its tag and length.
    public let signedPart: Span<UInt8>
    /// The contents of the serial number, big-endian in two's complement, at most 21 octets.
    public let serialNumber: Span<UInt8>
    /// The AlgorithmIdentifier of the signature, whole.
    public let signatureAlgorithmIdentifier: Span<UInt8>
    /// The signature.
    public let signature: Span<UInt8>
    /// Who issued it.
    public let issuer: DistinguishedName
    /// The first second at which it is valid, since 1970-01-01T00:00:00Z.
    public let notBefore: Int64
    /// The last second at which it is valid, since 1970-01-01T00:00:00Z.
    public let notAfter: Int64
    /// Whose key it certifies. May be empty where subjectAltName says who it is.
    public let subject: DistinguishedName
    /// The SubjectPublicKeyInfo, whole: what a pin is the SHA-256 of (RFC 7469 §2.4).
    public let subjectPublicKeyInfo: Span<UInt8>
    /// What its extensions say.
    public let extensions: CertificateExtensions

    /// Checks the structure of a certificate.
    /// - Parameter der: exactly one certificate.
    /// - Throws: a reason of the encoding; never one of the path.
    @_lifetime(copy der)
    public init(_ der: Span<UInt8>) throws(X509Error) {
        self.der = der
        let structure = try SignedStructure(der)
        signedPart = structure.signedPart
        signatureAlgorithmIdentifier = structure.algorithmIdentifier
        signature = structure.signature

        var fields = DERReader(structure.content)
        try checkVersion(&fields)
        serialNumber = try readSerialNumber(&fields)
        try structure.readSameAlgorithm(&fields)
        issuer = try fields.readDistinguishedName()
        var validity = try fields.readSequence()
        notBefore = try validity.readTime()
        notAfter = try validity.readTime()
        try validity.finish()
        subject = try fields.readDistinguishedName()
        subjectPublicKeyInfo = try fields.readElement(.sequence).encoding
        // issuerUniqueID and subjectUniqueID (RFC 5280 §4.1.2.8): tolerated, and not looked at.
        _ = try fields.readOptional(.context(1))
        _ = try fields.readOptional(.context(2))
        extensions = try readExtensions(&fields)
        try fields.finish()
    }

    /// The certified key.
    public var publicKey: PublicKey {
        /// - Throws: `unsupportedPublicKey`, `badPublicKey`, `badPublicKeySize`, `malformedDER`, …
        @_lifetime(copy self)
        get throws(X509Error) { try PublicKey(subjectPublicKeyInfo: subjectPublicKeyInfo) }
    }

    /// The algorithm of its signature.
    public var signatureAlgorithm: SignatureAlgorithm {
        /// - Throws: `weakSignatureAlgorithm`, `unsupportedSignatureAlgorithm`, `malformedDER`, …
        get throws(X509Error) { try SignatureAlgorithm(algorithmIdentifier: signatureAlgorithmIdentifier) }
    }

    /// Whether subject and issuer are one and the same name (RFC 5280 §6.1: "self-issued").
    public var isSelfIssued: Bool { subject.isSame(as: issuer) }
}

/// RFC 5280 §4.1.2.1: `[0] EXPLICIT Version DEFAULT v1`; v3 is 2. Versions 1 and 2 have no basicConstraints, so nothing
/// tells a CA from a leaf.
private func checkVersion(_ fields: inout DERReader) throws(X509Error) {
    guard let version = try fields.readOptional(.contextConstructed(0)) else { throw X509Error(.unsupportedVersion) }
    var reader = DERReader(version)
    guard try reader.readSmallInteger() == 2 else { throw X509Error(.unsupportedVersion) }
    try reader.finish()
}

/// RFC 5280 §4.1.2.2: at most 20 octets. A random number of 160 bits may need a zero octet before it for its sign, and
/// CAs issue such: it is accepted. That the number is positive is required of issued certificates only (in
/// `verifyPath`): old anchors are numbered 0.
@_lifetime(copy fields)
private func readSerialNumber(_ fields: inout DERReader) throws(X509Error) -> Span<UInt8> {
    let serial = try fields.readInteger()
    let magnitude = serial[0] == 0 ? serial.count - 1 : serial.count
    guard magnitude <= X509Limits.serialNumberBytes else { throw X509Error(.badSerialNumber) }
    return serial
}

@_lifetime(copy fields)
private func readExtensions(_ fields: inout DERReader) throws(X509Error) -> CertificateExtensions {
    guard let wrapped = try fields.readOptional(.contextConstructed(3)) else { return CertificateExtensions() }
    var outer = DERReader(wrapped)
    let list = try outer.read(.sequence)
    try outer.finish()
    return try CertificateExtensions(list)
}
