// From frames to the bytes of an asynchronous line (RFC 1662 §4). A frame is copied here when it is sent, so that what it
// was made of may change while its bytes leave.
//
// Two frames in a row share the flag between them (RFC 1662 §4.1); after a pause a flag stands in front, so that what
// noise there was is a frame of its own.
import Bytes

/// Holds one frame and gives out its bytes, escaped, as the line takes them.
struct FrameEncoder: ~Copyable {
    private var buffer: Region
    /// Bytes of the frame, check sequence included; and how many have gone out.
    private var count = 0
    private var position = 0
    private let characterMap: UInt32

    private enum Step { case idle, abort, abortFlag, openingFlag, body, escaped, closingFlag }
    private var step = Step.idle
    /// Whether the byte before was a flag, with no pause since.
    private var followsFlag = false

    /// - Parameters:
    ///   - buffer: as long as the longest frame with its check sequence.
    ///   - characterMap: the ACCM (RFC 1662 §7.1): control characters to be escaped.
    init(buffer: consuming Region, characterMap: UInt32) {
        self.buffer = buffer
        self.characterMap = characterMap
    }

    /// Whether there is no frame to send.
    var isIdle: Bool { step == .idle }

    /// Makes a frame of `header` and `information`. The frame before must have gone out.
    mutating func begin(_ header: Span<UInt8>, _ information: Span<UInt8>) {
        let length = header.count + information.count
        guard length + FrameCheckSequence.byteCount <= buffer.count else { return }
        var sequence = FrameCheckSequence()
        sequence.update(header)
        sequence.update(information)
        var bytes = buffer.mutableBytes
        bytes.copy(header, at: 0)
        bytes.copy(information, at: header.count)
        for index in 0..<FrameCheckSequence.byteCount {
            bytes[length + index] = UInt8(truncatingIfNeeded: sequence.value >> UInt32(8 * index))
        }
        count = length + FrameCheckSequence.byteCount
        position = 0
        step = followsFlag ? .body : .openingFlag
    }

    /// Puts the next bytes at `offset` of `target`.
    /// - Returns: where they end: at the end of `target`, or before it where there are no more.
    mutating func put(into target: inout MutableSpan<UInt8>, at offset: Int) -> Int {
        var end = offset
        while end < target.count, step != .idle {
            target[end] = nextByte()
            end += 1
        }
        return end
    }

    /// The line rests now: the next frame begins with a flag.
    mutating func pause() { followsFlag = false }

    /// The line was opened anew, and the frame that was going out is lost: it is aborted (RFC 1662 §4.3).
    mutating func abort() {
        step = .abort
        followsFlag = false
    }

    /// Whether `byte` will be two on the line.
    private func mustEscape(_ byte: UInt8) -> Bool {
        byte == FramingByte.flag || byte == FramingByte.escape
            || (byte < 0x20 && characterMap >> UInt32(byte) & 1 == 1)
    }

    private mutating func nextByte() -> UInt8 {
        switch step {
        case .abort:
            step = .abortFlag
            return FramingByte.escape
        case .abortFlag, .closingFlag, .idle:
            step = .idle
            followsFlag = true
            return FramingByte.flag
        case .openingFlag:
            step = .body
            return FramingByte.flag
        case .body:
            let byte = buffer.bytes[position]
            if mustEscape(byte) {
                step = .escaped
                return FramingByte.escape
            }
            advance()
            return byte
        case .escaped:
            let byte = buffer.bytes[position] ^ FramingByte.complement
            advance()
            return byte
        }
    }

    private mutating func advance() {
        position += 1
        step = position == count ? .closingFlag : .body
    }
}
