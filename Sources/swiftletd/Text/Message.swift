// One line of text for a terminal or a log, built in place, without heap. What came from a peer or a file enters it only
// through `add(escaped:)`, so no line can be forged and no terminal steered (contracts.md: escaped, cut at 128 bytes).
import Bytes
import CLinux
import Provisioning
import Transport
import X509

/// Up to 1000 bytes of text; what does not fit is cut off.
@_addressableForDependencies  // see BoundedBytes
struct Message: Sendable {
    private var storage = InlineArray<1001, UInt8>(repeating: 0)
    private var count = 0

    /// Bytes of text, the line end not counted.
    private static var limit: Int { 1000 }

    init() {}

    init(_ text: StaticString) { add(text) }

    /// The text.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span.extracting(0..<count) }
    }

    /// Appends what `write` writes.
    mutating func append(_ write: (inout ByteWriter) -> Void) {
        var span = storage.mutableSpan
        let room = Self.limit - count
        var writer = ByteWriter(span._mutatingExtracting(count..<Self.limit))
        write(&writer)
        count += Swift.min(writer.count, room)
    }

    /// Appends text of our own.
    mutating func add(_ text: StaticString) { append { $0.append(text) } }

    /// Appends text of our own that has been made safe before.
    mutating func add(_ other: borrowing Message) { add(line: other.bytes) }

    /// Appends a line of our own that has been made safe before.
    mutating func add(line bytes: Span<UInt8>) {
        for index in bytes.indices { put(bytes[index]) }
    }

    /// Appends text that came from a peer or a file.
    mutating func add(escaped text: Span<UInt8>) { append { $0.appendEscaped(text) } }

    /// Appends a terminated string of the system's, escaped.
    mutating func add(escaped text: UnsafePointer<CChar>) {
        // The caller's string is terminated, so all its bytes may be read; it is not changed meanwhile.
        unsafe text.withMemoryRebound(to: UInt8.self, capacity: swl_string_length(text)) { bytes in
            let span = unsafe Span(_unsafeStart: bytes, count: swl_string_length(text))
            add(escaped: span)
        }
    }

    /// Appends a number in decimal.
    mutating func add(_ number: Int) {
        if number < 0 { put(UInt8(ascii: "-")) }
        let magnitude = number.magnitude
        var divisor: UInt = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends an endpoint's text.
    mutating func add(_ endpoint: Endpoint) { append { endpoint.write(to: &$0) } }

    /// Appends a socket's address.
    mutating func add(_ address: SocketAddress) { append { address.write(to: &$0) } }

    /// Appends what failed in a transport, and why.
    mutating func add(_ error: TransportError) { append { error.describe(into: &$0) } }

    /// Appends why a key in a token cannot be used.
    mutating func add(_ failure: TokenFailure) { append { failure.describe(into: &$0) } }

    /// Appends what is wrong with a PKCS#11 URI.
    mutating func add(_ error: PKCS11URIError) { append { error.describe(into: &$0) } }

    /// Appends what went wrong in the words before TLS.
    mutating func add(_ error: SMTPError) { append { error.describe(into: &$0) } }

    /// Appends a description of an error number that CLinux answered.
    mutating func add(systemError number: Int32) {
        // A constant string of the C library.
        unsafe add(escaped: swl_error_text(number))
    }

    private mutating func put(_ byte: UInt8) {
        guard count < Self.limit else { return }
        storage[count] = byte
        count += 1
    }

    /// Writes the line to standard error. Where that fails nobody can be told.
    func writeError() {
        // The bytes are read during the call.
        unsafe withLine { line, count in _ = unsafe swl_write_error(line, count) }
    }

    /// Writes the line to standard output.
    func writeOutput() {
        // As above.
        unsafe withLine { line, count in _ = unsafe swl_write_output(line, count) }
    }

    private func withLine(_ body: (UnsafePointer<UInt8>, Int) -> Void) {
        var line = storage
        line[count] = UInt8(ascii: "\n")
        let span = line.span.extracting(0..<(count + 1))
        // The bytes are read during the call only.
        unsafe span.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe body(base, buffer.count)
        }
    }
}
