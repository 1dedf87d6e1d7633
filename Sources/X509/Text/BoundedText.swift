// Text about certificates for terminals and logs. What a peer chose (names above all) never reaches either as it is: a
// control character could rewrite the terminal, a line end could forge a log line. So every byte that is not printable
// ASCII is escaped, and no piece is longer than 128 bytes.

import Bytes

/// Up to 128 bytes of printable ASCII. What does not fit is cut off, never within an escape, and `...` says so.
struct BoundedText {
    private static var limit: Int { 128 }
    private static var ellipsis: Int { 3 }

    private var bytes = InlineArray<128, UInt8>(repeating: 0)
    private var count = 0
    /// The last place at which a cut would leave room for the ellipsis and split nothing.
    private var cut = 0
    private var isCut = false

    /// Appends text of our own, which stays whole or is cut off whole.
    mutating func append(_ text: StaticString) {
        guard makeRoom(text.utf8CodeUnitCount) else { return }
        for index in 0..<text.utf8CodeUnitCount {
            // A StaticString's code units live as long as the program and `index` is within them.
            put(unsafe text.utf8Start[index])
        }
        mark()
    }

    /// Appends one byte that is known to be printable.
    mutating func append(printable byte: UInt8) {
        guard makeRoom(1) else { return }
        put(byte)
        mark()
    }

    /// Appends `\` and one byte that is known to be printable.
    mutating func append(escaped byte: UInt8) {
        guard makeRoom(2) else { return }
        put(UInt8(ascii: "\\"))
        put(byte)
        mark()
    }

    /// Appends a byte as `\XX` (RFC 4514 §2.4), or as `XX` alone.
    mutating func append(hexadecimal byte: UInt8, backslash: Bool = true) {
        guard makeRoom(backslash ? 3 : 2) else { return }
        if backslash { put(UInt8(ascii: "\\")) }
        put(hexadecimalDigit(byte >> 4))
        put(hexadecimalDigit(byte & 0xF))
        mark()
    }

    /// Appends a number in decimal.
    mutating func append(_ number: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(printable: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends a peer's text: printable ASCII as it is, a backslash doubled, everything else as `\XX`.
    mutating func append(untrusted text: Span<UInt8>) {
        for index in text.indices where !isCut {
            switch text[index] {
            case UInt8(ascii: "\\"): append(escaped: text[index])
            case 0x20...0x7E: append(printable: text[index])
            default: append(hexadecimal: text[index])
            }
        }
    }

    /// Writes the text.
    func write(to writer: inout ByteWriter) {
        writer.append(bytes.span.extracting(0..<count))
        if isCut { writer.append("...") }
    }

    private mutating func makeRoom(_ more: Int) -> Bool {
        if !isCut, more > Self.limit - count {
            isCut = true
            count = cut
        }
        return !isCut
    }

    private mutating func put(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    private mutating func mark() {
        if count <= Self.limit - Self.ellipsis { cut = count }
    }
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + (value - 10)
}

extension ByteWriter {
    /// Appends text that came from a peer or a file, fit for a terminal or a log: at most 128 bytes of printable ASCII,
    /// everything else escaped as `\XX`.
    @_lifetime(self: copy self)
    public mutating func appendEscaped(_ untrusted: Span<UInt8>) {
        var text = BoundedText()
        text.append(untrusted: untrusted)
        text.write(to: &self)
    }
}
