// The Name of an issuer or a subject (RFC 5280 §4.1.2.4): one commonName in a UTF8String, or nothing at all.
import X509

/// Writes the DER of a Name with one commonName, or the empty Name where `commonName` is empty.
/// - Parameter commonName: UTF-8, at most 64 characters (`ub-common-name`, RFC 5280 Appendix A.1), none of them a
///   control character.
/// - Returns: how many bytes of `output` were written.
/// - Throws: `invalidName`, `outputTooSmall`.
public func writeDistinguishedName(
    commonName: Span<UInt8>, into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let name = writer.mark
    if !commonName.isEmpty {
        guard isCommonName(commonName) else { throw .invalidName }
        let relative = writer.mark
        writer.prepend(.utf8String, commonName)
        writer.prependObjectIdentifier("2.5.4.3")
        writer.wrap(.sequence, since: relative)
        writer.wrap(.set, since: relative)
    }
    writer.wrap(.sequence, since: name)
    return try writer.moveToFront()
}

/// Whether `text` may stand as a commonName: well-formed UTF-8 without control characters, 1 to 64 characters.
public func isCommonName(_ text: Span<UInt8>) -> Bool {
    var index = 0
    var characters = 0
    while index < text.count {
        guard let length = wellFormedScalar(text, at: index) else { return false }
        index += length
        characters += 1
    }
    return (1...64).contains(characters)
}

/// The length of the UTF-8 sequence at `index`, or nil where it is ill-formed (Unicode table 3-7) or a control
/// character.
private func wellFormedScalar(_ text: Span<UInt8>, at index: Int) -> Int? {
    let first = text[index]
    if first < 0x80 { return first >= 0x20 && first != 0x7F ? 1 : nil }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, first <= 0xF4, index + length <= text.count else { return nil }
    for offset in 1..<length where text[index + offset] & 0xC0 != 0x80 { return nil }
    let second = text[index + 1]
    switch first {
    case 0xC2: return second >= 0xA0 ? length : nil  // U+0080 to U+009F are controls
    case 0xE0: return second >= 0xA0 ? length : nil  // overlong
    case 0xED: return second < 0xA0 ? length : nil  // surrogates
    case 0xF0: return second >= 0x90 ? length : nil  // overlong
    case 0xF4: return second < 0x90 ? length : nil  // beyond U+10FFFF
    default: return length
    }
}
