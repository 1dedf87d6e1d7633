// Comparison and wiping of secrets. Neither may be shortened by the compiler: the comparison folds every byte
// into one accumulator and looks at it once; the wipe goes through a C function that the optimiser cannot see into.
import CBytes

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
public func constantTimeEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return swl_opaque_byte(difference) == 0
}

/// Overwrites `count` bytes with zeros, in a way that the compiler cannot leave out.
func secureWipe(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
    unsafe swl_wipe(pointer, count)
}

extension MutableSpan where Element == UInt8 {
    /// Overwrites everything with zeros, in a way that the compiler cannot leave out.
    @_lifetime(self: copy self)
    public mutating func wipe() {
        unsafe self.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe swl_wipe(base, buffer.count)
        }
    }
}
