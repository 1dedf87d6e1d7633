// Reads one response after the other, as the bytes come, into fixed memory (RFC 9112 §6, §7). Whoever drives it brings the bytes
// and says when the stream has ended.
//
// Invariants:
// - a response has one end, by one rule (§6.3): two lengths, or a length beside a transfer coding, are refused, since two
//   readers of one stream would not agree on it;
// - a body that only the end of the stream ends is taken only where that end is known to be meant: over TLS, close_notify
//   (RFC 9112 §9.8), for which the caller of `receiveEnd` answers;
// - nothing is kept beyond the memory: a head or a body that does not fit is an error.
import Bytes

/// A reader of responses.
public struct HTTPResponseReader: ~Copyable {
    private var headMemory: Region
    private var headCount = 0
    private var bodyMemory: Region
    private var bodyCount = 0
    private var state = State.head
    private var interimCount = 0
    /// Bytes of chunk extensions and trailers that have been passed over.
    private var passedOver = 0
    private var keepsOpen = false

    private enum State: Equatable {
        case head
        /// So many bytes are left.
        case body(Int)
        case bodyToEnd
        /// The size of a chunk, as far as it has been read, and how many digits that is.
        case chunkSize(Int, digits: Int)
        /// Behind the size: an extension, or the line's end.
        case chunkExtension(Int)
        case chunkSizeEnd(Int)
        case chunkData(Int)
        case chunkDataEnd(Int)
        /// The bytes of a line of the trailers that have come.
        case trailer(Int)
        case trailerEnd(Int)
        case complete
    }

    /// Bytes of status line and fields that are taken.
    public static var maximumHead: Int { 8192 }
    /// Interim responses that are passed over (RFC 9110 §15.2).
    private static var maximumInterims: Int { 8 }
    /// Bytes of chunk extensions and trailers that are passed over.
    private static var maximumPassedOver: Int { 4096 }

    /// - Parameters:
    ///   - head: `maximumHead` bytes.
    ///   - body: as many bytes as a body may have.
    public init(head: consuming Region, body: consuming Region) {
        headMemory = head
        bodyMemory = body
    }

    /// Begins to read the next response.
    public mutating func begin() {
        headCount = 0
        bodyCount = 0
        interimCount = 0
        passedOver = 0
        state = .head
    }

    /// Whether nothing of the response has come yet.
    public var isUntouched: Bool { state == .head && headCount == 0 && interimCount == 0 }

    /// Whether the response is whole.
    public var isComplete: Bool { state == .complete }

    /// Whether the stream can carry another exchange (§9.3), once the response is whole.
    public var keepsConnection: Bool { state == .complete && keepsOpen }

    /// The body, once the response is whole.
    public var body: Span<UInt8> {
        @_lifetime(borrow self)
        get { bodyMemory.bytes.extracting(0..<bodyCount) }
    }

    /// Status and fields, once the response is whole.
    public var head: HTTPHead {
        @_lifetime(borrow self)
        get throws(HTTPError) { try HTTPHead(headMemory.bytes.extracting(0..<headCount)) }
    }

    /// Takes bytes of the stream.
    /// - Returns: how many belong to the response; fewer than all only where it is whole.
    public mutating func receive(_ bytes: Span<UInt8>) throws(HTTPError) -> Int {
        var index = 0
        while index < bytes.count, state != .complete {
            switch state {
            case .body(let left):
                let count = min(left, bytes.count - index)
                try appendToBody(bytes.extracting(index..<(index + count)))
                index += count
                state = count == left ? .complete : .body(left - count)
            case .bodyToEnd:
                try appendToBody(bytes.extracting(index..<bytes.count))
                index = bytes.count
            case .chunkData(let left):
                let count = min(left, bytes.count - index)
                try appendToBody(bytes.extracting(index..<(index + count)))
                index += count
                state = count == left ? .chunkDataEnd(0) : .chunkData(left - count)
            default:
                try receive(byte: bytes[index])
                index += 1
            }
        }
        return index
    }

    /// The stream has ended, and the peer meant it to.
    /// - Throws: `truncated` where the response is not whole by that.
    public mutating func receiveEnd() throws(HTTPError) {
        switch state {
        case .complete: return
        case .bodyToEnd: state = .complete
        default: throw .truncated
        }
    }

    private mutating func receive(byte: UInt8) throws(HTTPError) {
        switch state {
        case .head: try receiveHead(byte)
        case .chunkSize(let size, let digits): try receiveChunkSize(byte, size, digits)
        case .chunkExtension(let size):
            try passOver()
            if byte == 0x0D { state = .chunkSizeEnd(size) } else if byte == 0x0A { throw .malformedChunk }
        case .chunkSizeEnd(let size):
            guard byte == 0x0A else { throw .malformedChunk }
            guard size <= bodyMemory.count - bodyCount else { throw .bodyTooLarge }
            // §7.1: the chunk of no bytes is the last one.
            state = size == 0 ? .trailer(0) : .chunkData(size)
        case .chunkDataEnd(let read):
            guard byte == (read == 0 ? 0x0D : 0x0A) else { throw .malformedChunk }
            state = read == 0 ? .chunkDataEnd(1) : .chunkSize(0, digits: 0)
        case .trailer(let count):
            // §7.1.2: what stands in trailers is not looked at.
            try passOver()
            guard byte != 0x0A else { throw .malformedChunk }
            state = byte == 0x0D ? .trailerEnd(count) : .trailer(count + 1)
        case .trailerEnd(let count):
            guard byte == 0x0A else { throw .malformedChunk }
            state = count == 0 ? .complete : .trailer(0)
        case .body, .bodyToEnd, .chunkData, .complete: break
        }
    }

