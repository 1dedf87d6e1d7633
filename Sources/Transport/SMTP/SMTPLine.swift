// Lines of SMTP (RFC 5321 §2.3.8), byte by byte. A line ends in CR LF and nothing else does: where two sides disagree about
// the end of a line, what one takes for data is a command to the other.
//
// Invariant: a line costs the same memory however long it is. Its beginning is kept, which is all that anybody looks at.
import Bytes

/// What a byte came to.
enum SMTPLineOutcome: Equatable {
    /// The line goes on.
    case more
    /// The line is complete: see `text`.
    case line
    /// This is no line of SMTP.
    case fault(SMTPError.Reason)
}

/// The line that is being received.
@_addressableForDependencies  // see BoundedBytes
struct SMTPLine: Sendable {
    /// Bytes of a line, its end included. RFC 5321 §4.5.3.1.4 and §4.5.3.1.5 want 512 to be understood, and more where that
    /// is possible.
    static let longest = 2048

    private var beginning = InlineArray<128, UInt8>(repeating: 0)
    private var length = 0
    private var endsInCR = false

    /// The line without its end, as much of it as is kept.
    var text: Span<UInt8> {
        @_addressableSelf @_lifetime(borrow self)
        get { beginning.span.extracting(0..<Swift.min(length, beginning.count)) }
    }

    /// Forgets the line: the next byte begins another.
    mutating func begin() {
        length = 0
        endsInCR = false
    }

    /// Takes the next byte.
    mutating func take(_ byte: UInt8) -> SMTPLineOutcome {
        if endsInCR { return byte == UInt8(ascii: "\n") ? .line : .fault(.notALine) }
        // §2.3.8 forbids either alone; §4.1.2 and §4.2 have no place for NUL.
        guard byte != UInt8(ascii: "\n"), byte != 0 else { return .fault(.notALine) }
        if byte == UInt8(ascii: "\r") {
            endsInCR = true
            return .more
        }
        guard length < Self.longest - 2 else { return .fault(.lineTooLong) }
        if length < beginning.count { beginning[length] = byte }
        length += 1
        return .more
    }
}

extension Span where Element == UInt8 {
    /// Whether this begins with `word`, in capitals or not, and with a blank behind it or nothing.
    func beginsWithWord(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard count >= length, count == length || self[length] == UInt8(ascii: " ") else { return false }
        for index in 0..<length {
            // A StaticString's code units live as long as the program and `index` is within them.
            let expected = unsafe word.utf8Start[index]
            let byte = self[index]
            let isSmall = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
            guard (isSmall ? byte - 0x20 : byte) == expected else { return false }
        }
        return true
    }
}
