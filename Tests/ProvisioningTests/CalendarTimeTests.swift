// CalendarTime against the C library's calendar and the rules of RFC 3339.
import Bytes
import Foundation
import Provisioning
import TestSupport
import Testing

@Suite struct CalendarTimeTests {
    private func text(_ seconds: Int64) -> String? {
        guard let time = CalendarTime(secondsSince1970: seconds) else { return nil }
        var storage = [UInt8](repeating: 0, count: 20)
        var writer = ByteWriter(storage.mutableSpan)
        time.appendRFC3339(to: &writer)
        return writer.overflowed || writer.count != 20 ? nil : String(decoding: storage, as: UTF8.self)
    }

    private func seconds(_ text: String) -> Int64? {
        CalendarTime(rfc3339: Array(text.utf8).span)?.secondsSince1970
    }

    private func libraryFields(_ seconds: Int64) -> [Int] {
        var clock = time_t(seconds)
        var fields = unsafe tm()
        // Both are local values, and the members that are read are plain numbers.
        unsafe gmtime_r(&clock, &fields)
        let values = unsafe [
            fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday, fields.tm_hour, fields.tm_min, fields.tm_sec,
        ]
        return values.map { Int($0) }
    }

    @Test func agreesWithTheLibraryOnEveryKindOfDay() {
        // A prime step meets every month, leap days, century years and times of day.
        var seconds: Int64 = -62_135_596_800
        while seconds <= 253_402_300_799 {
            let time = CalendarTime(secondsSince1970: seconds)
            let ours = time.map { [$0.year, $0.month, $0.day, $0.hour, $0.minute, $0.second] }
            #expect(ours == libraryFields(seconds))
            #expect(time?.secondsSince1970 == seconds)
            seconds += 77_777_777
        }
    }

    @Test func holdsItsEnds() {
        #expect(text(-62_135_596_800) == "0001-01-01T00:00:00Z")
        #expect(text(253_402_300_799) == "9999-12-31T23:59:59Z")
        #expect(text(-62_135_596_801) == nil)
        #expect(text(253_402_300_800) == nil)
        #expect(text(.max) == nil)
        #expect(text(.min) == nil)
        #expect(text(951_782_400) == "2000-02-29T00:00:00Z")
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1985-04-12T23:20:50.52Z", 482_196_050),  // RFC 3339 §5.8
            ("1996-12-19T16:39:57-08:00", 851_042_397),  // RFC 3339 §5.8
            ("1937-01-01T12:00:27+00:20", -1_041_337_173), ("2024-02-29t00:00:00z", 1_709_164_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Int64)])
    func readsRFC3339(_ text: String, _ expected: Int64) {
        #expect(seconds(text) == expected)
    }

    @Test(arguments: [
        "", "2024", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
        "1990-12-31T23:59:60Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00Zx", "2024-01-01T00:00:00+24:00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "+024-01-01T00:00:00Z", "２024-01-01T00:00:00Z",
    ])
    func refusesWhatIsNoRFC3339(_ text: String) {
        #expect(seconds(text) == nil)
    }
}
