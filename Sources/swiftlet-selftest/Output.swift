// Text for standard output and standard error, gathered in a buffer of fixed size.
import Bytes
import CLinux

/// Where text goes.
struct Output: ~Copyable {
    private var buffer = InlineArray<1024, UInt8>(repeating: 0)
    private var count = 0
    private let isError: Bool

    /// Standard output, or standard error.
    init(isError: Bool = false) { self.isError = isError }

    /// Writes out what has been gathered.
    mutating func flush() {
        let length = count
        let isError = self.isError
        count = 0
        // The first `length` bytes of the buffer have been written.
        unsafe buffer.span.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return }
            // Nothing can be done about a standard output that is gone.
            _ = unsafe isError ? swl_write_error(base, length) : swl_write_output(base, length)
        }
    }

    mutating func append(_ byte: UInt8) {
        if count == buffer.count { flush() }
        buffer[count] = byte
        count += 1
    }

    /// Appends a literal; with a width, spaces behind it up to there.
    mutating func append(_ text: StaticString, width: Int = 0) {
        // A StaticString's code units live as long as the program and `index` is within them.
        for index in 0..<text.utf8CodeUnitCount { append(unsafe text.utf8Start[index]) }
        for _ in 0..<max(0, width - text.utf8CodeUnitCount) { append(UInt8(ascii: " ")) }
    }

    /// Appends a number in decimal digits, at least `digits` of them.
    mutating func append(_ number: Int64, digits: Int = 1) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var place: UInt64 = 1
        var left = max(digits - 1, 0)
        while left > 0 || rest / place >= 10 {
            place *= 10
            left -= 1
        }
        while place > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / place))
            rest %= place
            place /= 10
        }
    }

    /// Appends a time as milliseconds with three decimals.
    mutating func append(milliseconds nanoseconds: Int64) {
        append(nanoseconds / 1_000_000)
        append(UInt8(ascii: "."))
        append(nanoseconds / 1000 % 1000, digits: 3)
    }

    /// Appends a word of the command line; what is not printable ASCII as `\xHH`.
    mutating func append(escaping text: Span<UInt8>) {
        for index in text.indices {
            let byte = text[index]
            if byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") {
                append(byte)
            } else {
                append("\\x")
                append(hexadecimalDigit(byte >> 4))
                append(hexadecimalDigit(byte & 15))
            }
        }
    }

    private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
