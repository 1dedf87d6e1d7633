// The extensions of a certificate (RFC 5280 §4.2): those that path validation reads are parsed when the certificate
// is, so that a malformed one is found before anything is decided. The others are only remembered as "a critical one
// that is not understood".

import Bytes

/// The uses that a keyUsage extension allows (RFC 5280 §4.2.1.3). Not an `OptionSet`, whose literals are arrays and
/// allocate.
public struct KeyUsage: Equatable, Sendable {
    /// Bit 0 of the BIT STRING is the most significant.
    public let rawValue: UInt16
    /// A set from the first 16 bits of the BIT STRING.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Whether all of `uses` are in the set.
    public func contains(_ uses: KeyUsage) -> Bool { rawValue & uses.rawValue == uses.rawValue }

    /// Signatures other than on certificates and CRLs: what a TLS 1.3 endpoint needs.
    public static var digitalSignature: KeyUsage { KeyUsage(rawValue: 0x8000) }
    /// Also called contentCommitment.
    public static var nonRepudiation: KeyUsage { KeyUsage(rawValue: 0x4000) }
    /// Encryption of keys: RSA key transport.
    public static var keyEncipherment: KeyUsage { KeyUsage(rawValue: 0x2000) }
    /// Encryption of data.
    public static var dataEncipherment: KeyUsage { KeyUsage(rawValue: 0x1000) }
    /// Static Diffie-Hellman.
    public static var keyAgreement: KeyUsage { KeyUsage(rawValue: 0x0800) }
    /// Signatures on certificates.
    public static var keyCertSign: KeyUsage { KeyUsage(rawValue: 0x0400) }
    /// Signatures on CRLs.
    public static var cRLSign: KeyUsage { KeyUsage(rawValue: 0x0200) }
    /// Key agreement for encryption alone.
    public static var encipherOnly: KeyUsage { KeyUsage(rawValue: 0x0100) }
    /// Key agreement for decryption alone.
    public static var decipherOnly: KeyUsage { KeyUsage(rawValue: 0x0080) }
}

/// The basicConstraints extension (RFC 5280 §4.2.1.9).
public struct BasicConstraints: Equatable, Sendable {
    /// Whether the subject is a certificate authority.
    public let isCertificateAuthority: Bool
    /// How many intermediates, self-issued ones not counted, may stand below; nil for any number.
    public let pathLength: Int?
}

/// The purposes of an extKeyUsage extension (RFC 5280 §4.2.1.12), as far as TLS cares.
public struct ExtendedKeyUsage: Equatable, Sendable {
    /// One bit for each purpose that is known.
    public let rawValue: UInt8
    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Whether all of `purposes` are in the set.
    public func contains(_ purposes: ExtendedKeyUsage) -> Bool { rawValue & purposes.rawValue == purposes.rawValue }

    /// id-kp-serverAuth
    public static var serverAuth: ExtendedKeyUsage { ExtendedKeyUsage(rawValue: 1) }
    /// id-kp-clientAuth
    public static var clientAuth: ExtendedKeyUsage { ExtendedKeyUsage(rawValue: 2) }
    /// anyExtendedKeyUsage
    public static var any: ExtendedKeyUsage { ExtendedKeyUsage(rawValue: 4) }
    fileprivate func with(_ other: ExtendedKeyUsage) -> ExtendedKeyUsage {
        ExtendedKeyUsage(rawValue: rawValue | other.rawValue)
    }

    /// Any purpose that is none of these.
    public static var other: ExtendedKeyUsage { ExtendedKeyUsage(rawValue: 8) }
}

