// Reading, writing and waiting on a descriptor, shared by sockets and by standard input and output. The only place of
// this target, with `SocketAddress` and `Listener`, where spans become C pointers.
import CLinux

enum DescriptorIO {
    /// Which calls move its bytes.
    enum Kind {
        /// `send`, which never raises SIGPIPE, and `recv`.
        case socket
        /// `write` and `read`.
        case other
    }

    /// One read.
    static func read(
        _ descriptor: Int32, _ kind: Kind, into buffer: inout MutableSpan<UInt8>
    ) throws(TransportError) -> ReadOutcome {
        guard buffer.count > 0 else { return .bytes(0) }
        // The calls write at most `count` bytes at `base`.
        let result = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return Int(-SWL_EINVAL) }
            switch kind {
            case .socket: return unsafe swl_receive(descriptor, base, buffer.count)
            case .other: return unsafe swl_read(descriptor, base, buffer.count)
            }
        }
        if result > 0 { return .bytes(result) }
        if result == 0 { return .endOfStream }
        if result == -Int(SWL_EAGAIN) { return .wouldBlock }
        throw TransportError(.read, code: result)
    }

    /// One write.
    static func write(
        _ descriptor: Int32, _ kind: Kind, _ bytes: Span<UInt8>
    ) throws(TransportError) -> WriteOutcome {
        guard bytes.count > 0 else { return .bytes(0) }
        // The calls read at most `count` bytes at `base`.
        let result = unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return Int(-SWL_EINVAL) }
            switch kind {
            case .socket: return unsafe swl_send(descriptor, base, bytes.count)
            case .other: return unsafe swl_write(descriptor, base, bytes.count)
            }
        }
        if result > 0 { return .bytes(result) }
        if result == 0 || result == -Int(SWL_EAGAIN) { return .wouldBlock }
        throw TransportError(.write, code: result)
    }

    /// Waits until `reading` can be read or `writing` can be written, whichever is asked for; the descriptors may be
    /// the same. An error or a hang-up counts as ready: the read or write then says what it is.
    static func wait(
        reading: Int32, writing: Int32, for readiness: Readiness, milliseconds: Int32?
    ) throws(TransportError) -> Bool {
        let entries: InlineArray<4, swl_poll_entry> = [
            entry(readiness.wantsReading ? reading : -1, .readable),
            entry(readiness.wantsWriting ? writing : -1, .writable),
            entry(-1, .readable), entry(-1, .readable),
        ]
        return try wait(for: entries, by: Deadline.after(milliseconds: milliseconds))
    }

    /// What to wait for on one descriptor; a negative one is left out.
    static func entry(_ descriptor: Int32, _ wants: Readiness) -> swl_poll_entry {
        let events = (wants.wantsReading ? SWL_READABLE : 0) | (wants.wantsWriting ? SWL_WRITABLE : 0)
        return swl_poll_entry(descriptor: descriptor, wants: Int16(truncatingIfNeeded: events), has: 0)
    }

    /// Waits until one of four entries is ready.
    /// - Returns: false when the deadline passed first.
    static func wait(for wanted: InlineArray<4, swl_poll_entry>, by deadline: Deadline) throws(TransportError) -> Bool {
        var entries = wanted
        while true {
            let limit = deadline.remaining ?? -1
            var span = entries.mutableSpan
            // The call looks at the entries and writes their `has`.
            let result = unsafe span.withUnsafeMutableBufferPointer { entries in
                guard let base = entries.baseAddress else { return -SWL_EINVAL }
                return unsafe swl_poll(base, entries.count, limit)
            }
            if result > 0 { return true }
            if result < 0, result != -SWL_EINTR { throw TransportError(.wait, code: Int(result)) }
            if deadline.hasPassed { return false }
        }
    }
}
