// Where random bytes come from. Everything that TLS makes up (randoms, scalars, nonces of tickets) is drawn here, so
// that a test can replay RFC 8448.
import CMbedTLS

/// A source of random bytes.
@safe public struct RandomSource {
    /// Fills memory and returns 0, or returns another number.
    public typealias Fill = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer, Int) -> Int32

    let fillBytes: Fill
    let context: UnsafeMutableRawPointer?

    /// The kernel's source: getrandom(2), which waits until it has been seeded.
    public static var system: RandomSource {
        // The function needs no context.
        unsafe RandomSource(unsafe: swl_fill_getrandom, context: nil)
    }

    /// A source of the caller's.
    /// - Parameters:
    ///   - fill: writes exactly as many bytes as it is asked for, unpredictable to anybody else.
    ///   - context: is handed to `fill`, and must outlive the source.
    public init(unsafe fill: Fill, context: UnsafeMutableRawPointer?) {
        unsafe fillBytes = fill
        unsafe self.context = context
    }

    /// Fills `out`.
    /// - Throws: `randomUnavailable`; nothing in `out` is then to be used.
    public func fill(_ out: inout MutableSpan<UInt8>) throws(CryptoError) {
        guard out.count > 0 else { return }
        let fillBytes = unsafe self.fillBytes
        let context = unsafe self.context
        // The memory has `count` bytes.
        let code = unsafe out.filled { unsafe fillBytes(context, $0, $1) }
        guard code == 0 else { throw .randomUnavailable }
    }
}
