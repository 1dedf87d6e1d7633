// IP addresses in text: dotted decimal, and RFC 4291 §2.2 for IPv6, also in the brackets of RFC 3986 §3.2.2. Forms
// that some resolvers take besides (octal, hexadecimal, fewer parts, zone identifiers) are not addresses here.

import Bytes

/// Reading of IP addresses.
public enum IPAddressText {
    /// The 4 or 16 bytes of an address, or nil where `text` is none.
    public static func parse(_ text: Span<UInt8>) -> BoundedBytes<16>? {
        if let address = parseIPv4(text) {
            let octets: InlineArray<4, UInt8> = [
                UInt8(truncatingIfNeeded: address >> 24), UInt8(truncatingIfNeeded: address >> 16),
                UInt8(truncatingIfNeeded: address >> 8), UInt8(truncatingIfNeeded: address),
            ]
            return BoundedBytes<16>(octets.span)
        }
        let isBracketed = text.count > 2 && text[0] == UInt8(ascii: "[") && text[text.count - 1] == UInt8(ascii: "]")
        return parseIPv6(isBracketed ? text.extracting(1..<(text.count - 1)) : text)
    }

    /// Four decimal numbers of 0 to 255 without leading zeros.
    private static func parseIPv4(_ text: Span<UInt8>) -> UInt32? {
        guard text.count <= 15 else { return nil }
        var address: UInt32 = 0
        var reader = ByteReader(text)
        for part in 0..<4 {
            if part > 0, reader.readUInt8() != UInt8(ascii: ".") { return nil }
            guard let octet = readOctet(&reader) else { return nil }
            address = address << 8 | UInt32(octet)
        }
        return reader.isAtEnd ? address : nil
    }

    private static func readOctet(_ reader: inout ByteReader) -> UInt8? {
        let start = reader.offset
        var value = 0
        while reader.offset < reader.bytes.count, reader.offset - start < 3,
            let digit = digit(reader.bytes[reader.offset]), digit < 10
        {
            value = value * 10 + Int(digit)
            _ = reader.readUInt8()
        }
        let count = reader.offset - start
        let hasLeadingZero = count > 1 && reader.bytes[start] == UInt8(ascii: "0")
        guard count > 0, !hasLeadingZero, value <= 255 else { return nil }
        return UInt8(value)
    }

    /// Eight groups of one to four hexadecimal digits, of which one run of zeros may be `::` and the last two may be
    /// dotted decimal.
    private static func parseIPv6(_ text: Span<UInt8>) -> BoundedBytes<16>? {
        guard (2...45).contains(text.count) else { return nil }
        var groups = InlineArray<8, UInt16>(repeating: 0)
        var count = 0
        var gap: Int?
        var index = 0
        if text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            index = 2
        }
        while index < text.count {
            guard count < 8 else { return nil }
            if count <= 6, let address = parseIPv4(text.extracting(index..<text.count)) {
                groups[count] = UInt16(truncatingIfNeeded: address >> 16)
                groups[count + 1] = UInt16(truncatingIfNeeded: address)
                count += 2
                index = text.count
                break
            }
            guard let group = readGroup(text, &index) else { return nil }
            groups[count] = group
            count += 1
            guard index < text.count else { break }
            // A colon, and after it another group or, once, a second colon.
            guard text[index] == UInt8(ascii: ":"), index + 1 < text.count else { return nil }
            index += 1
            if text[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = count
                index += 1
            }
        }
        return assemble(groups, count: count, gap: gap)
    }

    private static func readGroup(_ text: Span<UInt8>, _ index: inout Int) -> UInt16? {
        let start = index
        var value: UInt16 = 0
        while index < text.count, index - start < 4, let digit = digit(text[index]) {
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return index > start ? value : nil
    }

    private static func assemble(_ groups: InlineArray<8, UInt16>, count: Int, gap: Int?) -> BoundedBytes<16>? {
        // Without `::` there are eight groups; with it, at most seven (RFC 4291 §2.2: "one or more groups of zeros").
        guard gap == nil ? count == 8 : count <= 7 else { return nil }
        var octets = InlineArray<16, UInt8>(repeating: 0)
        for source in 0..<count {
            let target = source < (gap ?? 8) ? source : source + 8 - count
            octets[2 * target] = UInt8(truncatingIfNeeded: groups[source] >> 8)
            octets[2 * target + 1] = UInt8(truncatingIfNeeded: groups[source])
        }
        return BoundedBytes<16>(octets.span)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
