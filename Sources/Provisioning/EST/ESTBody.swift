// The bodies of EST are base64 (RFC 8951 §3.1), with line ends and blanks wherever somebody put them, or none at all.
import Bytes
import TLSCrypto

/// Why a body was not taken.
public enum ESTBodyError: Error, Equatable, Sendable {
    /// It is no base64.
    case notBase64
    /// It is larger than the memory for it.
    case tooLarge
    /// BER with indefinite lengths, which is not read: RFC 8951 §3.2 has DER.
    case indefiniteLength
    /// It is no SignedData (RFC 5652 §5.1) with certificates.
    case notCertificates
    /// There is no certificate in it.
    case noCertificates
    /// More certificates than `CertsOnly.maximumCertificates`.
    case tooManyCertificates
    /// It is no CsrAttrs (RFC 7030 §4.5.2).
    case notAttributes
    /// The attributes ask for a kind of key that we do not have.
    case unsupportedKey
}

extension ESTBodyError {
    /// The error in words, after what was received.
    public var description: StaticString {
        switch self {
        case .notBase64: "is not base64"
        case .tooLarge: "is larger than the memory for it"
        case .indefiniteLength: "is in BER with indefinite lengths, where RFC 8951 has DER"
        case .notCertificates: "is no PKCS#7 with certificates"
        case .noCertificates: "has no certificate"
        case .tooManyCertificates: "has more than 64 certificates"
        case .notAttributes: "is no list of attributes"
        case .unsupportedKey: "asks for a kind of key that is none of P-256, P-384 and RSA of 2048 to 4096 bits"
        }
    }
}

/// Decodes a body.
/// - Returns: how many bytes of `output` it has.
func decodeESTBody(_ text: Span<UInt8>, into output: inout MutableSpan<UInt8>) throws(ESTBodyError) -> Int {
    // 64 characters, without what stands between them, are 48 bytes.
    var group = InlineArray<64, UInt8>(repeating: 0)
    var groupCount = 0
    var written = 0
    var hasEnded = false
    // libest counts the NUL behind its text in.
    let count = text.count > 0 && text[text.count - 1] == 0 ? text.count - 1 : text.count
    for index in 0...count {
        if index < count {
            switch text[index] {
            case 0x20, 0x09, 0x0D, 0x0A: continue
            default: break
            }
            // What is behind the padding belongs to nothing.
            guard !hasEnded else { throw .notBase64 }
            group[groupCount] = text[index]
            groupCount += 1
        }
        guard groupCount == 64 || index == count && groupCount > 0 else { continue }
        hasEnded = group[groupCount - 1] == UInt8(ascii: "=")
        var place = output._mutatingExtracting(written..<output.count)
        do throws(CryptoError) {
            written += try decodeBase64(group.span.extracting(0..<groupCount), into: &place)
        } catch {
            throw error == .outputTooSmall ? .tooLarge : .notBase64
        }
        groupCount = 0
    }
    return written
}

/// Writes a body: lines of 76 characters (RFC 2045 §6.8), each with CRLF, the last one too.
/// - Returns: how many bytes of `output` it has; nil where it does not fit.
func encodeESTBody(_ bytes: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Int? {
    var written = 0
    var offset = 0
    while offset < bytes.count {
        // 57 bytes are 76 characters.
        let piece = bytes.extracting(offset..<min(offset + 57, bytes.count))
        var place = output._mutatingExtracting(written..<output.count)
        do throws(CryptoError) { written += try encodeBase64(piece, into: &place) } catch { return nil }
        guard output.count - written >= 2 else { return nil }
        output[written] = 0x0D
        output[written + 1] = 0x0A
        written += 2
        offset += piece.count
    }
    return written
}
