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
        let deadline = Deadline.after(milliseconds: milliseconds)
        while true {
            var entries: InlineArray<2, swl_poll_entry> = [
                swl_poll_entry(
                    descriptor: readiness.wantsReading ? reading : -1, wants: Int16(SWL_READABLE), has: 0),
                swl_poll_entry(
                    descriptor: readiness.wantsWriting ? writing : -1, wants: Int16(SWL_WRITABLE), has: 0),
            ]
            var span = entries.mutableSpan
            let limit = deadline.remaining ?? -1
            // The call looks at the two entries and writes their `has`.
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
