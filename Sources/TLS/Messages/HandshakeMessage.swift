// A handshake message as it stands in the stream (RFC 8446 §4): type, 24-bit length, body.
import Bytes

/// One complete handshake message, as a view of the bytes that came.
struct HandshakeMessage: ~Escapable {
    /// Type and length in front of the body.
    static let headerBytes = 4

    /// How long a message is, by its header, which `bytes` begin with; nil where they are fewer than a header.
    static func byteCount(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count >= headerBytes else { return nil }
        return headerBytes + (Int(bytes[1]) << 16 | Int(bytes[2]) << 8 | Int(bytes[3]))
    }

    /// The whole message, as it goes into the transcript (§4.4.1).
    let encoded: Span<UInt8>

    /// A message whose header says as many bytes as there are: whoever puts fragments together has seen to that. Fewer
    /// bytes than a header are a message of the reserved type 0 without a body, which no state expects.
    @_lifetime(copy encoded)
    init(_ encoded: Span<UInt8>) { self.encoded = encoded }

    /// What kind of message it is.
    var type: HandshakeType {
        encoded.count < Self.headerBytes ? .hello_request_RESERVED : HandshakeType(rawValue: encoded[0])
    }

    /// What stands behind the header.
    var body: Span<UInt8> {
        @_lifetime(copy self)
        get { encoded.extracting(Swift.min(Self.headerBytes, encoded.count)..<encoded.count) }
    }
}
