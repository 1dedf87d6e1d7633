// The header of a record (RFC 8446 §5.1): type, legacy_record_version, length.
import Bytes

/// The five bytes in front of every record.
struct RecordHeader {
    let type: ContentType
    let majorVersion: UInt8
    let length: Int

    /// Reads a header, or answers nil where fewer than five bytes are there.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Limits.recordHeader else { return nil }
        type = ContentType(rawValue: bytes[0])
        majorVersion = bytes[1]
        length = Int(bytes[3]) << 8 | Int(bytes[4])
    }

    /// Checks what can be known before the fragment has come.
    func check() throws(TLSError) {
        switch type {
        case .change_cipher_spec, .alert, .handshake, .application_data: break
        default: throw .peerMisbehaved(.unexpectedRecord)  // §5: "an unexpected record type"
        }
        // §5.1: the version is to be ignored; a first byte other than 3 is not TLS at all.
        guard majorVersion == 3 else { throw .peerMisbehaved(.recordVersion) }
        // §5.1: 2^14; §5.2: 2^14 + 256 for a protected one.
        let most = type == .application_data ? Limits.plaintextFragment + 256 : Limits.plaintextFragment
        guard length <= most else { throw .peerMisbehaved(.recordOverflow) }
    }
}
