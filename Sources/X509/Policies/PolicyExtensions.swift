// The extensions of certificate policies (RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14). Qualifiers are not looked at:
// they are for people to read.

import Bytes

/// The policies of a certificatePolicies extension, to be read one after the other.
public struct CertificatePolicies: ~Escapable {
    private var reader: DERReader

    /// Checks every policy.
    /// - Parameter value: the contents of the extension.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badExtension`, `trailingData`, `tooManyPolicies`
    @_lifetime(copy value)
    init(extensionValue value: Span<UInt8>) throws(X509Error) {
        var outer = DERReader(value)
        reader = try outer.readSequence()
        try outer.finish()
        // SEQUENCE SIZE (1..MAX)
        guard !reader.isAtEnd else { throw X509Error(.badExtension) }
        var check = reader
        var count = 0
        while !check.isAtEnd {
            _ = try readPolicy(&check)
            count += 1
            guard count <= X509Limits.policies else { throw X509Error(.tooManyPolicies) }
        }
    }

    /// The next policy, or nil after the last.
    @_lifetime(self: copy self)
    public mutating func next() -> ObjectIdentifier? {
        guard !reader.isAtEnd else { return nil }
        // All were checked when this was made, so nothing here can fail.
        do throws(X509Error) { return try readPolicy(&reader) } catch { return nil }
    }
}

/// PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE OPTIONAL }
private func readPolicy(_ reader: inout DERReader) throws(X509Error) -> ObjectIdentifier {
    var information = try reader.readSequence()
    let policy = try information.readObjectIdentifier()
    _ = try information.readOptional(.sequence)
    try information.finish()
    return policy
}

/// One mapping: what the issuer calls one policy, the subject calls another.
struct PolicyMapping {
    let issuerDomainPolicy: ObjectIdentifier
    let subjectDomainPolicy: ObjectIdentifier

    fileprivate init(_ reader: inout DERReader) throws(X509Error) {
        var mapping = try reader.readSequence()
        issuerDomainPolicy = try mapping.readObjectIdentifier()
        subjectDomainPolicy = try mapping.readObjectIdentifier()
        try mapping.finish()
    }
}

/// The mappings of a policyMappings extension, to be read one after the other.
public struct PolicyMappings: ~Escapable {
    private var reader: DERReader

    /// No mapping.
    @_lifetime(immortal)
    init() { reader = DERReader(Span()) }

    /// Checks every mapping.
    /// - Parameter value: the contents of the extension.
    /// - Throws: `malformedDER`, `unexpectedElement`, `badExtension`, `trailingData`, `tooManyPolicies`
    @_lifetime(copy value)
    init(extensionValue value: Span<UInt8>) throws(X509Error) {
        var outer = DERReader(value)
        reader = try outer.readSequence()
        try outer.finish()
        // SEQUENCE SIZE (1..MAX)
        guard !reader.isAtEnd else { throw X509Error(.badExtension) }
        var check = reader
        var count = 0
        while !check.isAtEnd {
            let mapping = try PolicyMapping(&check)
            // RFC 5280 §6.1.4 (a)
            guard mapping.issuerDomainPolicy != .anyPolicy, mapping.subjectDomainPolicy != .anyPolicy else {
                throw X509Error(.badExtension)
            }
            count += 1
            guard count <= X509Limits.policies else { throw X509Error(.tooManyPolicies) }
        }
    }

    /// The next mapping, or nil after the last.
    @_lifetime(self: copy self)
    mutating func next() -> PolicyMapping? {
        guard !reader.isAtEnd else { return nil }
        // All were checked when this was made, so nothing here can fail.
        do throws(X509Error) { return try PolicyMapping(&reader) } catch { return nil }
    }
}

/// What the policyConstraints and inhibitAnyPolicy extensions say: after how many further certificates something holds.
public struct PolicyConstraints: Equatable, Sendable {
    /// After which every certificate must have an acceptable policy; nil for never.
    public internal(set) var requireExplicitPolicy: Int?
    /// After which policies are no longer mapped; nil for never.
    public internal(set) var inhibitPolicyMapping: Int?
    /// After which anyPolicy no longer stands for every policy; nil for never.
    public internal(set) var inhibitAnyPolicy: Int?

    /// Reads a policyConstraints extension.
    mutating func readConstraints(_ value: Span<UInt8>) throws(X509Error) {
        var outer = DERReader(value)
        var reader = try outer.readSequence()
        try outer.finish()
        // RFC 5280 §4.2.1.11: "MUST NOT issue certificates where policy constraints is an empty sequence".
        guard !reader.isAtEnd else { throw X509Error(.badExtension) }
        if let content = try reader.readOptional(.context(0)) { requireExplicitPolicy = try skipCerts(content) }
        if let content = try reader.readOptional(.context(1)) { inhibitPolicyMapping = try skipCerts(content) }
        try reader.finish()
    }

    /// Reads an inhibitAnyPolicy extension.
    mutating func readInhibitAnyPolicy(_ value: Span<UInt8>) throws(X509Error) {
        var reader = DERReader(value)
        inhibitAnyPolicy = try skipCerts(try reader.read(.integer))
        try reader.finish()
    }
}

/// SkipCerts ::= INTEGER (0..MAX), from its contents. No path is as long as the greatest number that is told apart.
private func skipCerts(_ content: Span<UInt8>) throws(X509Error) -> Int {
    let magnitude = try unsignedMagnitude(content)
    return magnitude.count == 1 ? Int(magnitude[0]) : 256
}
