// Driving a dialogue over a stream: without blocking for loops, and waiting for programs with one connection.
import Bytes
import CLinux

/// Why a dialogue over a stream ended.
public enum SMTPDialogueError: Error, Equatable, Sendable {
    /// The dialogue itself.
    case smtp(SMTPError)
    /// The stream.
    case transport(TransportError)
    /// It took too long.
    case timedOut
}

extension SMTPDialogue {
    /// Goes on as far as it goes without blocking.
    /// - Parameters:
    ///   - read: reads into what it is given.
    ///   - write: writes, and answers how many bytes were taken: 0 where there is no room.
    /// - Returns: what to wait for; nil when the dialogue is over as it should be.
    public mutating func turn(
        read: (inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome,
        write: (Span<UInt8>) throws(TransportError) -> Int
    ) throws(SMTPDialogueError) -> Readiness? {
        // Lines, replies and commands are bounded, so it comes to an end.
        while true {
            switch step {
            case .done: return nil
            case .failed(let error): throw .smtp(error)
            case .hasOutput:
                let count: Int
                do throws(TransportError) { count = try write(output) } catch { throw .transport(error) }
                guard count > 0 else { return .writable }
                consumeOutput(count)
            case .needsInput:
                guard try take(read) else { return .readable }
            }
        }
    }

    /// Reads once.
    /// - Returns: whether anything came of it.
    private mutating func take(
        _ read: (inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome
    ) throws(SMTPDialogueError) -> Bool {
        var memory = InlineArray<512, UInt8>(repeating: 0)
        var space = memory.mutableSpan
        let outcome: ReadOutcome
        do throws(TransportError) { outcome = try read(&space) } catch { throw .transport(error) }
        switch outcome {
        case .bytes(let count): receive(memory.span.extracting(0..<count))
        case .endOfStream: receiveEndOfStream()
        case .wouldBlock: return false
        }
        return true
    }

    /// Goes on as far as it goes without blocking.
    /// - Returns: what to wait for; nil when the dialogue is over as it should be.
    public mutating func turn<Stream: Transport & ~Copyable>(
        over stream: inout Stream
    ) throws(SMTPDialogueError) -> Readiness? {
        try turn(
            read: { space throws(TransportError) in try stream.read(into: &space) },
            write: { bytes throws(TransportError) in
                guard case .bytes(let count) = try stream.write(bytes) else { return 0 }
                return count
            })
    }

    /// Carries the dialogue through.
    /// - Parameter milliseconds: for all of it; nil is without limit.
    public mutating func run<Stream: Transport & ~Copyable>(
        over stream: inout Stream, milliseconds: Int32?
    ) throws(SMTPDialogueError) {
        let deadline = Deadline.after(milliseconds: milliseconds)
        while let readiness = try turn(over: &stream) {
            let isReady: Bool
            do throws(TransportError) {
                isReady = try stream.wait(for: readiness, milliseconds: deadline.remaining)
            } catch { throw .transport(error) }
            guard isReady, !deadline.hasPassed else { throw .timedOut }
        }
    }
}

extension SMTPDialogue.Name {
    /// What this machine calls itself, where that can stand in SMTP (RFC 5321 §4.1.2: letters, digits, hyphens, dots),
    /// else `localhost`.
    public static var ofThisMachine: Self {
        var memory = InlineArray<64, UInt8>(repeating: 0)
        var space = memory.mutableSpan
        // The call writes at most as many bytes as there are.
        let count = unsafe space.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return -SWL_EINVAL }
            return unsafe swl_host_name(base, buffer.count)
        }
        guard count > 0 else { return .localhost }
        return Self(domain: memory.span.extracting(0..<Int(count))) ?? .localhost
    }

    /// A name, or nil where it is too long or cannot stand in SMTP.
    public init?(domain text: Span<UInt8>) {
        guard !text.isEmpty else { return nil }
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                continue
            default: return nil
            }
        }
        self.init(text)
    }

    private static var localhost: Self {
        let text: InlineArray<9, UInt8> = [0x6C, 0x6F, 0x63, 0x61, 0x6C, 0x68, 0x6F, 0x73, 0x74]
        return Self(text.span) ?? Self()
    }
}
