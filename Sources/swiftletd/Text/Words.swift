// Reading words and numbers out of settings.
import Bytes

extension Span where Element == UInt8 {
    /// Whether these are the bytes of `text`.
    func reads(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in indices {
            // A StaticString's code units live as long as the program and `index` is within them.
            let byte = unsafe text.utf8Start[index]
            guard self[index] == byte else { return false }
        }
        return true
    }

    /// What comes after `prefix`, or nil where it does not begin with that.
    @_lifetime(copy self)
    func suffix(after prefix: StaticString) -> Span<UInt8>? {
        let length = prefix.utf8CodeUnitCount
        guard count >= length, extracting(0..<length).reads(prefix) else { return nil }
        return extracting(length..<count)
    }

    /// The number that these decimal digits are, at most nine of them.
    func decimal(in range: ClosedRange<Int>) -> Int? {
        guard count > 0, count <= 9 else { return nil }
        var value = 0
        for index in indices {
            let digit = self[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return range.contains(value) ? value : nil
    }

    /// The number that a setting is given.
    func number(of setting: StaticString, in range: ClosedRange<Int>, line: Int) throws(ConfigurationError) -> Int {
        if let number = decimal(in: range) { return number }
        var message = Message(setting)
        message.add(" = ")
        message.add(escaped: self)
        message.add(": expected a number from ")
        message.add(range.lowerBound)
        message.add(" to ")
        message.add(range.upperBound)
        throw ConfigurationError(line, message)
    }

    /// The words between blanks and commas, to be taken one after the other.
    var words: Words {
        @_lifetime(copy self)
        get { Words(self) }
    }
}

/// A cursor over words between blanks and commas.
struct Words: ~Escapable {
    private let text: Span<UInt8>
    private var offset = 0

    @_lifetime(copy text)
    init(_ text: Span<UInt8>) { self.text = text }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: ",")
    }

    /// The next word, which is never empty, or nil after the last.
    @_lifetime(copy self)
    mutating func next() -> Span<UInt8>? {
        while offset < text.count, Self.isSeparator(text[offset]) { offset += 1 }
        guard offset < text.count else { return nil }
        let start = offset
        while offset < text.count, !Self.isSeparator(text[offset]) { offset += 1 }
        return text.extracting(start..<offset)
    }
}