/// What a certificate's extensions say.
public struct CertificateExtensions: ~Escapable {
    /// nil where the extension is absent.
    public private(set) var basicConstraints: BasicConstraints?
    /// nil where the extension is absent: any use.
    public private(set) var keyUsage: KeyUsage?
    /// nil where the extension is absent: any purpose.
    public private(set) var extendedKeyUsage: ExtendedKeyUsage?
    /// No names where the extension is absent.
    public private(set) var subjectAltNames: GeneralNames
    /// The value of the extension, in DER; no bytes where it is absent.
    public private(set) var subjectAltNameValue: Span<UInt8>
    /// nil where the extension is absent.
    public private(set) var subjectKeyIdentifier: Optional<Span<UInt8>>
    /// The keyIdentifier of the extension; nil where the extension or that field is absent.
    public private(set) var authorityKeyIdentifier: Optional<Span<UInt8>>
    /// nil where the extension is absent, critical or not.
    public private(set) var nameConstraints: Optional<NameConstraints>
    /// nil where the extension is absent.
    public private(set) var certificatePolicies: Optional<CertificatePolicies>
    /// No mapping where the extension is absent.
    public private(set) var policyMappings: PolicyMappings
    /// What policyConstraints and inhibitAnyPolicy say.
    public private(set) var policyConstraints = PolicyConstraints()
    /// No point where the extension is absent.
    public private(set) var distributionPoints: DistributionPoints
    /// Whether there is a critical extension that is none of those above.
    public private(set) var hasUnknownCritical = false

    /// No extensions.
    @_lifetime(immortal)
    init() {
        subjectAltNames = GeneralNames()
        subjectAltNameValue = Span()
        subjectKeyIdentifier = nil
        authorityKeyIdentifier = nil
        nameConstraints = nil
        certificatePolicies = nil
        policyMappings = PolicyMappings()
        distributionPoints = DistributionPoints()
    }

    /// Parses the extensions.
    /// - Parameter value: the contents of the SEQUENCE OF Extension.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badExtension`, `duplicateExtension`, `tooManyExtensions`,
    ///   `badName`, `tooManyNames`, `tooManyPolicies`, `unsupportedNameConstraints`, `trailingData`
    @_lifetime(copy value)
    public init(_ value: Span<UInt8>) throws(X509Error) {
        self.init()
        try checkExtensionList(value)
        var reader = DERReader(value)
        while !reader.isAtEnd { try take(try CertificateExtension(try reader.readSequence())) }
    }

    @_lifetime(self: copy self, copy one)
    private mutating func take(_ one: CertificateExtension) throws(X509Error) {
        switch try ObjectIdentifier(content: one.type) {
        case .basicConstraints: basicConstraints = try parseBasicConstraints(one.value)
        case .keyUsage: keyUsage = try parseKeyUsage(one.value)
        case .extKeyUsage: extendedKeyUsage = try parseExtendedKeyUsage(one.value)
        case .subjectAltName:
            subjectAltNames = try GeneralNames(extensionValue: one.value)
            subjectAltNameValue = one.value
        case .subjectKeyIdentifier: subjectKeyIdentifier = try parseSubjectKeyIdentifier(one.value)
        case .authorityKeyIdentifier: authorityKeyIdentifier = try parseAuthorityKeyIdentifier(one.value)
        case .nameConstraints: nameConstraints = try NameConstraints(extensionValue: one.value)
        case .certificatePolicies: certificatePolicies = try CertificatePolicies(extensionValue: one.value)
        case .policyMappings: policyMappings = try PolicyMappings(extensionValue: one.value)
        case .policyConstraints: try policyConstraints.readConstraints(one.value)
        case .inhibitAnyPolicy: try policyConstraints.readInhibitAnyPolicy(one.value)
        case .cRLDistributionPoints: distributionPoints = try DistributionPoints(extensionValue: one.value)
        default: if one.isCritical { hasUnknownCritical = true }
        }
    }
}

/// Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
struct CertificateExtension: ~Escapable {
    let type: Span<UInt8>
    let isCritical: Bool
    let value: Span<UInt8>

    @_lifetime(copy sequence)
    init(_ sequence: DERReader) throws(X509Error) {
        var reader = sequence
        type = try reader.read(.objectIdentifier)
        isCritical = try reader.readBooleanDefaultFalse()
        value = try reader.read(.octetString)
        try reader.finish()
    }
}