    private mutating func passOver() throws(HTTPError) {
        passedOver += 1
        guard passedOver <= Self.maximumPassedOver else { throw .malformedChunk }
    }

    /// §7.1: `chunk-size = 1*HEXDIG`, of which more than seven would be more than any body here.
    private mutating func receiveChunkSize(_ byte: UInt8, _ size: Int, _ digits: Int) throws(HTTPError) {
        let digit: UInt8
        switch byte {
        case 0x30...0x39: digit = byte - 0x30
        case 0x41...0x46: digit = byte - 0x41 + 10
        case 0x61...0x66: digit = byte - 0x61 + 10
        case 0x0D where digits > 0:
            state = .chunkSizeEnd(size)
            return
        case UInt8(ascii: ";") where digits > 0, 0x20 where digits > 0, 0x09 where digits > 0:
            state = .chunkExtension(size)
            return
        default: throw .malformedChunk
        }
        guard digits < 7 else { throw .bodyTooLarge }
        state = .chunkSize(size << 4 | Int(digit), digits: digits + 1)
    }

    private mutating func appendToBody(_ bytes: Span<UInt8>) throws(HTTPError) {
        guard bytes.count <= bodyMemory.count - bodyCount else { throw .bodyTooLarge }
        var memory = bodyMemory.mutableBytes
        memory.copy(bytes, at: bodyCount)
        bodyCount += bytes.count
    }

    // The head

    private mutating func receiveHead(_ byte: UInt8) throws(HTTPError) {
        guard headCount < headMemory.count else { throw .headTooLarge }
        var memory = headMemory.mutableBytes
        memory[headCount] = byte
        headCount += 1
        // What is not HTTP at all is noticed at its first line.
        if headCount == 5 {
            var reader = ByteReader(memory.span.extracting(0..<5))
            guard reader.read(literal: "HTTP/") else { throw .malformedStatusLine }
        }
        guard headCount >= 4, byte == 0x0A, memory[headCount - 2] == 0x0D, memory[headCount - 3] == 0x0A,
            memory[headCount - 4] == 0x0D
        else { return }
        try endHead()
    }

    private mutating func endHead() throws(HTTPError) {
        let framing = try HTTPFraming(HTTPHead(headMemory.bytes.extracting(0..<headCount)))
        keepsOpen = framing.keepsConnection
        switch framing.length {
        case .interim:
            interimCount += 1
            guard interimCount <= Self.maximumInterims else { throw .unexpectedInterim }
            headCount = 0
        case .bytes(let count):
            guard count <= bodyMemory.count else { throw .bodyTooLarge }
            state = count == 0 ? .complete : .body(count)
        case .chunks: state = .chunkSize(0, digits: 0)
        case .toEnd: state = .bodyToEnd
        }
    }
}

/// Where a response ends (RFC 9112 §6.3), by its head.
private struct HTTPFraming {
    enum Length {
        /// There is another head behind this one.
        case interim
        case bytes(Int)
        case chunks
        case toEnd
    }

    let length: Length
    let keepsConnection: Bool

    init(_ head: borrowing HTTPHead) throws(HTTPError) {
        length = try Self.length(head)
        if case .toEnd = length {
            keepsConnection = false
        } else {
            keepsConnection = head.isVersion11 && !head.hasToken("close", in: "Connection")
        }
    }

    private static func length(_ head: borrowing HTTPHead) throws(HTTPError) -> Length {
        if head.status < 200 {
            // RFC 9110 §15.2.2: only who asked to switch is told that protocols are switched.
            guard head.status != 101 else { throw .unexpectedInterim }
            return .interim
        }
        var contentLength: Int?
        var isChunked = false
        var fields = head.fields
        while let field = fields.next() {
            if field.name.isCaseInsensitively("Content-Length") {
                guard let number = field.value.decimalNumber else { throw .malformedLength }
                guard contentLength == nil || contentLength == number else { throw .conflictingLengths }
                contentLength = number
            } else if field.name.isCaseInsensitively("Transfer-Encoding") {
                // RFC 9112 §6.1: HTTP/1.0 has no transfer codings; chunked is applied once.
                guard head.isVersion11, !isChunked, field.value.isCaseInsensitively("chunked") else {
                    throw .unsupportedCoding
                }
                isChunked = true
            } else if field.name.isCaseInsensitively("Content-Encoding") {
                guard field.value.isEmpty || field.value.isCaseInsensitively("identity") else {
                    throw .unsupportedCoding
                }
            }
        }
        // §6.3 (3): "ought to be handled as an error".
        guard !isChunked || contentLength == nil else { throw .conflictingLengths }
        // §6.3 (1)
        if head.status == 204 || head.status == 304 { return .bytes(0) }
        if isChunked { return .chunks }
        if let contentLength { return .bytes(contentLength) }
        return .toEnd
    }
}
