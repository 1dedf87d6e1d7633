import Bytes
import Foundation
import TestSupport
import Testing
import X509

@Suite struct DERTimeTests {
    private func read(_ bytes: [UInt8]) -> Result<Int64, X509Error> {
        var reader = DERReader(bytes.span)
        do throws(X509Error) { return .success(try reader.readTime()) } catch { return .failure(error) }
    }

    /// Seconds by `date -u -d … +%s` of GNU coreutils.
    @Test(
        arguments: [
            ("500101000000Z", -631_152_000), ("700101000000Z", 0), ("991231235959Z", 946_684_799),
            ("000229120000Z", 951_825_600), ("380119031408Z", 2_147_483_648), ("491231235959Z", 2_524_607_999),
        ] as [(String, Int64)])
    func utcTimes(_ value: String, _ seconds: Int64) {
        #expect(read(utcTime(value)) == .success(seconds))
    }

    /// RFC 5280 §4.1.2.5: 99991231235959Z means "no end", and readers must be able to process dates before 2050 as well.
    @Test(
        arguments: [
            ("20491231235959Z", 2_524_607_999), ("19500101000000Z", -631_152_000),
            ("20500101000000Z", 2_524_608_000), ("21000228235959Z", 4_107_542_399),
            ("99991231235959Z", 253_402_300_799),
        ] as [(String, Int64)])
    func generalizedTimes(_ value: String, _ seconds: Int64) {
        #expect(read(generalizedTime(value)) == .success(seconds))
    }

    /// RFC 5280 §4.1.2.5.1: seconds are there, the zone is Z, the day exists.
    @Test(arguments: [
        "2001010000Z", "200101000000", "200101000000+0000", "20010100000+Z", "210229000000Z",
        "201301000000Z", "200001000000Z", "200100000000Z", "200132000000Z", "200101240000Z", "200101006000Z",
        "200101000060Z", "20010100000 Z", "200101000000z", "", "2001010000000Z", "200431000000Z",
    ])
    func utcTimesThatAreRefused(_ value: String) {
        #expect(read(utcTime(value)) == .failure(X509Error(.badTime)))
    }

    /// RFC 5280 §4.1.2.5.2.
    @Test(arguments: [
        "20500101000000.5Z", "205001010000Z", "20500101000000", "21000229000000Z",
        "20500101000000+0000", "99991331235959Z",
    ])
    func generalizedTimesThatAreRefused(_ value: String) {
        #expect(read(generalizedTime(value)) == .failure(X509Error(.badTime)))
    }

    @Test func otherElementsAreNoTimes() {
        #expect(read(octets(Array("200101000000Z".utf8))) == .failure(X509Error(.unexpectedElement)))
    }

    @Test func datesAndSecondsAreInverse() {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        for seconds in stride(from: Int64(-12_219_292_800), through: 253_402_300_799, by: 86_400 * 97 + 3661) {
            let date = UTCDate(secondsSince1970: seconds)
            #expect(date.secondsSince1970 == seconds)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(
                UTCDate(
                    year: parts.year!, month: parts.month!, day: parts.day!, hour: parts.hour!, minute: parts.minute!,
                    second: parts.second!) == date)
        }
    }

    @Test func datesBeyondTheCalendarBecomeItsEnds() {
        #expect(UTCDate(secondsSince1970: .max).year == 9999)
        let first = UTCDate(secondsSince1970: .min)
        #expect(first == UTCDate(year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0))
        #expect(first.secondsSince1970 == -62_167_219_200)
    }

    /// RFC 3339 §5.6
    @Test func datesAreWritten() {
        var memory = [UInt8](repeating: 0, count: 32)
        var writer = ByteWriter(memory.mutableSpan)
        UTCDate(secondsSince1970: 951_825_600).write(to: &writer)
        let count = writer.count
        #expect(String(decoding: memory[..<count], as: UTF8.self) == "2000-02-29T12:00:00Z")
    }
}
