// Dates as people and programs write them (RFC 3339): read into the dates that certificates have.
import Bytes
import X509

extension UTCDate {
    /// The date that an RFC 3339 `date-time` names. An offset other than Z is converted; a fraction of a second is
    /// dropped; a leap second (:60), a date outside the years 0 to 9999 and anything else is nil.
    public init?(rfc3339 text: Span<UInt8>) {
        var reader = TextReader(text)
        guard let year = reader.number(digits: 4), reader.skip("-"), let month = reader.number(digits: 2),
            reader.skip("-"), let day = reader.number(digits: 2), reader.skip("T") || reader.skip("t"),
            let hour = reader.number(digits: 2), reader.skip(":"), let minute = reader.number(digits: 2),
            reader.skip(":"), let second = reader.number(digits: 2),
            let local = UTCDate(year: year, month: month, day: day, hour: hour, minute: minute, second: second),
            reader.skipFraction(), let offset = reader.offsetInSeconds(), reader.isAtEnd
        else { return nil }
        let seconds = local.secondsSince1970 - Int64(offset)
        self.init(secondsSince1970: seconds)
        // What lies outside the calendar was brought to its end.
        guard secondsSince1970 == seconds else { return nil }
    }
}

/// Reads the parts of an RFC 3339 date.
private struct TextReader: ~Escapable {
    private var reader: ByteReader

    @_lifetime(copy text)
    init(_ text: Span<UInt8>) { reader = ByteReader(text) }

    var isAtEnd: Bool { reader.isAtEnd }

    /// A number of exactly `digits` digits.
    @_lifetime(self: copy self)
    mutating func number(digits: Int) -> Int? { reader.readDecimal(digits) }

    /// Whether the next character is `character`; it is then read.
    @_lifetime(self: copy self)
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard reader.remaining > 0, UInt32(reader.bytes[reader.offset]) == character.value else { return false }
        _ = reader.readUInt8()
        return true
    }

    /// Reads `time-secfrac` where there is one; false where it has no digit.
    @_lifetime(self: copy self)
    mutating func skipFraction() -> Bool {
        guard skip(".") else { return true }
        var digits = 0
        while reader.remaining > 0, (0x30...0x39).contains(reader.bytes[reader.offset]) {
            _ = reader.readUInt8()
            digits += 1
        }
        return digits > 0
    }

    /// Reads `time-offset`: seconds to subtract.
    @_lifetime(self: copy self)
    mutating func offsetInSeconds() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hour = number(digits: 2), skip(":"), let minute = number(digits: 2),
            hour < 24, minute < 60
        else { return nil }
        return sign * (hour * 3600 + minute * 60)
    }
}
