// The socket between a program and a helper process that it has started (`swl_helper_start`): each call is one whole message, and
// none waits.
import CLinux

extension Span where Element == UInt8 {
    /// Sends a message. Its length, or a negative error number.
    public func send(to descriptor: Int32) -> Int {
        // The call reads the bytes; no message is empty.
        unsafe withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return -Int(SWL_EINVAL) }
            return unsafe swl_message_send(descriptor, base, bytes.count)
        }
    }
}

extension MutableSpan where Element == UInt8 {
    /// Takes a message. Its length, 0 at the end, or a negative error number.
    @_lifetime(self: copy self)
    public mutating func receive(from descriptor: Int32) -> Int {
        // The call writes no more than the room's count.
        unsafe withUnsafeMutableBufferPointer { room in
            guard let base = room.baseAddress else { return -Int(SWL_EINVAL) }
            return unsafe swl_message_receive(descriptor, base, room.count)
        }
    }
}
