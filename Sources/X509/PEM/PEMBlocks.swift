// Finding the blocks of one label in a PEM file.

import Bytes
import TLSCrypto

/// The blocks of one label, to be read one after the other.
struct PEMBlocks: ~Escapable {
    private let text: Span<UInt8>
    private let label: StaticString
    private var offset = 0
    /// The line at `offset`, the first being 1.
    private var line = 1
    /// The line of the last block's BEGIN.
    private var beginLine = 0
    /// How many blocks have been begun.
    private(set) var count = 0

    @_lifetime(copy text)
    init(_ text: Span<UInt8>, label: StaticString) {
        self.text = text
        self.label = label
    }

    /// What stands between the next BEGIN and its END, or nil where there is no other block.
    /// - Throws: `unterminated`
    @_lifetime(copy self)
    mutating func next() throws(PEMError) -> Span<UInt8>? {
        while let candidate = readLine() {
            guard isBoundary(candidate, "-----BEGIN ") else { continue }
            count += 1
            beginLine = line - 1
            return try readBody()
        }
        return nil
    }

    @_lifetime(copy self)
    private mutating func readBody() throws(PEMError) -> Span<UInt8> {
        let start = offset
        while true {
            let end = offset
            guard let candidate = readLine() else { throw error(.unterminated) }
            if isBoundary(candidate, "-----END ") { return text.extracting(start..<end) }
            guard !hasPrefix(candidate, "-----", at: 0) else { throw error(.unterminated) }
        }
    }

    /// Decodes what `next` found.
    /// - Throws: `badBase64`, `emptyBlock`, `outputTooSmall`
    func decode(_ body: Span<UInt8>, into output: inout MutableSpan<UInt8>) throws(PEMError) -> Int {
        let count: Int
        do throws(CryptoError) {
            count = try decodeBase64(body, into: &output)
        } catch {
            throw self.error(error == .outputTooSmall ? .outputTooSmall : .badBase64)
        }
        guard count > 0 else { throw error(.emptyBlock) }
        return count
    }

    /// An error about the block that was begun last.
    func error(_ reason: PEMError.Reason) -> PEMError { PEMError(reason, block: count - 1, line: beginLine) }

    /// The next line without its end, or nil after the last.
    @_lifetime(copy self)
    private mutating func readLine() -> Span<UInt8>? {
        guard offset < text.count else { return nil }
        let start = offset
        var end = start
        while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
        offset = min(end + 1, text.count)
        line += 1
        // CR and spaces at the end do not count (RFC 7468 §3).
        while end > start, isSpace(text[end - 1]) { end -= 1 }
        return text.extracting(start..<end)
    }

    /// Whether a line is `beginning`, the label and five hyphens.
    private func isBoundary(_ line: Span<UInt8>, _ beginning: StaticString) -> Bool {
        let labelStart = beginning.utf8CodeUnitCount
        let labelEnd = labelStart + label.utf8CodeUnitCount
        return line.count == labelEnd + 5 && hasPrefix(line, beginning, at: 0) && hasPrefix(line, label, at: labelStart)
            && hasPrefix(line, "-----", at: labelEnd)
    }
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}

/// Whether `expected` stands in `line` at `offset`.
private func hasPrefix(_ line: Span<UInt8>, _ expected: StaticString, at offset: Int) -> Bool {
    guard line.count - offset >= expected.utf8CodeUnitCount else { return false }
    for index in 0..<expected.utf8CodeUnitCount {
        // A StaticString's code units live as long as the program and `index` is within them.
        let byte = unsafe expected.utf8Start[index]
        guard line[offset + index] == byte else { return false }
    }
    return true
}
