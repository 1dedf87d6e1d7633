// From the bytes of an asynchronous line to frames (RFC 1662 §4).
//
// Invariants:
// - whatever comes, at most `capacity` bytes of a frame are kept; a longer one is dropped up to the next flag;
// - every flag ends what was before it, so the decoder is in step again at the first flag after any garbage;
// - a frame is handed on only if its check sequence is good and something is in front of it.
import Bytes

/// What RFC 1662 §4.2 gives the bytes that are not data.
enum FramingByte {
    /// Begins and ends a frame.
    static let flag: UInt8 = 0x7e
    /// The next byte is to be changed by `complement`. In front of a flag it aborts the frame (RFC 1662 §4.3).
    static let escape: UInt8 = 0x7d
    /// What an escaped byte is changed by.
    static let complement: UInt8 = 0x20
}

/// Cuts a stream of bytes into frames.
struct FrameDecoder: ~Copyable {
    private var buffer: Region
    private var count = 0
    private var isEscaped = false
    /// Up to the next flag nothing counts: before the first one, after an overlong frame, after an abort.
    private var isDropping = true
    private let characterMap: UInt32

    /// Frames that were dropped: for a bad check sequence, for being too short, or too long.
    private(set) var damagedFrames = 0

    /// A decoder that waits for the first flag.
    /// - Parameters:
    ///   - buffer: as long as the longest frame with its check sequence.
    ///   - characterMap: the ACCM (RFC 1662 §7.1): control characters of it that come without escape were put in by
    ///     what is between the peers, and are dropped.
    init(buffer: consuming Region, characterMap: UInt32) {
        self.buffer = buffer
        self.characterMap = characterMap
    }

    /// Takes the next byte.
    /// - Returns: whether it ended a good frame; `frame` is then that frame until the next byte.
    mutating func take(_ byte: UInt8) -> Bool {
        if byte == FramingByte.flag { return endFrame() }
        if isDropping || (byte < 0x20 && characterMap >> UInt32(byte) & 1 == 1) { return false }
        if byte == FramingByte.escape {
            isEscaped = true
            return false
        }
        keep(isEscaped ? byte ^ FramingByte.complement : byte)
        isEscaped = false
        return false
    }

    /// The frame that `take` has just ended, without its check sequence.
    var frame: Span<UInt8> {
        @_lifetime(borrow self)
        get { buffer.bytes.extracting(first: frameCount) }
    }

    private var frameCount = 0

    /// Forgets a frame begun: the line was opened anew.
    mutating func reset() {
        count = 0
        isEscaped = false
        isDropping = true
    }

    private mutating func keep(_ byte: UInt8) {
        guard count < buffer.count else {
            isDropping = true
            damagedFrames &+= 1
            return
        }
        var bytes = buffer.mutableBytes
        bytes[count] = byte
        count += 1
    }

    /// A flag: what was before it is a frame, or nothing.
    private mutating func endFrame() -> Bool {
        let length = count
        let isAborted = isEscaped || isDropping
        reset()
        isDropping = false
        guard length > 0, !isAborted else { return false }
        // Address and control, at least (ISO/IEC 13239 §4.3).
        guard length >= 2 + FrameCheckSequence.byteCount,
            FrameCheckSequence.isGood(buffer.bytes.extracting(first: length))
        else {
            damagedFrames &+= 1
            return false
        }
        frameCount = length - FrameCheckSequence.byteCount
        return true
    }
}
