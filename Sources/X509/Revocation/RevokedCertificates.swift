// The entries of a revocation list (RFC 5280 §5.1.2.6, §5.3).

import Bytes

/// Why a certificate was revoked (RFC 5280 §5.3.1, CRLReason).
public enum RevocationReason: UInt8, Sendable {
    case unspecified = 0
    case keyCompromise = 1
    case cACompromise = 2
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case certificateHold = 6
    /// Occurs in delta lists alone. Elsewhere it takes nothing back.
    case removeFromCRL = 8
    case privilegeWithdrawn = 9
    case aACompromise = 10
}

/// One entry of a revocation list.
public struct RevokedCertificate: ~Escapable {
    /// The contents of the serial number, big-endian in two's complement.
    public let serialNumber: Span<UInt8>
    /// Since when it is revoked, in seconds since 1970-01-01T00:00:00Z.
    public let revocationDate: Int64
    /// Why; `unspecified` where the entry does not say.
    public private(set) var reason = RevocationReason.unspecified

    @_lifetime(copy sequence)
    init(_ sequence: DERReader) throws(X509Error) {
        var reader = sequence
        serialNumber = try reader.readInteger()
        revocationDate = try reader.readTime()
        guard !reader.isAtEnd else { return }
        var extensions = try reader.readSequence()
        try reader.finish()
        // RFC 5280 §4.1: SIZE (1..MAX)
        guard !extensions.isAtEnd else { throw X509Error(.badExtension) }
        var count = 0
        while !extensions.isAtEnd {
            try take(try CertificateExtension(try extensions.readSequence()))
            count += 1
            guard count <= X509Limits.extensions else { throw X509Error(.tooManyExtensions) }
        }
    }

    @_lifetime(self: copy self)
    private mutating func take(_ one: CertificateExtension) throws(X509Error) {
        switch try ObjectIdentifier(content: one.type) {
        case .reasonCode:
            var reader = DERReader(one.value)
            let code = try reader.read(.enumerated)
            try reader.finish()
            guard code.count == 1, let known = RevocationReason(rawValue: code[0]) else {
                throw X509Error(.badExtension)
            }
            reason = known
        // RFC 5280 §5.3.3: the entry, and those after it, are of another issuer's certificates.
        case .certificateIssuer: throw X509Error(.indirectRevocationList)
        default: if one.isCritical { throw X509Error(.unknownCriticalListExtension) }
        }
    }
}

/// The entries of a list, to be read one after the other.
public struct RevokedCertificates: ~Escapable {
    private var reader: DERReader

    @_lifetime(copy content)
    init(_ content: Span<UInt8>) { reader = DERReader(content) }

    /// The next entry, or nil after the last.
    /// - Throws: a reason of the encoding, `indirectRevocationList`, `unknownCriticalListExtension`
    @_lifetime(copy self)
    public mutating func next() throws(X509Error) -> RevokedCertificate? {
        guard !reader.isAtEnd else { return nil }
        return try RevokedCertificate(try reader.readSequence())
    }
}
