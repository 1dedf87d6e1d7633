// PEM files (RFC 7468): certificates, requests and keys in base64 between BEGIN and END lines.
//
// The lines are taken strictly: `-----BEGIN ` at the beginning of a line, the label, `-----`, and then only spaces.
// Around and between blocks any text may stand, blocks of other labels included; lines end with LF or CRLF.

import Bytes
import TLSCrypto

/// Reading and writing of PEM files.
public enum PEM {
    /// Decodes every block of a label, in order, each with its length in three bytes in front: with the label
    /// `CERTIFICATE`, what `CertificateSequence` reads as `.plain`. A buffer as large as the text is always large
    /// enough.
    /// - Returns: how many bytes were written.
    /// - Throws: `PEMError` naming the block; `noBlock` where there is none.
    public static func decode(
        _ text: Span<UInt8>, label: StaticString, into output: inout MutableSpan<UInt8>
    ) throws(PEMError) -> Int {
        var blocks = PEMBlocks(text, label: label)
        var written = 0
        while let block = try blocks.next() {
            guard output.count - written >= 3 else { throw blocks.error(.outputTooSmall) }
            var place = output._mutatingExtracting((written + 3)..<output.count)
            let count = try blocks.decode(block, into: &place)
            guard count < 1 << 24 else { throw blocks.error(.outputTooSmall) }
            output[written] = UInt8(truncatingIfNeeded: count >> 16)
            output[written + 1] = UInt8(truncatingIfNeeded: count >> 8)
            output[written + 2] = UInt8(truncatingIfNeeded: count)
            written += 3 + count
        }
        guard blocks.count > 0 else { throw PEMError(.noBlock, block: -1, line: 0) }
        return written
    }

    /// Decodes the first block of a label alone: a request, a key.
    /// - Returns: how many bytes were written.
    /// - Throws: `PEMError`; `noBlock` where there is none.
    public static func decodeFirst(
        _ text: Span<UInt8>, label: StaticString, into output: inout MutableSpan<UInt8>
    ) throws(PEMError) -> Int {
        var blocks = PEMBlocks(text, label: label)
        guard let block = try blocks.next() else { throw PEMError(.noBlock, block: -1, line: 0) }
        return try blocks.decode(block, into: &output)
    }

    /// How many characters `encode` writes for `count` bytes under a label.
    public static func encodedCount(_ count: Int, label: StaticString) -> Int {
        let base64 = base64Length(count)
        let lines = (base64 + 63) / 64
        return 2 * label.utf8CodeUnitCount + 17 + 15 + base64 + lines
    }

    /// Writes one block: lines of 64 characters that end with LF (RFC 7468 §2).
    /// - Returns: how many bytes were written.
    /// - Throws: `outputTooSmall`
    public static func encode(
        _ der: Span<UInt8>, label: StaticString, into output: inout MutableSpan<UInt8>
    ) throws(PEMError) -> Int {
        guard encodedCount(der.count, label: label) <= output.count else {
            throw PEMError(.outputTooSmall, block: 0, line: 0)
        }
        var written = writeLine("-----BEGIN ", label, into: &output, at: 0)
        var offset = 0
        // 48 bytes are 64 characters.
        while offset < der.count {
            let piece = der.extracting(offset..<min(offset + 48, der.count))
            var place = output._mutatingExtracting(written..<output.count)
            do throws(CryptoError) {
                written += try encodeBase64(piece, into: &place)
            } catch {
                throw PEMError(.outputTooSmall, block: 0, line: 0)
            }
            output[written] = UInt8(ascii: "\n")
            written += 1
            offset += piece.count
        }
        return writeLine("-----END ", label, into: &output, at: written)
    }

    /// Writes a line at `start`, where there is room for it.
    /// - Returns: where it ends.
    private static func writeLine(
        _ beginning: StaticString, _ label: StaticString, into output: inout MutableSpan<UInt8>, at start: Int
    ) -> Int {
        var writer = ByteWriter(output._mutatingExtracting(start..<output.count))
        writer.append(beginning)
        writer.append(label)
        writer.append("-----\n")
        return start + writer.count
    }
}
