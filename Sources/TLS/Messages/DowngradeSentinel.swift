// The mark that a server which knows TLS 1.3 leaves at the end of its random when it settles for less (RFC 8446 §4.1.3).
// A client that offered TLS 1.3 and sees it knows that somebody changed its hello.
import Bytes

/// The last eight bytes of a random: "DOWNGRD" and what the server settled for.
enum DowngradeSentinel {
    /// Bytes of a sentinel.
    static let byteCount = 8

    /// A server that knows TLS 1.3 settled for TLS 1.2.
    static var tls12: InlineArray<8, UInt8> { [0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x01] }

    /// A server that knows TLS 1.2 or 1.3 settled for TLS 1.1 or below.
    static var tls11: InlineArray<8, UInt8> { [0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x00] }
}

extension ServerHello {
    /// Whether the random ends with either sentinel.
    var hasDowngradeSentinel: Bool {
        let end = random.extracting(last: DowngradeSentinel.byteCount)
        return end.hasSameBytes(as: DowngradeSentinel.tls12.span) || end.hasSameBytes(as: DowngradeSentinel.tls11.span)
    }
}
