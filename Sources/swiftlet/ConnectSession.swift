// The run of `connect`: one loop over the socket, stdin and stdout. None of the three is waited for while another could
// move, so that neither side can block the other.
import Bytes
import CLinux
import TLS
import Transport

/// One connection from beginning to end.
struct ConnectSession: ~Copyable {
    private var stream: TLSStream
    private let context: TLSContext
    private let endpoint: String
    private let serverName: String
    private let expectedName: String
    private let linger: Int32
    private let json: Bool
    private var standard = FileDescriptorTransport.standard
    /// What has been read from stdin and not yet been taken by the connection.
    private var pending: [UInt8] = []
    private var summary: HandshakeSummary?
    private var inputHasEnded = false
    private var peerHasClosed = false
    /// On the monotonic clock, in milliseconds: when to give up waiting.
    private var deadline: Int64?

    init(
        _ stream: consuming TLSStream, _ context: TLSContext, endpoint: String, serverName: String,
        expectedName: String, linger: Int32,
        handshakeDeadline: Int64, json: Bool
    ) {
        self.stream = stream
        self.context = context
        self.endpoint = endpoint
        self.serverName = serverName
        self.expectedName = expectedName
        self.linger = linger
        self.json = json
        deadline = handshakeDeadline
    }

    /// Runs to the end.
    /// - Throws: `CommandError`.
    mutating func run() throws {
        do {
            while try turn() {}
        } catch let error as StreamFailure {
            throw failure(error)
        }
        report()
    }

    /// Moves what can be moved, then waits.
    /// - Returns: false at the end.
    private mutating func turn() throws -> Bool {
        var hasData = false
        switch try stream.advance() {
        case .waiting: break
        case .established:
            try establish()
            return true
        case .data:
            hasData = true
            if try deliver() { return true }
        case .peerClosed:
            // Nobody is there any more to send stdin to.
            stream.close()
            try stream.flush()
            peerHasClosed = true
            return false
        case .closed: return false
        }
        if summary != nil, try send() { return true }
        return try wait(hasData: hasData)
    }

    private mutating func establish() throws {
        let summary = HandshakeSummary(stream, serverName: serverName, context)
        self.summary = summary
        deadline = nil
        if !json { writeError("connected to \(escaped(endpoint)): \(summary.text)\n") }
    }

    /// Application data to stdout.
    /// - Returns: whether any was taken.
    private mutating func deliver() throws -> Bool {
        do throws(TransportError) {
            guard case .bytes(let count) = try standard.write(stream.connection.applicationData) else { return false }
            stream.consumeApplicationData(count)
            return true
        } catch {
            throw transportError(error, "stdout")
        }
    }

    /// Stdin to the connection.
    /// - Returns: whether anything was moved.
    private mutating func send() throws -> Bool {
        // One record at a time, so that memory stays small and the peer's answer is seen soon.
        guard !stream.wantsWriting, !inputHasEnded else { return false }
        if pending.isEmpty { guard try readInput() else { return false } }
        if !inputHasEnded {
            let bytes = pending
            let taken = try stream.write(bytes.span)
            pending.removeFirst(taken)
        }
        try stream.flush()
        return true
    }

    /// - Returns: false where there is nothing, or nothing more, to be read.
    private mutating func readInput() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16384)
        do throws(TransportError) {
            var span = buffer.mutableSpan
            switch try standard.read(into: &span) {
            case .bytes(let count): pending = Array(buffer.prefix(count))
            case .wouldBlock: return false
            case .endOfStream:
                inputHasEnded = true
                stream.close()
                deadline = swl_monotonic_milliseconds() + Int64(linger)
            }
        } catch {
            throw transportError(error, "stdin")
        }
        return true
    }

    /// Waits until something can be moved.
    /// - Returns: false where the time has passed after our own end.
    private mutating func wait(hasData: Bool) throws -> Bool {
        let reads = hasData ? 0 : SWL_READABLE
        let writes = stream.wantsWriting ? SWL_WRITABLE : 0
        let takesInput = summary != nil && !inputHasEnded && !stream.wantsWriting
        var entries = [
            swl_poll_entry(descriptor: stream.descriptor, wants: Int16(reads | writes), has: 0),
            swl_poll_entry(
                descriptor: takesInput ? standard.readingDescriptor : -1, wants: Int16(SWL_READABLE), has: 0),
            swl_poll_entry(descriptor: hasData ? standard.writingDescriptor : -1, wants: Int16(SWL_WRITABLE), has: 0),
        ]
        let left = deadline.map { Int32(clamping: max($0 - swl_monotonic_milliseconds(), 0)) } ?? -1
        // The call looks at these entries and writes their `has`.
        let ready = unsafe swl_poll(&entries, entries.count, left)
        guard ready == 0 else { return true }
        guard inputHasEnded else {
            throw CommandError(
                status: .failed, kind: "timeout",
                message: "\(escaped(endpoint)): the handshake took too long; check the peer or give a larger --timeout")
        }
        return false
    }

    private func failure(_ failure: StreamFailure) -> CommandError {
        var error: CommandError
        switch failure {
        case .tls(let tls):
            error = connectionError(
                tls, isEstablished: summary != nil, chain: stream.peerChain, anchors: context.anchors,
                expectedName: expectedName)
        case .transport(let transport): error = transportError(transport, endpoint)
        }
        error.handshake = summary?.members(stream) ?? []
        return error
    }

    private func report() {
        guard json, let summary else { return }
        writeError(JSONValue.object(summary.members(stream)).text + "\n")
    }
}
