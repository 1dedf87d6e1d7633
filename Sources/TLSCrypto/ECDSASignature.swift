// Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } in DER (RFC 3279 §2.2.3, X.690 §8.3 and §10.1): read strictly,
// so that one signature has one encoding, and written.
import Bytes

/// The two numbers of a signature, without zeros in front.
struct ECDSASignature: ~Escapable {
    let r: Span<UInt8>
    let s: Span<UInt8>

    /// Reads a signature with numbers of at most `scalarBytes`.
    /// - Throws: `badSignature` for anything but the one DER encoding of two positive numbers.
    @_lifetime(copy der)
    init(_ der: Span<UInt8>, scalarBytes: Int) throws(CryptoError) {
        var outer = ByteReader(der)
        // At most 2 + 2 * (2 + 49) bytes: every length has the short form.
        guard outer.readUInt8() == 0x30, let content = outer.readVector8(), content.count < 0x80, outer.isAtEnd else {
            throw .badSignature
        }
        var inner = ByteReader(content)
        guard let r = Self.readNumber(&inner, scalarBytes), let s = Self.readNumber(&inner, scalarBytes), inner.isAtEnd
        else { throw .badSignature }
        self.r = r
        self.s = s
    }

    /// A positive INTEGER in as few bytes as possible, without its zero byte for the sign.
    @_lifetime(copy reader)
    private static func readNumber(_ reader: inout ByteReader, _ scalarBytes: Int) -> Span<UInt8>? {
        guard reader.readUInt8() == 0x02, let bytes = reader.readVector8(), bytes.count > 0 else { return nil }
        // A first bit of one is a negative number.
        guard bytes[0] < 0x80 else { return nil }
        guard bytes[0] == 0 else { return bytes.count <= scalarBytes ? bytes : nil }
        // X.690 §8.3.2: a zero in front only where the next bit is one. The number zero is no r and no s.
        guard bytes.count > 1, bytes[1] >= 0x80, bytes.count - 1 <= scalarBytes else { return nil }
        return bytes.extracting(1..<bytes.count)
    }

    /// Writes two numbers of the same length, `halves` being one behind the other.
    /// - Returns: the length of the encoding.
    /// - Throws: `outputTooSmall`.
    static func write(halves: Span<UInt8>, into: inout MutableSpan<UInt8>) throws(CryptoError) -> Int {
        let half = halves.count / 2
        var writer = ByteWriter(into._mutatingExtracting(0..<into.count))
        writer.append(0x30 as UInt8)
        let sequence = writer.beginVector(lengthBytes: 1)
        writeNumber(halves.extracting(0..<half), &writer)
        writeNumber(halves.extracting(half..<halves.count), &writer)
        writer.endVector(sequence)
        guard !writer.overflowed else { throw .outputTooSmall }
        return writer.count
    }

    @_lifetime(writer: copy writer)
    private static func writeNumber(_ number: Span<UInt8>, _ writer: inout ByteWriter) {
        var start = 0
        while start < number.count - 1, number[start] == 0 { start += 1 }
        writer.append(0x02 as UInt8)
        let integer = writer.beginVector(lengthBytes: 1)
        if number[start] >= 0x80 { writer.append(0 as UInt8) }
        writer.append(number.extracting(start..<number.count))
        writer.endVector(integer)
    }
}

/// Writes an Ecdsa-Sig-Value from r and s, which lie one behind the other, both as long as the curve's order: for signatures
/// that were made elsewhere.
/// - Returns: the length of the DER: at most 72 bytes (P-256) or 104 (P-384).
/// - Throws: `outputTooSmall`.
public func encodeECDSASignature(
    halves: Span<UInt8>, into output: inout MutableSpan<UInt8>
) throws(CryptoError) -> Int { try ECDSASignature.write(halves: halves, into: &output) }
