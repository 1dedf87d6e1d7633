// The blocks of a PEM text (RFC 7468), whatever their labels, for looking at. Blocks are places in the text: only what is
// no secret is ever decoded.
import Bytes
import TLSCrypto

/// One block of a PEM text.
struct PEMBlock {
    /// What stands on the BEGIN line.
    let label: String
    /// The block in the text, BEGIN and END lines included.
    let range: Range<Int>
    /// The base64 in the text.
    let body: Range<Int>
}

/// The blocks of a PEM text in order. Text outside of them is passed over (§2).
/// - Parameter what: whose text it is, for the error.
func pemBlocks(_ text: Span<UInt8>, _ what: String) throws -> [PEMBlock] {
    var blocks: [PEMBlock] = []
    var open: (label: String, start: Int, body: Int)?
    var lineStart = 0
    while lineStart < text.count {
        var lineEnd = lineStart
        while lineEnd < text.count, text[lineEnd] != 0x0A { lineEnd += 1 }
        let line = text.extracting(lineStart..<lineEnd)
        if let label = boundary(line, "-----BEGIN ") {
            guard open == nil else { throw damaged(what) }
            open = (label, lineStart, min(lineEnd + 1, text.count))
        } else if let label = boundary(line, "-----END ") {
            guard let begun = open, begun.label == label else { throw damaged(what) }
            blocks.append(PEMBlock(label: label, range: begun.start..<lineEnd, body: begun.body..<lineStart))
            open = nil
        }
        lineStart = lineEnd + 1
    }
    guard open == nil else { throw damaged(what) }
    return blocks
}

private func damaged(_ what: String) -> CommandError {
    fileError("\(what) has a PEM block without its END line; restore the file")
}

/// The label of a BEGIN or END line, or nil where the line is neither. Spaces and a carriage return may follow.
private func boundary(_ line: Span<UInt8>, _ prefix: String) -> String? {
    guard line.count < 128, line.count > 0, line[0] == 0x2D else { return nil }
    var text = String(decoding: array(line), as: UTF8.self)[...]
    while let last = text.unicodeScalars.last, last == "\r" || last == " " || last == "\t" {
        text.unicodeScalars.removeLast()
    }
    guard text.hasPrefix(prefix), text.hasSuffix("-----"), text.count > prefix.count + 5 else { return nil }
    return String(text.dropFirst(prefix.count).dropLast(5))
}

/// The bytes of a block, which must not be a secret.
func decode(_ block: PEMBlock, of text: Span<UInt8>, _ what: String) throws -> [UInt8] {
    do throws(CryptoError) {
        return try built(block.body.count) { out throws(CryptoError) in
            try decodeBase64(text.extracting(block.body), into: &out)
        }
    } catch {
        throw fileError("\(what) has a PEM block '\(escaped(block.label))' that is no base64; restore the file")
    }
}
