// Replies of an SMTP server (RFC 5321 §4.2): a code of three digits and text, on one line or several. Of the text, the
// keywords of an EHLO's reply (§4.1.1.1) are looked at and nothing else.
import Bytes

/// A reply while its lines come in.
struct SMTPReply: Sendable {
    /// Lines of one reply. Servers have about ten keywords.
    static let mostLines = 128

    /// Its code; 0 before the first line.
    private(set) var code = 0
    private var lines = 0
    /// Whether a line behind the first has the keyword STARTTLS (RFC 3207 §2). The first names the server.
    private(set) var offersStartTLS = false

    /// Takes the next line.
    /// - Returns: whether it was the last.
    mutating func take(_ line: Span<UInt8>) throws(SMTPError.Reason) -> Bool {
        guard let number = Self.code(line) else { throw .malformedReply }
        // §4.2.1: every line of a reply has the same code.
        guard lines == 0 || number == code else { throw .malformedReply }
        guard lines < Self.mostLines else { throw .replyTooLong }
        code = number
        lines += 1
        guard line.count > 3 else { return true }
        if lines > 1, line.extracting(4..<line.count).beginsWithWord("STARTTLS") { offersStartTLS = true }
        return line[3] == UInt8(ascii: " ")
    }

    /// The code in front of a line: `Reply-code = %x32-35 %x30-35 %x30-39`, then a blank, a hyphen, or nothing.
    private static func code(_ line: Span<UInt8>) -> Int? {
        guard line.count >= 3 else { return nil }
        let digits: InlineArray<3, Int> = [
            Int(line[0]) - 0x30, Int(line[1]) - 0x30, Int(line[2]) - 0x30,
        ]
        guard 2...5 ~= digits[0], 0...5 ~= digits[1], 0...9 ~= digits[2] else { return nil }
        guard line.count == 3 || line[3] == UInt8(ascii: " ") || line[3] == UInt8(ascii: "-") else { return nil }
        return 100 * digits[0] + 10 * digits[1] + digits[2]
    }
}
