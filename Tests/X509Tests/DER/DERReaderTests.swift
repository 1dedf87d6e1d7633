import TestSupport
import Testing

@testable import X509

/// What reading one element of any tag comes to.
private func readElement(_ bytes: [UInt8]) -> Result<[UInt8], X509Error> {
    var reader = DERReader(bytes.span)
    do throws(X509Error) {
        let content = array(try reader.readElement().content)
        try reader.finish()
        return .success(content)
    } catch {
        return .failure(error)
    }
}

private func reason<T>(_ bytes: [UInt8], _ read: (inout DERReader) throws(X509Error) -> T) -> X509Error.Reason? {
    var reader = DERReader(bytes.span)
    do throws(X509Error) {
        _ = try read(&reader)
        return nil
    } catch {
        return error.reason
    }
}

@Suite struct DERReaderTests {
    @Test func lengthsOfEverySizeAreRead() {
        for count in [0, 1, 127, 128, 255, 256, 65535, 65536] {
            let content = [UInt8](repeating: 7, count: count)
            #expect(readElement(element(0x04, content)) == .success(content))
        }
    }

    /// X.690 §10.1: definite, and in the fewest octets.
    @Test(arguments: [
        "0480", "048000", "048100", "04817F00", "0482000100", "04820080", "048300010000", "0485000000000100",
        "0484FFFFFFFF", "04847FFFFFFF", "04FF", "0405FFFFFFFF", "04", "", "1F0100", "3F8101020000",
    ])
    func lengthsAndTagsThatAreNotDERAreRefused(_ bytes: String) {
        #expect(readElement(hex(bytes)) == .failure(X509Error(.malformedDER)))
    }

    @Test func bytesAfterTheEndAreNoticed() {
        #expect(readElement(hex("0401AA00")) == .failure(X509Error(.trailingData)))
    }

    @Test func aReaderStaysWhereItIsAfterAFailure() {
        let bytes = hex("0401AA")
        var reader = DERReader(bytes.span)
        let refused = (try? reader.read(.integer).count) == nil
        #expect(refused)
        let count = try? reader.read(.octetString).count
        #expect(count == 1)
        let isAtEnd = reader.isAtEnd
        #expect(isAtEnd)
    }

    /// X.690 §11.1
    @Test func aBooleanIsFFOr00() {
        #expect(reason(hex("0101FF")) { (r) throws(X509Error) in try r.readBoolean() } == nil)
        #expect(reason(hex("010100")) { (r) throws(X509Error) in try r.readBoolean() } == nil)
        for wrong in ["010101", "0100", "0102FFFF", "01017F"] {
            #expect(reason(hex(wrong)) { (r) throws(X509Error) in try r.readBoolean() } == .malformedDER)
        }
        // X.690 §11.5: a default is not written.
        #expect(reason(hex("010100")) { (r) throws(X509Error) in try r.readBooleanDefaultFalse() } == .malformedDER)
        #expect(reason(hex("")) { (r) throws(X509Error) in try r.readBooleanDefaultFalse() } == nil)
    }

    /// X.690 §8.3.2
    @Test func anIntegerHasNoSuperfluousOctet() {
        for right in ["020100", "02017F", "0201FF", "02020080", "0202FF7F", "0203010000"] {
            #expect(reason(hex(right)) { (r) throws(X509Error) in try r.readInteger().count } == nil)
        }
        for wrong in ["0200", "0202007F", "0202FF80", "02020000"] {
            #expect(reason(hex(wrong)) { (r) throws(X509Error) in try r.readInteger().count } == .malformedDER)
        }
    }

    @Test func smallIntegersAreBounded() {
        let values: [(String, Int?)] = [
            ("020100", 0), ("02047FFFFFFF", 0x7FFF_FFFF), ("02050080000000", nil), ("0201FF", nil),
            ("02090100000000000000FF", nil),
        ]
        for (bytes, expected) in values {
            let encoded = hex(bytes)
            var reader = DERReader(encoded.span)
            #expect((try? reader.readSmallInteger()) == expected)
        }
    }

    /// X.690 §11.2
    @Test func namedBitsAreInTheirLeastForm() {
        let values: [(String, UInt16?)] = [
            ("03020780", 0x8000), ("03020106", 0x0600), ("0303070080", 0x0080), ("030100", 0), ("030107", nil),
            ("03020080", nil), ("03020081", 0x8100), ("03020181", nil), ("0302077F", nil), ("03020880", nil),
            ("0300", nil), ("03030780 00", nil), ("03020000", nil),
        ]
        for (bytes, expected) in values {
            let encoded = hex(bytes)
            var reader = DERReader(encoded.span)
            #expect((try? reader.readNamedBits()) == expected, "\(bytes)")
        }
    }

