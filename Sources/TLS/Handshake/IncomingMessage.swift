// A handshake message as a state sees it: the message, the peer's Certificate message if that was kept, and whether a key
// may change after it.
import Bytes

/// A complete handshake message from the peer.
struct IncomingMessage: ~Escapable {
    let message: HandshakeMessage
    /// The peer's Certificate message, header included; empty before it came.
    let peerCertificate: Span<UInt8>
    /// Whether the record that ended the message held nothing more.
    private let endsRecord: Bool

    @_lifetime(copy message, copy peerCertificate)
    init(_ message: HandshakeMessage, peerCertificate: Span<UInt8>, endsRecord: Bool) {
        self.message = message
        self.peerCertificate = peerCertificate
        self.endsRecord = endsRecord
    }

    /// Proves that keys may change after this message (RFC 8446 §5.1).
    func aligned() throws(TLSError) -> HandshakeAligned {
        guard endsRecord else { throw .peerMisbehaved(.messageAcrossKeyChange) }
        return HandshakeAligned(checked: ())
    }

    /// Checks that the message is of the only type that may come now (§4).
    func expect(_ type: HandshakeType) throws(TLSError) {
        guard message.type == type else { throw .peerMisbehaved(.unexpectedMessage) }
    }
}
