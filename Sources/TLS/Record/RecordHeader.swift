// The header of a record (RFC 8446 §5.1): type, legacy_record_version, length.
import Bytes

/// The five bytes in front of every record.
struct RecordHeader {
    let type: ContentType
    let version: ProtocolVersion
    let length: Int

    /// Reads a header, or answers nil where fewer than five bytes are there.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Limits.recordHeader else { return nil }
        type = ContentType(rawValue: bytes[0])
        version = ProtocolVersion(rawValue: UInt16(bytes[1]) << 8 | UInt16(bytes[2]))
        length = Int(bytes[3]) << 8 | Int(bytes[4])
    }

    /// Checks what can be known before the fragment has come.
    /// - Parameter isProtected12: whether the record is sealed as in TLS 1.2, where the type does not tell.
    func check(isProtected12: Bool) throws(TLSError) {
        // §5.1: the version is to be ignored; a first byte other than 3 is not TLS at all, whatever stands before it.
        guard version.rawValue >> 8 == 3 else { throw .peerMisbehaved(.recordVersion) }
        switch type {
        case .change_cipher_spec, .alert, .handshake, .application_data: break
        default: throw .peerMisbehaved(.unexpectedRecord)  // §5: "an unexpected record type"
        }
        // RFC 5246 §6.2.1: once it is settled, the version is that of the protocol.
        guard !isProtected12 || version == .tls12 else { throw .peerMisbehaved(.recordVersion) }
        // §5.1: 2^14; §5.2: 2^14 + 256 for a protected one, which bounds the overhead of TLS 1.2, too.
        let most =
            type == .application_data || isProtected12 ? Limits.plaintextFragment + 256 : Limits.plaintextFragment
        guard length <= most else { throw .peerMisbehaved(.recordOverflow) }
    }

    /// The bytes of a header.
    /// - Parameter isInitial: whether the record is one of an initial ClientHello, whose version is 0x0301 (§5.1).
    static func bytes(_ type: ContentType, length: Int, isInitial: Bool) -> InlineArray<5, UInt8> {
        [
            type.rawValue, 3, isInitial ? 1 : 3, UInt8(truncatingIfNeeded: length >> 8),
            UInt8(truncatingIfNeeded: length),
        ]
    }
}
