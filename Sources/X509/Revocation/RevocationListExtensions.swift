// The extensions of a revocation list (RFC 5280 §5.2).

import Bytes

/// What the extensions of a revocation list say.
public struct RevocationListExtensions: ~Escapable {
    /// The contents of cRLNumber; nil where it is absent.
    public private(set) var number: Optional<Span<UInt8>>
    /// nil where the extension is absent: the list covers everything that its issuer has issued.
    public private(set) var issuingDistributionPoint: Optional<IssuingDistributionPoint>
    /// Whether it holds only what has changed since another list (RFC 5280 §5.2.4).
    public private(set) var isDelta = false
    /// Whether there is a critical extension that is none of these.
    public private(set) var hasUnknownCritical = false

    /// No extensions.
    @_lifetime(immortal)
    init() {
        number = nil
        issuingDistributionPoint = nil
    }

    /// Parses the extensions.
    /// - Parameter value: the contents of the SEQUENCE OF Extension.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badExtension`, `duplicateExtension`, `tooManyExtensions`,
    ///   `badName`, `tooManyNames`, `trailingData`
    @_lifetime(copy value)
    init(_ value: Span<UInt8>) throws(X509Error) {
        number = nil
        issuingDistributionPoint = nil
        try checkExtensionList(value)
        var reader = DERReader(value)
        while !reader.isAtEnd { try take(try CertificateExtension(try reader.readSequence())) }
    }

    @_lifetime(self: copy self, copy one)
    private mutating func take(_ one: CertificateExtension) throws(X509Error) {
        switch try ObjectIdentifier(content: one.type) {
        case .cRLNumber:
            var reader = DERReader(one.value)
            number = try reader.readUnsignedInteger()
            try reader.finish()
        case .deltaCRLIndicator: isDelta = true
        case .issuingDistributionPoint: issuingDistributionPoint = try IssuingDistributionPoint(one.value)
        // A hint as to the issuer's key (§5.2.1); its signature decides.
        case .authorityKeyIdentifier: break
        default: if one.isCritical { hasUnknownCritical = true }
        }
    }
}

/// The issuingDistributionPoint extension (RFC 5280 §5.2.5): what part of its issuer's certificates a list covers.
public struct IssuingDistributionPoint: ~Escapable {
    /// The names under which the list is published, for comparison with a certificate's; nil where it has none.
    public private(set) var name: Optional<DistributionPointName>
    /// Only certificates of end entities.
    public private(set) var onlyContainsUserCerts = false
    /// Only certificates of authorities.
    public private(set) var onlyContainsCACerts = false
    /// The reasons for which certificates are listed: every one, unless it says otherwise.
    public private(set) var reasons = ReasonFlags.all
    /// Whether it lists certificates of other issuers as well.
    public private(set) var indirectCRL = false
    /// Only attribute certificates: none that we know.
    public private(set) var onlyContainsAttributeCerts = false

    /// Parses the extension.
    /// - Parameter value: the contents of the extension.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badExtension`, `badName`, `tooManyNames`, `trailingData`
    @_lifetime(copy value)
    init(_ value: Span<UInt8>) throws(X509Error) {
        name = nil
        var outer = DERReader(value)
        var reader = try outer.readSequence()
        try outer.finish()
        // §5.2.5: "MUST NOT issue CRLs where the DER encoding of the issuing distribution point extension is an empty
        // sequence". It would say nothing; DER has no other harm in it.
        if let content = try reader.readOptional(.contextConstructed(0)) { name = try DistributionPointName(content) }
        onlyContainsUserCerts = try reader.readImplicitBoolean(.context(1))
        onlyContainsCACerts = try reader.readImplicitBoolean(.context(2))
        if let content = try reader.readOptional(.context(3)) { reasons = try ReasonFlags(content) }
        indirectCRL = try reader.readImplicitBoolean(.context(4))
        onlyContainsAttributeCerts = try reader.readImplicitBoolean(.context(5))
        try reader.finish()
    }
}

extension DERReader {
    /// `[number] BOOLEAN DEFAULT FALSE` with an implicit tag.
    @_lifetime(self: copy self)
    fileprivate mutating func readImplicitBoolean(_ tag: DERTag) throws(X509Error) -> Bool {
        guard let content = try readOptional(tag) else { return false }
        guard content.count == 1, content[0] == 0xFF else { throw X509Error(.malformedDER) }
        return true
    }
}
