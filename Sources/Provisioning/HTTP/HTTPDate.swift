// Dates in header fields (RFC 9110 §5.6.7): the one form that is sent today, and the two obsolete ones that a recipient must
// take all the same; and Retry-After (§10.2.3), which has one of them or a number of seconds.
import Bytes
import X509

extension UTCDate {
    /// The date that an HTTP-date names; nil for anything else.
    /// - Parameter year: which year it is about now: a date with two digits for the year is less than 50 years after it.
    public init?(httpDate text: Span<UInt8>, near year: Int) {
        var reader = ByteReader(text)
        guard let name = reader.readWord() else { return nil }
        if reader.read(literal: ", ") {
            // IMF-fixdate `Sun, 06 Nov 1994 08:49:37 GMT`, or, with the day's whole name, `Sunday, 06-Nov-94 08:49:37 GMT`.
            let isShort = name.count == 3
            guard let day = reader.readDecimal(2), reader.read(literal: isShort ? " " : "-"),
                let month = reader.readMonth(), reader.read(literal: isShort ? " " : "-"),
                let written = reader.readDecimal(isShort ? 4 : 2), reader.read(literal: " "),
                let time = reader.readClock(), reader.read(literal: " GMT"), reader.isAtEnd
            else { return nil }
            let full = isShort ? written : Self.year(ofTwoDigits: written, near: year)
            self.init(year: full, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
        } else {
            // asctime `Sun Nov  6 08:49:37 1994`
            guard name.count == 3, reader.read(literal: " "), let month = reader.readMonth(), reader.read(literal: " "),
                let day = reader.read(literal: " ") ? reader.readDecimal(1) : reader.readDecimal(2),
                reader.read(literal: " "), let time = reader.readClock(), reader.read(literal: " "),
                let year = reader.readDecimal(4), reader.isAtEnd
            else { return nil }
            self.init(year: year, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
        }
    }

    /// RFC 9110 §5.6.7: what seems to be more than 50 years away is the most recent year in the past with the same digits.
    private static func year(ofTwoDigits digits: Int, near year: Int) -> Int {
        let candidate = year - year % 100 + digits
        return candidate > year + 50 ? candidate - 100 : candidate
    }
}

extension ByteReader {
    /// Letters.
    @_lifetime(copy self)
    fileprivate mutating func readWord() -> Span<UInt8>? {
        var count = 0
        while count < remaining, (0x41...0x5A).contains(bytes[offset + count] & 0xDF) { count += 1 }
        return count > 0 ? readBytes(count) : nil
    }

    @_lifetime(self: copy self)
    fileprivate mutating func readMonth() -> Int? {
        guard let word = readBytes(3) else { return nil }
        let names: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
        for month in 0..<12 {
            var isSame = true
            for index in 0..<3 {
                // A StaticString's code units live as long as the program; these 36 are all there are.
                let expected = unsafe names.utf8Start[3 * month + index]
                isSame = isSame && word[index] == expected
            }
            if isSame { return month + 1 }
        }
        return nil
    }

    /// `08:49:37`; a leap second is the one before.
    @_lifetime(self: copy self)
    fileprivate mutating func readClock() -> (hour: Int, minute: Int, second: Int)? {
        guard let hour = readDecimal(2), read(literal: ":"), let minute = readDecimal(2), read(literal: ":"),
            let second = readDecimal(2), second <= 60
        else { return nil }
        return (hour, minute, min(second, 59))
    }
}

extension HTTPHead {
    /// For how many seconds a client is to wait (Retry-After, RFC 9110 §10.2.3): 1 to a day, whatever the server says.
    /// - Parameter now: seconds since 1970, for a server that names a date and does not say its own.
    /// - Returns: nil where it does not say.
    public func retryAfter(now: Int64) -> Int? {
        guard let text = value(of: "Retry-After") else { return nil }
        let most = 86_400
        if let seconds = text.decimalNumber { return min(max(seconds, 1), most) }
        let year = UTCDate(secondsSince1970: now).year
        guard let then = UTCDate(httpDate: text, near: year) else {
            // More digits than nine are too long as well.
            for index in text.indices where !(0x30...0x39).contains(text[index]) { return nil }
            return text.isEmpty ? nil : most
        }
        // By the server's clock, where it shows it: ours may not have been set.
        var start = now
        if let date = value(of: "Date"), let shown = UTCDate(httpDate: date, near: year) {
            start = shown.secondsSince1970
        }
        return Int(min(max(then.secondsSince1970 - start, 1), Int64(most)))
    }
}
