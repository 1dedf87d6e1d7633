// Distinguished names in text (RFC 4514), for people to read: the last attribute first, known types by their short
// names, others by their numbers. Unlike RFC 4514, bytes beyond ASCII are always escaped, and what is longer than 128
// bytes is cut: the text is not meant to be read back.

import Bytes

extension DistinguishedName {
    /// Writes the name as text: `CN=device,O=Example`; nothing where it is empty.
    public func write(to writer: inout ByteWriter) {
        var text = BoundedText()
        var sets = 0
        var counting = attributes
        while let attribute = counting.next() { sets += attribute.continuesSet ? 0 : 1 }
        // RFC 4514 §2.1: "starting with the last element of the sequence and moving backwards toward the first".
        for set in stride(from: sets - 1, through: 0, by: -1) {
            if set != sets - 1 { text.append(",") }
            append(set: set, to: &text)
        }
        text.write(to: &writer)
    }

    private func append(set wanted: Int, to text: inout BoundedText) {
        var set = -1
        var reader = attributes
        while let attribute = reader.next() {
            if !attribute.continuesSet { set += 1 }
            guard set == wanted else { continue }
            if attribute.continuesSet { text.append("+") }
            attribute.append(to: &text)
        }
    }
}

extension DistinguishedName.Attribute {
    fileprivate func append(to text: inout BoundedText) {
        if let name = shortName { text.append(name) } else { appendDotted(typeBytes, to: &text) }
        text.append("=")
        switch value.tag {
        case .utf8String, .printableString, .teletexString, .ia5String, .numericString, .visibleString:
            appendValue(value.content, to: &text)
        default:
            // RFC 4514 §2.4: a value without a string form is `#` and its encoding.
            text.append("#")
            for index in value.encoding.indices { text.append(hexadecimal: value.encoding[index], backslash: false) }
        }
    }

    /// RFC 4514 §3
    private var shortName: StaticString? {
        switch type {
        case .commonName: "CN"
        case .localityName: "L"
        case .stateOrProvinceName: "ST"
        case .organizationName: "O"
        case .organizationalUnitName: "OU"
        case .countryName: "C"
        case .streetAddress: "STREET"
        case .domainComponent: "DC"
        case .userID: "UID"
        default: nil
        }
    }
}

/// RFC 4514 §2.4: what has to be escaped in a value.
private func appendValue(_ value: Span<UInt8>, to text: inout BoundedText) {
    for index in value.indices {
        let byte = value[index]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "\\"):
            text.append(escaped: byte)
        case UInt8(ascii: "#") where index == 0, UInt8(ascii: " ") where index == 0 || index == value.count - 1:
            text.append(escaped: byte)
        case 0x20...0x7E: text.append(printable: byte)
        default: text.append(hexadecimal: byte)
        }
    }
}

/// An object identifier as numbers with dots. A number beyond 56 bits, which nobody has assigned, ends it.
private func appendDotted(_ content: Span<UInt8>, to text: inout BoundedText) {
    var value: UInt64 = 0
    var isFirst = true
    for index in content.indices {
        guard value >> 49 == 0 else { return text.append("...") }
        value = value << 7 | UInt64(content[index] & 0x7F)
        guard content[index] < 0x80 else { continue }
        if isFirst {
            // X.690 §8.19.4: the first two numbers share a subidentifier.
            let root = min(value / 40, 2)
            text.append(root)
            value -= 40 * root
        }
        text.append(".")
        text.append(value)
        value = 0
        isFirst = false
    }
}