/// What holds for the extensions of a certificate as for those of a revocation list (RFC 5280 §4.1, §4.2, §5.2).
/// - Parameter value: the contents of the SEQUENCE OF Extension.
/// - Throws: `badExtension` where there is none, `duplicateExtension`, `tooManyExtensions`, a reason of the encoding
func checkExtensionList(_ value: Span<UInt8>) throws(X509Error) {
    var reader = DERReader(value)
    // RFC 5280 §4.1: SIZE (1..MAX)
    guard !reader.isAtEnd else { throw X509Error(.badExtension) }
    var count = 0
    while !reader.isAtEnd {
        let one = try CertificateExtension(try reader.readSequence())
        guard count < X509Limits.extensions else { throw X509Error(.tooManyExtensions) }
        // RFC 5280 §4.2: "A certificate MUST NOT include more than one instance of a particular extension."
        var others = DERReader(value)
        for _ in 0..<count {
            let earlier = try CertificateExtension(try others.readSequence())
            guard !earlier.type.hasSameBytes(as: one.type) else { throw X509Error(.duplicateExtension) }
        }
        count += 1
    }
}

private func parseBasicConstraints(_ value: Span<UInt8>) throws(X509Error) -> BasicConstraints {
    var outer = DERReader(value)
    var reader = try outer.readSequence()
    try outer.finish()
    let isAuthority = try reader.readBooleanDefaultFalse()
    var pathLength: Int?
    if !reader.isAtEnd {
        // RFC 5280 §4.2.1.9: "CAs MUST NOT include the pathLenConstraint field unless the cA boolean is asserted".
        guard isAuthority, reader.nextTag == .integer else { throw X509Error(.badExtension) }
        pathLength = try reader.readSmallInteger()
    }
    try reader.finish()
    return BasicConstraints(isCertificateAuthority: isAuthority, pathLength: pathLength)
}

private func parseKeyUsage(_ value: Span<UInt8>) throws(X509Error) -> KeyUsage {
    var reader = DERReader(value)
    let usage = KeyUsage(rawValue: try reader.readNamedBits())
    try reader.finish()
    // RFC 5280 §4.2.1.3: "at least one of the bits MUST be set to 1".
    guard usage.rawValue != 0 else { throw X509Error(.badExtension) }
    return usage
}

private func parseExtendedKeyUsage(_ value: Span<UInt8>) throws(X509Error) -> ExtendedKeyUsage {
    var outer = DERReader(value)
    var reader = try outer.readSequence()
    try outer.finish()
    // RFC 5280 §4.2.1.12: SIZE (1..MAX)
    guard !reader.isAtEnd else { throw X509Error(.badExtension) }
    var usage = ExtendedKeyUsage(rawValue: 0)
    var count = 0
    while !reader.isAtEnd {
        switch try reader.readObjectIdentifier() {
        case .serverAuth: usage = usage.with(.serverAuth)
        case .clientAuth: usage = usage.with(.clientAuth)
        case .anyExtendedKeyUsage: usage = usage.with(.any)
        default: usage = usage.with(.other)
        }
        count += 1
        guard count <= X509Limits.purposes else { throw X509Error(.tooManyNames) }
    }
    return usage
}

@_lifetime(copy value)
private func parseSubjectKeyIdentifier(_ value: Span<UInt8>) throws(X509Error) -> Span<UInt8> {
    var reader = DERReader(value)
    let identifier = try reader.read(.octetString)
    try reader.finish()
    return identifier
}

/// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0], authorityCertIssuer [1], authorityCertSerialNumber [2] },
/// all optional (RFC 5280 §4.2.1.1).
@_lifetime(copy value)
private func parseAuthorityKeyIdentifier(_ value: Span<UInt8>) throws(X509Error) -> Span<UInt8>? {
    var outer = DERReader(value)
    var reader = try outer.readSequence()
    try outer.finish()
    let identifier = try reader.readOptional(.context(0))
    _ = try reader.readOptional(.contextConstructed(1))
    _ = try reader.readOptional(.context(2))
    try reader.finish()
    return identifier
}
