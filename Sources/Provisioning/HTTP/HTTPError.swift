// What can be wrong with an HTTP/1.1 response (RFC 9110, RFC 9112). None of it is mended by guessing: a message whose end is
// in doubt is no message.
import Bytes

/// Why a response was not taken.
public enum HTTPError: Error, Equatable, Sendable {
    /// The first line is no status line of HTTP/1.1 or HTTP/1.0 (RFC 9112 §4).
    case malformedStatusLine
    /// A field line is malformed: no name, a blank before the colon, a folded line, a control character (§5).
    case malformedField
    /// Status line and fields are longer than the memory for them.
    case headTooLarge
    /// The body is longer than the memory for it.
    case bodyTooLarge
    /// Two lengths, or a length beside a transfer coding (§6.3).
    case conflictingLengths
    /// Content-Length is no number (§6.2).
    case malformedLength
    /// A transfer or content coding other than chunked (§6.1, RFC 9110 §8.4).
    case unsupportedCoding
    /// A chunk is malformed (§7.1).
    case malformedChunk
    /// More interim responses than make sense, or a switch of protocols that nobody asked for (RFC 9110 §15.2).
    case unexpectedInterim
    /// The stream ended before the response did.
    case truncated
}

extension HTTPError {
    /// The error in words, after "the server's answer".
    public var description: StaticString {
        switch self {
        case .malformedStatusLine: "does not begin with a status line of HTTP/1.1"
        case .malformedField: "has a malformed header field"
        case .headTooLarge: "has more than 8192 bytes of header fields"
        case .bodyTooLarge: "is larger than the memory for it"
        case .conflictingLengths: "has conflicting lengths"
        case .malformedLength: "has a Content-Length that is no number"
        case .unsupportedCoding: "has a transfer or content coding that was not asked for"
        case .malformedChunk: "has a malformed chunk"
        case .unexpectedInterim: "has interim responses that make no sense"
        case .truncated: "is truncated: the stream ended in the middle of it"
        }
    }
}

extension Span where Element == UInt8 {
    /// Whether these are the letters of `text`, without regard to case (field names, tokens of ASCII).
    func isCaseInsensitively(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in indices {
            // A StaticString's code units live as long as the program and `index` is within them.
            let expected = unsafe text.utf8Start[index]
            guard lowercased(self[index]) == lowercased(expected) else { return false }
        }
        return true
    }

    /// The bytes without blanks and tabs at both ends: OWS (RFC 9110 §5.6.3).
    @_lifetime(copy self)
    func trimmed() -> Span<UInt8> {
        var (start, end) = (0, count)
        while start < end, isBlank(self[start]) { start += 1 }
        while end > start, isBlank(self[end - 1]) { end -= 1 }
        return extracting(start..<end)
    }

    /// The number that these digits are, at most nine of them; nil for anything else.
    var decimalNumber: Int? {
        guard count > 0, count <= 9 else { return nil }
        var value = 0
        for index in indices {
            guard (0x30...0x39).contains(self[index]) else { return nil }
            value = value * 10 + Int(self[index] - 0x30)
        }
        return value
    }
}

func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

private func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

/// Whether a byte may stand in a token (RFC 9110 §5.6.2).
func isTokenCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    // ! # $ % & ' * + - . ^ _ ` | ~
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
}
