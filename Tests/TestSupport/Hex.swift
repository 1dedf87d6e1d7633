// Bytes from the way RFCs and standards print them.

/// The bytes of hexadecimal text; spaces, line ends and colons between digits are passed over.
public func hex(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text where !character.isWhitespace && character != ":" {
        guard let digit = character.hexDigitValue.map(UInt8.init) else { fatalError("not hexadecimal: \(character)") }
        if let first = high {
            bytes.append(first << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    precondition(high == nil, "an odd number of hexadecimal digits")
    return bytes
}

/// Bytes as hexadecimal text.
public func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// A copy of a span's bytes.
public func array(_ span: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.count)
    for index in span.indices { bytes.append(span[index]) }
    return bytes
}
