// FCS-32 (RFC 1662 §3.1, appendix C.3): the CRC-32 of ISO/IEC 13239, sent with its least significant byte first.
//
// A table of sixteen entries, half a byte at a time: a small board spares the kilobyte of the usual table.

/// A frame check sequence being computed.
struct FrameCheckSequence {
    private var state: UInt32 = 0xffff_ffff

    /// Bytes of it in a frame.
    static var byteCount: Int { 4 }

    /// What `state` is after a frame together with its own check sequence (RFC 1662 appendix C.3, "good final FCS").
    private static var good: UInt32 { 0xdebb_20e3 }

    /// The CRC of each half byte, by the reversed polynomial 0xEDB88320.
    private static let table: InlineArray<16, UInt32> = [
        0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158, 0x5005_713c,
        0xedb8_8320, 0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4, 0xa00a_e278, 0xbdbd_f21c,
    ]

    /// Takes `bytes` into account.
    mutating func update(_ bytes: Span<UInt8>) {
        let table = Self.table
        var crc = state
        for index in bytes.indices {
            crc ^= UInt32(bytes[index])
            crc = crc >> 4 ^ table[Int(crc & 15)]
            crc = crc >> 4 ^ table[Int(crc & 15)]
        }
        state = crc
    }

    /// The value to send, its least significant byte first.
    var value: UInt32 { ~state }

    /// Whether `frame` ends with its own check sequence.
    static func isGood(_ frame: Span<UInt8>) -> Bool {
        var sequence = FrameCheckSequence()
        sequence.update(frame)
        return sequence.state == good
    }
}
