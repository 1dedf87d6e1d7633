// Dates of the proleptic Gregorian calendar, in UTC: what certificates carry (RFC 5280 §4.1.2.5) and what people read
// and write (RFC 3339). Seconds are counted since 1970-01-01T00:00:00Z in 64 bits, without leap seconds.
import Bytes

/// A moment in UTC, to the second, between the years 1 and 9999.
public struct CalendarTime: Equatable, Sendable {
    /// 1 to 9999.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 59.
    public let second: Int

    /// The date `seconds` after the beginning of 1970, or nil outside the years 1 to 9999.
    public init?(secondsSince1970 seconds: Int64) {
        guard seconds >= Self.firstSecond, seconds <= Self.lastSecond else { return nil }
        let sinceYear1 = seconds - Self.firstSecond
        let days = Int(sinceYear1 / 86_400)
        let secondOfDay = Int(sinceYear1 % 86_400)
        // 400 years have 146097 days: the estimate is right or one year short.
        var year = days * 400 / 146_097 + 1
        while Self.daysBefore(year: year + 1) <= days { year += 1 }
        while Self.daysBefore(year: year) > days { year -= 1 }
        var dayOfYear = days - Self.daysBefore(year: year)
        var month = 1
        while dayOfYear >= Self.days(inMonth: month, of: year) {
            dayOfYear -= Self.days(inMonth: month, of: year)
            month += 1
        }
        self.year = year
        self.month = month
        day = dayOfYear + 1
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
    }

    /// The date that an RFC 3339 `date-time` names. An offset other than Z is converted; a fraction of a second is
    /// dropped; a leap second (:60) and anything else is nil.
    public init?(rfc3339 text: Span<UInt8>) {
        var reader = TextReader(text)
        guard let year = reader.number(digits: 4), reader.skip("-"), let month = reader.number(digits: 2),
            reader.skip("-"), let day = reader.number(digits: 2), reader.skip("T") || reader.skip("t"),
            let hour = reader.number(digits: 2), reader.skip(":"), let minute = reader.number(digits: 2),
            reader.skip(":"), let second = reader.number(digits: 2),
            (1...9999).contains(year), (1...12).contains(month), hour < 24, minute < 60, second < 60,
            day >= 1, day <= Self.days(inMonth: month, of: year),
            reader.skipFraction(), let offset = reader.offsetInSeconds(), reader.isAtEnd
        else { return nil }
        let days = Self.daysBefore(year: year) + Self.dayOfYear(month: month, day: day, of: year)
        let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset) + Self.firstSecond
        self.init(secondsSince1970: seconds)
    }

    /// Seconds since the beginning of 1970.
    public var secondsSince1970: Int64 {
        let days = Self.daysBefore(year: year) + Self.dayOfYear(month: month, day: day, of: year)
        return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second) + Self.firstSecond
    }

    /// Writes the date as RFC 3339 has it, such as `2026-03-01T12:00:00Z`: always 20 bytes.
    public func appendRFC3339(to writer: inout ByteWriter) {
        writer.appendDecimal(year, digits: 4)
        writer.append("-")
        writer.appendDecimal(month, digits: 2)
        writer.append("-")
        writer.appendDecimal(day, digits: 2)
        writer.append("T")
        writer.appendDecimal(hour, digits: 2)
        writer.append(":")
        writer.appendDecimal(minute, digits: 2)
        writer.append(":")
        writer.appendDecimal(second, digits: 2)
        writer.append("Z")
    }

    /// 0001-01-01T00:00:00Z.
    static let firstSecond: Int64 = -62_135_596_800
    /// 9999-12-31T23:59:59Z.
    static let lastSecond: Int64 = 253_402_300_799

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days between 0001-01-01 and the first day of `year`.
    private static func daysBefore(year: Int) -> Int {
        let years = year - 1
        return years * 365 + years / 4 - years / 100 + years / 400
    }

    /// The day of the year, from 0.
    private static func dayOfYear(month: Int, day: Int, of year: Int) -> Int {
        var days = day - 1
        for earlier in 1..<month { days += Self.days(inMonth: earlier, of: year) }
        return days
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
    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let byte = reader.readUInt8(), (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

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

extension ByteWriter {
    /// Appends the last `digits` decimal digits of a number that is not negative.
    @_lifetime(self: copy self)
    mutating func appendDecimal(_ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
            divisor /= 10
        }
    }
}
