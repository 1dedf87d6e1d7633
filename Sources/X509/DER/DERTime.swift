// Times in certificates (RFC 5280 §4.1.2.5): UTCTime as YYMMDDHHMMSSZ for 1950 to 2049, GeneralizedTime as YYYYMMDDHHMMSSZ,
// and no other form. Whoever issues must not write GeneralizedTime before 2050, and whoever reads must be able to process
// it: what we write and `lint` hold to the first, this to the second. All arithmetic is in 64 bits: 9999-12-31 is a valid
// notAfter and `Int` has 32 bits on ARM32.

import Bytes

extension DERReader {
    /// A Time (RFC 5280 §4.1), in seconds since 1970-01-01T00:00:00Z.
    /// - Throws: `badTime`, `unexpectedElement`, `malformedDER`
    @_lifetime(self: copy self)
    public mutating func readTime() throws(X509Error) -> Int64 {
        let element = try readElement()
        var digits = ByteReader(element.content)
        let year: Int
        switch element.tag {
        case .utcTime:
            // RFC 5280 §4.1.2.5.1: 50 to 99 are of the twentieth century.
            guard element.content.count == 13, let short = digits.readDecimal(2) else { throw X509Error(.badTime) }
            year = short >= 50 ? 1900 + short : 2000 + short
        case .generalizedTime:
            guard element.content.count == 15, let long = digits.readDecimal(4) else { throw X509Error(.badTime) }
            year = long
        default:
            throw X509Error(.unexpectedElement)
        }
        guard let month = digits.readDecimal(2), let day = digits.readDecimal(2), let hour = digits.readDecimal(2),
            let minute = digits.readDecimal(2), let second = digits.readDecimal(2),
            digits.readUInt8() == UInt8(ascii: "Z"),
            let date = UTCDate(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { throw X509Error(.badTime) }
        return date.secondsSince1970
    }
}

extension ByteReader {
    /// A number of exactly `count` decimal digits.
    @_lifetime(self: copy self)
    package mutating func readDecimal(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let byte = readUInt8(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }
}

/// A date and time of the Gregorian calendar in UTC, without leap seconds.
public struct UTCDate: Equatable, Sendable {
    /// 0 to 9999.
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

    /// A date, or nil where there is no such day or time.
    public init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        guard (0...9999).contains(year), (1...12).contains(month),
            (1...UTCDate.days(inMonth: month, of: year)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// The date at `seconds` since 1970-01-01T00:00:00Z. What lies outside the years 0 to 9999 becomes the nearest
    /// second within them.
    public init(secondsSince1970 seconds: Int64) {
        // 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
        let clamped = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let secondOfDay = Int(((clamped % 86_400) + 86_400) % 86_400)
        // Days since 0000-03-01, so that the leap day is the last of its year; at least -60, made positive by one
        // cycle of 400 years.
        let cycleDays = 146_097
        let days = Int((clamped - Int64(secondOfDay)) / 86_400) + 719_468 + cycleDays
        let cycle = days / cycleDays
        let dayOfCycle = days % cycleDays
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = (cycle - 1) * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
    }

    /// Seconds since 1970-01-01T00:00:00Z, negative before it.
    public var secondsSince1970: Int64 {
        let shiftedYear = year + 400 - (month <= 2 ? 1 : 0)
        let cycle = shiftedYear / 400
        let yearOfCycle = shiftedYear % 400
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
        let days = (cycle - 1) * 146_097 + dayOfCycle - 719_468
        return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// Writes `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339 §5.6).
    public func write(to writer: inout ByteWriter) {
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

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension ByteWriter {
    /// The low `digits` decimal digits of a number that is not negative.
    @_lifetime(self: copy self)
    package mutating func appendDecimal(_ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
