// Writes DER (ITU-T X.690) backwards from the end of a buffer with mbedTLS's asn1write: what an element holds is
// written first, then its length and tag are put in front, so no length is ever guessed or patched.
//
//     let mark = writer.mark
//     writer.prepend(...)                       // the last part first
//     writer.wrap(.sequence, since: mark)
//
// Overflow is sticky: what does not fit is dropped, and `moveToFront` throws.
import CMbedTLS
import X509

/// Prepends DER to what has been written, beginning at the end of the caller's buffer.
struct DERWriter: ~Copyable, ~Escapable {
    private var storage: MutableSpan<UInt8>
    /// Where what has been written begins.
    private var start: Int
    private var overflowed = false

    @_lifetime(copy storage)
    init(_ storage: consuming MutableSpan<UInt8>) {
        start = storage.count
        self.storage = storage
    }

    /// How much has been written: what `wrap` encloses is everything since.
    var mark: Int { storage.count - start }

    private typealias Position = UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>

    /// Calls a function that writes before a position, not before a start, moves the position and answers a negative
    /// number where there is no room.
    @_lifetime(self: copy self)
    private mutating func write(_ body: (Position, UnsafeMutablePointer<UInt8>) -> Int32) {
        guard !overflowed else { return }
        let end = start
        let position: Int? = unsafe storage.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            // 0 <= end <= count; the function stays between the base and there.
            var position = unsafe base + end
            guard unsafe body(&position, base) >= 0 else { return nil }
            return unsafe position - base
        }
        if let position { start = position } else { overflowed = true }
    }

    /// Puts bytes in front.
    @_lifetime(self: copy self)
    mutating func prepend(_ bytes: Span<UInt8>) {
        unsafe write { position, base in
            // The function reads just the span's bytes.
            unsafe bytes.withUnsafeBufferPointer { unsafe swl_asn1_write_raw(position, base, $0.baseAddress, $0.count) }
        }
    }

    /// Puts one byte in front.
    @_lifetime(self: copy self)
    mutating func prepend(_ byte: UInt8) {
        // One byte is one tag.
        unsafe write { unsafe swl_asn1_write_tag($0, $1, byte) }
    }

    /// Makes everything written since `mark` the contents of an element: puts its length and `tag` in front.
    @_lifetime(self: copy self)
    mutating func wrap(_ tag: DERTag, since mark: Int) {
        let length = self.mark - mark
        // Both functions write in front of the position, or answer that there is no room.
        unsafe write { unsafe swl_asn1_write_len($0, $1, length) }
        unsafe write { unsafe swl_asn1_write_tag($0, $1, tag.rawValue) }
    }

    /// Writes an element that holds just `bytes`.
    @_lifetime(self: copy self)
    mutating func prepend(_ tag: DERTag, _ bytes: Span<UInt8>) {
        let mark = mark
        prepend(bytes)
        wrap(tag, since: mark)
    }

    /// Writes `BOOLEAN TRUE`.
    @_lifetime(self: copy self)
    mutating func prependTrue() {
        // In front of the position or not at all.
        unsafe write { unsafe swl_asn1_write_bool($0, $1, 1) }
    }

    /// Writes `NULL`.
    @_lifetime(self: copy self)
    mutating func prependNull() {
        // In front of the position or not at all.
        unsafe write { unsafe swl_asn1_write_null($0, $1) }
    }

    /// Writes an INTEGER of 0 to 127.
    @_lifetime(self: copy self)
    mutating func prependSmallInteger(_ value: UInt8) {
        // In front of the position or not at all.
        unsafe write { unsafe swl_asn1_write_int($0, $1, Int32(value & 0x7F)) }
    }

    /// Writes an INTEGER that is not negative from its big-endian bytes.
    @_lifetime(self: copy self)
    mutating func prependUnsignedInteger(_ bytes: Span<UInt8>) {
        unsafe write { position, base in
            // The function reads just the span's bytes.
            unsafe bytes.withUnsafeBufferPointer {
                unsafe swl_asn1_write_unsigned(position, base, $0.baseAddress, $0.count)
            }
        }
    }

    /// Writes an OBJECT IDENTIFIER from its dotted form (X.690 §8.19). The first arc is one digit.
    @_lifetime(self: copy self)
    mutating func prependObjectIdentifier(_ dotted: StaticString) {
        let mark = mark
        var arc: UInt64 = 0
        var place: UInt64 = 1
        for index in stride(from: dotted.utf8CodeUnitCount - 1, through: 2, by: -1) {
            // A StaticString's code units live as long as the program and `index` is within them.
            let character = unsafe dotted.utf8Start[index]
            if character == UInt8(ascii: ".") {
                prependBase128(arc)
                arc = 0
                place = 1
            } else {
                arc += UInt64(character &- UInt8(ascii: "0")) * place
                place *= 10
            }
        }
        // As above. The first two arcs share one number: 40 times the first, and the second.
        let first = unsafe dotted.utf8Start[0]
        prependBase128(UInt64(first &- UInt8(ascii: "0")) * 40 + arc)
        wrap(.objectIdentifier, since: mark)
    }

    @_lifetime(self: copy self)
    private mutating func prependBase128(_ value: UInt64) {
        prepend(UInt8(truncatingIfNeeded: value & 0x7F))
        var rest = value >> 7
        while rest > 0 {
            prepend(UInt8(truncatingIfNeeded: rest & 0x7F) | 0x80)
            rest >>= 7
        }
    }

    /// Moves what has been written to the beginning of the buffer.
    /// - Returns: how many bytes that is.
    /// - Throws: `outputTooSmall` where something did not fit.
    @_lifetime(self: copy self)
    mutating func moveToFront() throws(ProvisioningError) -> Int {
        guard !overflowed else { throw .outputTooSmall }
        let count = mark
        for index in 0..<count { storage[index] = storage[start + index] }
        return count
    }

    /// Puts the first `count` bytes of the buffer itself in front: what `moveToFront` of an earlier writer left there.
    @_lifetime(self: copy self)
    mutating func prependFront(_ count: Int) {
        // The target lies behind the source, so that copying from the end never overwrites what is still to be read.
        guard !overflowed, count <= start else {
            overflowed = true
            return
        }
        start -= count
        for index in stride(from: count - 1, through: 0, by: -1) { storage[start + index] = storage[index] }
    }
}
