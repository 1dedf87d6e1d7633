// Object identifiers, and those that this target knows. An identifier of up to 15 octets is held by value, so that
// comparing two is comparing two numbers; a longer one is good DER but none that we know, and is only ever unequal.

import Bytes

/// An object identifier (X.690 §8.19) of up to 15 octets, or "some longer one".
public struct ObjectIdentifier: Equatable, Sendable, BitwiseCopyable {
    // The octets as one big-endian number of 120 bits, and their count in the lowest byte, so that identifiers that
    // differ in leading zeros differ. A longer one has a count of 0xFF.
    private let high: UInt64
    private let low: UInt64

    /// An identifier from its contents octets.
    /// - Throws: `malformedDER` where a subidentifier is cut off or begins with 0x80.
    public init(content: Span<UInt8>) throws(X509Error) {
        guard content.count >= 1, content[content.count - 1] < 0x80 else { throw X509Error(.malformedDER) }
        var startsSubidentifier = true
        for index in content.indices {
            // X.690 §8.19.2: the fewest possible octets.
            guard !(startsSubidentifier && content[index] == 0x80) else { throw X509Error(.malformedDER) }
            startsSubidentifier = content[index] < 0x80
        }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<min(content.count, 15) {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(content[index])
        }
        self.high = high << 8 | low >> 56
        self.low = low << 8 | (content.count <= 15 ? UInt64(content.count) : 0xFF)
    }

    /// A known identifier: its first octets, then its last one.
    init(_ first: UInt64, _ count: Int, last: UInt8) {
        let low = first << 8 | UInt64(last)
        high = (first >> 56) << 8 | low >> 56
        self.low = low << 8 | UInt64(count + 1)
    }

    /// Writes 16 octets that no other identifier has; all longer ones have the same last one.
    @_lifetime(writer: copy writer)
    package func write(to writer: inout ByteWriter) {
        writer.append(high)
        writer.append(low)
    }

    /// Whether both are the same identifier. Two that are too long to be held are never equal.
    public static func == (a: Self, b: Self) -> Bool {
        a.high == b.high && a.low == b.low && a.low & 0xFF != 0xFF
    }
}

extension ObjectIdentifier {
    // Public keys (RFC 3279 §2.3, RFC 5480 §2.1).
    static var rsaEncryption: Self { pkcs1(1) }
    static var ecPublicKey: Self { Self(0x2A86_48CE_3D02, 6, last: 1) }
    static var secp256r1: Self { Self(0x2A86_48CE_3D03_01, 7, last: 7) }
    static var secp384r1: Self { Self(0x2B81_0400, 4, last: 34) }

    // Signatures (RFC 4055 §3, §5, RFC 5758 §3.2, RFC 3279 §2.2).
    static var rsassaPSS: Self { pkcs1(10) }
    static var mgf1: Self { pkcs1(8) }
    static var md2WithRSAEncryption: Self { pkcs1(2) }
    static var md5WithRSAEncryption: Self { pkcs1(4) }
    static var sha1WithRSAEncryption: Self { pkcs1(5) }
    static var sha256WithRSAEncryption: Self { pkcs1(11) }
    static var sha384WithRSAEncryption: Self { pkcs1(12) }
    static var sha512WithRSAEncryption: Self { pkcs1(13) }
    static var ecdsaWithSHA1: Self { Self(0x2A86_48CE_3D04, 6, last: 1) }
    static var ecdsaWithSHA256: Self { Self(0x2A86_48CE_3D04_03, 7, last: 2) }
    static var ecdsaWithSHA384: Self { Self(0x2A86_48CE_3D04_03, 7, last: 3) }
    static var ecdsaWithSHA512: Self { Self(0x2A86_48CE_3D04_03, 7, last: 4) }

    // Hashes (RFC 4055 §2.1).
    static var sha1: Self { Self(0x2B0E_0302, 4, last: 26) }
    static var md5: Self { Self(0x2A86_4886_F70D_02, 7, last: 5) }
    static var sha256: Self { nistHash(1) }
    static var sha384: Self { nistHash(2) }
    static var sha512: Self { nistHash(3) }

    // Extensions (RFC 5280 §4.2.1).
    static var subjectKeyIdentifier: Self { certificateExtension(14) }
    static var keyUsage: Self { certificateExtension(15) }
    static var subjectAltName: Self { certificateExtension(17) }
    static var basicConstraints: Self { certificateExtension(19) }
    static var nameConstraints: Self { certificateExtension(30) }
    static var cRLDistributionPoints: Self { certificateExtension(31) }
    static var certificatePolicies: Self { certificateExtension(32) }
    static var policyMappings: Self { certificateExtension(33) }
    static var authorityKeyIdentifier: Self { certificateExtension(35) }
    static var policyConstraints: Self { certificateExtension(36) }
    static var extKeyUsage: Self { certificateExtension(37) }
    static var inhibitAnyPolicy: Self { certificateExtension(54) }

    // Extensions of revocation lists and of their entries (RFC 5280 §5.2, §5.3).
    static var cRLNumber: Self { certificateExtension(20) }
    static var reasonCode: Self { certificateExtension(21) }
    static var deltaCRLIndicator: Self { certificateExtension(27) }
    static var issuingDistributionPoint: Self { certificateExtension(28) }
    static var certificateIssuer: Self { certificateExtension(29) }

    // Policies (RFC 5280 §4.2.1.4).
    static var anyPolicy: Self { Self(0x551D_20, 3, last: 0) }

    // Purposes (RFC 5280 §4.2.1.12).
    static var anyExtendedKeyUsage: Self { Self(0x551D_25, 3, last: 0) }
    static var serverAuth: Self { Self(0x2B06_0105_0507_03, 7, last: 1) }
    static var clientAuth: Self { Self(0x2B06_0105_0507_03, 7, last: 2) }

    // Attributes of names (RFC 4514 §3).
    static var emailAddress: Self { Self(0x2A86_4886_F70D_0109, 8, last: 1) }
    static var commonName: Self { attributeType(3) }
    static var countryName: Self { attributeType(6) }
    static var localityName: Self { attributeType(7) }
    static var stateOrProvinceName: Self { attributeType(8) }
    static var streetAddress: Self { attributeType(9) }
    static var organizationName: Self { attributeType(10) }
    static var organizationalUnitName: Self { attributeType(11) }
    static var userID: Self { Self(0x0992_2689_93F2_2C64, 8, last: 1, then: 1) }
    static var domainComponent: Self { Self(0x0992_2689_93F2_2C64, 8, last: 1, then: 25) }

    private static func pkcs1(_ last: UInt8) -> Self { Self(0x2A86_4886_F70D_0101, 8, last: last) }
    private static func nistHash(_ last: UInt8) -> Self { Self(0x6086_4801_6503_0402, 8, last: last) }
    private static func certificateExtension(_ last: UInt8) -> Self { Self(0x551D, 2, last: last) }
    private static func attributeType(_ last: UInt8) -> Self { Self(0x5504, 2, last: last) }

    private init(_ first: UInt64, _ count: Int, last: UInt8, then: UInt8) {
        let low = first << 16 | UInt64(last) << 8 | UInt64(then)
        high = (first >> 48) << 8 | low >> 56
        self.low = low << 8 | UInt64(count + 2)
    }
}
