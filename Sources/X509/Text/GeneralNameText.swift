// General names and IP addresses in text, for people to read.

import Bytes

extension GeneralName {
    /// Writes `DNS:`, `IP:`, `email:` or `URI:` and the name, escaped and cut at 128 bytes; of any other kind `other`.
    public func write(to writer: inout ByteWriter) {
        var text = BoundedText()
        switch kind {
        case .dns:
            text.append("DNS:")
            text.append(untrusted: value)
        case .email:
            text.append("email:")
            text.append(untrusted: value)
        case .uri:
            text.append("URI:")
            text.append(untrusted: value)
        case .ip:
            text.append("IP:")
            text.append(address: value)
        case .directory, .other: text.append("other")
        }
        text.write(to: &writer)
    }
}

extension IPAddressText {
    /// Writes an address of 4 or 16 bytes, the latter as RFC 5952 §4 wants it; nothing for any other count.
    public static func write(_ address: Span<UInt8>, to writer: inout ByteWriter) {
        var text = BoundedText()
        text.append(address: address)
        text.write(to: &writer)
    }
}

extension BoundedText {
    fileprivate mutating func append(address: Span<UInt8>) {
        switch address.count {
        case 4:
            for index in 0..<4 {
                if index > 0 { append(".") }
                append(UInt64(address[index]))
            }
        case 16: append(ipv6: address)
        default: break
        }
    }

    private mutating func append(ipv6 address: Span<UInt8>) {
        let gap = longestRunOfZeros(address)
        var index = 0
        while index < 8 {
            if index == gap.start, gap.count > 0 {
                append("::")
                index += gap.count
                continue
            }
            if index > 0, index != gap.start + gap.count || gap.count == 0 { append(":") }
            appendGroup(group(address, index))
            index += 1
        }
    }

    private mutating func appendGroup(_ group: UInt16) {
        var shift: UInt16 = 12
        while shift > 0, group >> shift == 0 { shift -= 4 }
        while true {
            let digit = UInt8(truncatingIfNeeded: group >> shift & 0xF)
            // RFC 5952 §4.3: lowercase.
            append(printable: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + (digit - 10))
            if shift == 0 { break }
            shift -= 4
        }
    }
}

private func group(_ address: Span<UInt8>, _ index: Int) -> UInt16 {
    UInt16(address[2 * index]) << 8 | UInt16(address[2 * index + 1])
}

/// RFC 5952 §4.2: the longest run of at least two groups of zeros, the first of several.
private func longestRunOfZeros(_ address: Span<UInt8>) -> (start: Int, count: Int) {
    var best = (start: 0, count: 0)
    var start = 0
    for index in 0..<8 {
        if group(address, index) != 0 {
            start = index + 1
        } else if index + 1 - start > max(best.count, 1) {
            best = (start, index + 1 - start)
        }
    }
    return best
}