    @Test func octetAlignedBitStringsHaveNoUnusedBits() {
        #expect(reason(hex("030200AA")) { (r) throws(X509Error) in try r.readOctetAlignedBitString().count } == nil)
        for wrong in ["0300", "030201AA", "030208AA"] {
            let found = reason(hex(wrong)) { (r) throws(X509Error) in try r.readOctetAlignedBitString().count }
            #expect(found == .malformedDER)
        }
    }
}

@Suite struct ObjectIdentifierTests {
    private func parse(_ content: [UInt8]) -> ObjectIdentifier? { try? ObjectIdentifier(content: content.span) }
    private func known(_ dotted: String) -> ObjectIdentifier? { parse(Array(oid(dotted).dropFirst(2))) }

    @Test func knownIdentifiersAreThoseOfTheRFCs() {
        let table: [(String, ObjectIdentifier)] = [
            ("1.2.840.113549.1.1.1", .rsaEncryption), ("1.2.840.10045.2.1", .ecPublicKey),
            ("1.2.840.10045.3.1.7", .secp256r1), ("1.3.132.0.34", .secp384r1), ("1.2.840.113549.1.1.10", .rsassaPSS),
            ("1.2.840.113549.1.1.8", .mgf1), ("1.2.840.113549.1.1.2", .md2WithRSAEncryption),
            ("1.2.840.113549.1.1.4", .md5WithRSAEncryption), ("1.2.840.113549.1.1.5", .sha1WithRSAEncryption),
            ("1.2.840.113549.1.1.11", .sha256WithRSAEncryption), ("1.2.840.113549.1.1.12", .sha384WithRSAEncryption),
            ("1.2.840.113549.1.1.13", .sha512WithRSAEncryption), ("1.2.840.10045.4.1", .ecdsaWithSHA1),
            ("1.2.840.10045.4.3.2", .ecdsaWithSHA256), ("1.2.840.10045.4.3.3", .ecdsaWithSHA384),
            ("1.2.840.10045.4.3.4", .ecdsaWithSHA512), ("1.3.14.3.2.26", .sha1), ("1.2.840.113549.2.5", .md5),
            ("2.16.840.1.101.3.4.2.1", .sha256), ("2.16.840.1.101.3.4.2.2", .sha384),
            ("2.16.840.1.101.3.4.2.3", .sha512), ("2.5.29.14", .subjectKeyIdentifier), ("2.5.29.15", .keyUsage),
            ("2.5.29.17", .subjectAltName), ("2.5.29.19", .basicConstraints), ("2.5.29.30", .nameConstraints),
            ("2.5.29.35", .authorityKeyIdentifier), ("2.5.29.37", .extKeyUsage), ("2.5.29.37.0", .anyExtendedKeyUsage),
            ("1.3.6.1.5.5.7.3.1", .serverAuth), ("1.3.6.1.5.5.7.3.2", .clientAuth), ("2.5.4.3", .commonName),
            ("2.5.4.6", .countryName), ("2.5.4.7", .localityName), ("2.5.4.8", .stateOrProvinceName),
            ("2.5.4.9", .streetAddress), ("2.5.4.10", .organizationName), ("2.5.4.11", .organizationalUnitName),
            ("0.9.2342.19200300.100.1.1", .userID), ("0.9.2342.19200300.100.1.25", .domainComponent),
        ]
        for (dotted, identifier) in table { #expect(known(dotted) == identifier, "\(dotted)") }
        for (index, entry) in table.enumerated() {
            for other in table[(index + 1)...] { #expect(entry.1 != other.1, "\(entry.0) \(other.0)") }
        }
    }

    @Test func malformedOnesAreRefused() {
        for wrong in ["", "80", "2A80", "2A8001", "8001", "2AFF"] { #expect(parse(hex(wrong)) == nil, "\(wrong)") }
    }

    @Test func lengthCountsAndLongOnesAreNeverEqual() {
        #expect(parse(hex("0001")) != parse(hex("01")))
        let fifteen = [UInt8](repeating: 1, count: 15)
        #expect(parse(fifteen) == parse(fifteen))
        let sixteen = [UInt8](repeating: 1, count: 16)
        #expect(parse(sixteen) != nil)
        #expect(parse(sixteen) != parse(sixteen))
    }
}
