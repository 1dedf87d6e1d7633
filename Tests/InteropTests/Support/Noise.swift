// Data that shows when a byte is lost, repeated or out of place.

/// Bytes without a pattern that a record would repeat.
func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

/// Lines of text that differ from each other.
func lines(_ count: Int) -> [UInt8] {
    var text: [UInt8] = []
    for (index, byte) in noise(count).enumerated() {
        text.append(index % 64 == 63 ? UInt8(ascii: "\n") : UInt8(ascii: "a") + byte % 26)
    }
    return text
}
