// Distribution points (RFC 5280 §4.2.1.13, §5.2.5): under which names, and for which reasons, an issuer publishes
// revocation lists. Nothing is ever fetched: a list that covers only a part of its issuer's certificates is compared with
// the part that the certificate says it is in.

import Bytes

/// A set of reasons (RFC 5280 §4.2.1.13, ReasonFlags).
public struct ReasonFlags: Equatable, Sendable {
    /// Bit 0 of the BIT STRING is the most significant.
    public private(set) var rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// From the contents of the BIT STRING.
    init(_ content: Span<UInt8>) throws(X509Error) {
        // Bits after those that are defined stand for no reason that we could miss.
        rawValue = try namedBits(content) & ReasonFlags.all.rawValue
    }

    /// None.
    public static var none: ReasonFlags { ReasonFlags(rawValue: 0) }
    /// keyCompromise (1) to aACompromise (8).
    public static var all: ReasonFlags { ReasonFlags(rawValue: 0x7F80) }

    /// The reasons in both sets.
    public func intersection(_ other: ReasonFlags) -> ReasonFlags {
        ReasonFlags(rawValue: rawValue & other.rawValue)
    }
    /// Adds the reasons of `other`.
    public mutating func formUnion(_ other: ReasonFlags) { rawValue |= other.rawValue }
}

/// The name of a distribution point: general names, or one relative name to be appended to the issuer's.
public struct DistributionPointName: ~Escapable {
    private let isRelative: Bool
    /// GeneralNames without their tag, or the attributes of a RelativeDistinguishedName.
    private let content: Span<UInt8>

    /// - Parameter field: the contents of `[0]`: a CHOICE.
    @_lifetime(copy field)
    init(_ field: Span<UInt8>) throws(X509Error) {
        var reader = DERReader(field)
        let choice = try reader.readElement()
        try reader.finish()
        content = choice.content
        switch choice.tag {
        case .contextConstructed(0):
            isRelative = false
            _ = try GeneralNames(choice.content)
        case .contextConstructed(1):
            isRelative = true
            try checkRelativeName(choice.content)
        default: throw X509Error(.unexpectedElement)
        }
    }

    /// Whether both name at least one place that is the same (RFC 5280 §6.3.3 (b) (2) (i)).
    /// - Parameter issuer: the issuer of both the list and the certificate, to which relative names belong.
    func hasSamePlace(as other: DistributionPointName, issuer: DistinguishedName) throws(X509Error) -> Bool {
        if isRelative && other.isRelative { return isSameRelativeName(content, other.content) }
        if isRelative { return try other.contains(issuer, followedBy: content) }
        if other.isRelative { return try contains(issuer, followedBy: other.content) }
        var names = try GeneralNames(content)
        while let name = names.next() {
            var others = try GeneralNames(other.content)
            while let candidate = others.next() {
                if name.isSame(as: candidate) { return true }
            }
        }
        return false
    }

    private func contains(_ issuer: DistinguishedName, followedBy last: Span<UInt8>) throws(X509Error) -> Bool {
        var names = try GeneralNames(content)
        while let name = names.next() {
            guard name.kind == .directory, let directory = name.directoryName else { continue }
            if directory.isSame(as: issuer, followedBy: last) { return true }
        }
        return false
    }
}

/// The cRLDistributionPoints extension of a certificate.
public struct DistributionPoints: ~Escapable {
    private let content: Span<UInt8>

    /// No distribution point.
    @_lifetime(immortal)
    init() { content = Span() }

    /// Checks every distribution point.
    /// - Parameter value: the contents of the extension.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badExtension`, `badName`, `tooManyNames`, `trailingData`
    @_lifetime(copy value)
    init(extensionValue value: Span<UInt8>) throws(X509Error) {
        var outer = DERReader(value)
        content = try outer.read(.sequence)
        try outer.finish()
        var reader = DERReader(content)
        // SEQUENCE SIZE (1..MAX)
        guard !reader.isAtEnd else { throw X509Error(.badExtension) }
        var count = 0
        while !reader.isAtEnd {
            _ = try DistributionPoint(try reader.readSequence())
            count += 1
            guard count <= X509Limits.distributionPoints else { throw X509Error(.tooManyNames) }
        }
    }

    /// For which reasons a list of this name tells of the certificate.
    /// - Parameter issuer: of the list and of the certificate.
    func reasons(listedAt name: DistributionPointName, issuer: DistinguishedName) throws(X509Error) -> ReasonFlags {
        var found = ReasonFlags.none
        var reader = DERReader(content)
        while !reader.isAtEnd {
            let point = try DistributionPoint(try reader.readSequence())
            // With cRLIssuer the list is another's: an indirect one.
            guard !point.hasOtherIssuer, let pointName = point.name else { continue }
            if try pointName.hasSamePlace(as: name, issuer: issuer) { found.formUnion(point.reasons) }
        }
        return found
    }
}

/// DistributionPoint ::= SEQUENCE { distributionPoint [0], reasons [1], cRLIssuer [2] }, all optional.
private struct DistributionPoint: ~Escapable {
    var name: Optional<DistributionPointName>
    var reasons = ReasonFlags.all
    var hasOtherIssuer = false

    @_lifetime(copy sequence)
    init(_ sequence: DERReader) throws(X509Error) {
        name = nil
        var reader = sequence
        if let content = try reader.readOptional(.contextConstructed(0)) { name = try DistributionPointName(content) }
        if let content = try reader.readOptional(.context(1)) { reasons = try ReasonFlags(content) }
        if let content = try reader.readOptional(.contextConstructed(2)) {
            _ = try GeneralNames(content)
            hasOtherIssuer = true
        }
        try reader.finish()
    }
}
