// renegotiation_info (RFC 5746 §3.2): what binds a renegotiation to the handshake before it. We never renegotiate, so ours is
// empty; a peer's must be, since there is no handshake before.
import Bytes

/// The extension renegotiation_info.
enum RenegotiationInfo {
    /// The renegotiated_connection of a hello, empty in a first handshake, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> Span<UInt8>? {
        try extensions.readVector8(.renegotiation_info)
    }

    /// Whether a hello of a first handshake has the extension (§3.4, §3.6).
    /// - Throws: `.malformed`; `.peerMisbehaved(.renegotiationInfo)` where it is not empty.
    static func isIndicated(in extensions: ExtensionBlock) throws(TLSError) -> Bool {
        guard let connection = try read(in: extensions) else { return false }
        guard connection.isEmpty else { throw .peerMisbehaved(.renegotiationInfo) }
        return true
    }

    /// Appends the extension of a first handshake.
    static func append(to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.renegotiation_info)
        writer.append(0 as UInt8)
        writer.endExtension(mark)
    }
}
