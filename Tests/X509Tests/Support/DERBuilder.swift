// Building of DER by hand, right or wrong as a test wants it.

/// An element with a definite length of least size.
func element(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    let content = parts.flatMap { $0 }
    return [tag] + lengthOctets(content.count) + content
}

private func lengthOctets(_ count: Int) -> [UInt8] {
    switch count {
    case 0..<0x80: [UInt8(count)]
    case 0..<0x100: [0x81, UInt8(count)]
    case 0..<0x10000: [0x82, UInt8(count >> 8), UInt8(count & 0xFF)]
    default: [0x83, UInt8(count >> 16), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
    }
}

func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }
func integer(_ content: UInt8...) -> [UInt8] { element(0x02, content) }
func octets(_ content: [UInt8]) -> [UInt8] { element(0x04, content) }
func bits(_ content: [UInt8], unused: UInt8 = 0) -> [UInt8] { element(0x03, [unused], content) }
func text(_ tag: UInt8, _ value: String) -> [UInt8] { element(tag, Array(value.utf8)) }
func utcTime(_ value: String) -> [UInt8] { text(0x17, value) }
func generalizedTime(_ value: String) -> [UInt8] { text(0x18, value) }
let null: [UInt8] = [0x05, 0x00]
let yes: [UInt8] = [0x01, 0x01, 0xFF]

/// An object identifier from its numbers.
func oid(_ dotted: String) -> [UInt8] {
    let numbers = dotted.split(separator: ".").map { UInt64($0)! }
    var content: [UInt8] = []
    for number in [numbers[0] * 40 + numbers[1]] + numbers.dropFirst(2) {
        var septets = [UInt8(number & 0x7F)]
        var rest = number >> 7
        while rest > 0 {
            septets.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
            rest >>= 7
        }
        content += septets
    }
    return element(0x06, content)
}

/// A Name with one common name.
func name(_ commonName: String) -> [UInt8] {
    sequence(element(0x31, sequence(oid("2.5.4.3"), text(0x0C, commonName))))
}

/// An Extension.
func certificateExtension(_ type: String, critical: Bool = false, _ value: [UInt8]) -> [UInt8] {
    sequence(oid(type), critical ? yes : [], octets(value))
}

/// The extensions that tests use.
enum Extension {
    static func basicConstraints(ca: Bool, pathLength: UInt8? = nil) -> [UInt8] {
        certificateExtension(
            "2.5.29.19", critical: true, sequence(ca ? yes : [], pathLength.map { integer($0) } ?? []))
    }
    /// `bits` as in RFC 5280 §4.2.1.3, bit 0 being 0x80.
    static func keyUsage(_ usage: UInt8) -> [UInt8] {
        certificateExtension("2.5.29.15", critical: true, bits([usage], unused: UInt8(usage.trailingZeroBitCount)))
    }
    static let digitalSignature = keyUsage(0x80)
    static let keyCertSign = keyUsage(0x04)
    static func purposes(_ types: String...) -> [UInt8] {
        certificateExtension("2.5.29.37", element(0x30, types.flatMap(oid)))
    }
    static let serverAuth = purposes("1.3.6.1.5.5.7.3.1")
    static let clientAuth = purposes("1.3.6.1.5.5.7.3.2")
    static let anyPurpose = purposes("2.5.29.37.0")
    static func names(_ encoded: [UInt8]...) -> [UInt8] {
        certificateExtension("2.5.29.17", element(0x30, encoded.flatMap { $0 }))
    }
    static func dns(_ value: String) -> [UInt8] { element(0x82, Array(value.utf8)) }
    static func ip(_ value: UInt8...) -> [UInt8] { element(0x87, value) }
    static func subjectKeyIdentifier(_ value: [UInt8]) -> [UInt8] {
        certificateExtension("2.5.29.14", octets(value))
    }
    static func authorityKeyIdentifier(_ value: [UInt8]) -> [UInt8] {
        certificateExtension("2.5.29.35", sequence(element(0x80, value)))
    }
}

/// AlgorithmIdentifiers that tests use.
enum Algorithm {
    static let ecdsaSHA256 = sequence(oid("1.2.840.10045.4.3.2"))
    static let ecdsaSHA384 = sequence(oid("1.2.840.10045.4.3.3"))
    static let ecdsaSHA512 = sequence(oid("1.2.840.10045.4.3.4"))
    static let ecdsaSHA1 = sequence(oid("1.2.840.10045.4.1"))
    static func rsa(_ last: Int, _ parameters: [UInt8] = null) -> [UInt8] {
        sequence(oid("1.2.840.113549.1.1.\(last)"), parameters)
    }
    static let sha1 = sequence(oid("1.3.14.3.2.26"), null)
    static let sha256 = sequence(oid("2.16.840.1.101.3.4.2.1"), null)
    static let sha384 = sequence(oid("2.16.840.1.101.3.4.2.2"), null)
    static let sha512 = sequence(oid("2.16.840.1.101.3.4.2.3"), null)
    /// RSASSA-PSS (RFC 4055 §3.1) with any of its fields; an empty one is left out.
    static func pss(hash: [UInt8], mask: [UInt8], salt: UInt8?, trailer: UInt8? = nil) -> [UInt8] {
        let maskGeneration = mask.isEmpty ? [] : element(0xA1, sequence(oid("1.2.840.113549.1.1.8"), mask))
        return rsa(
            10,
            sequence(
                hash.isEmpty ? [] : element(0xA0, hash), maskGeneration, salt.map { element(0xA2, integer($0)) } ?? [],
                trailer.map { element(0xA3, integer($0)) } ?? []))
    }
}
