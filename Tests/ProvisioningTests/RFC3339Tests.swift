// RFC 3339 dates, read by its rules. The calendar itself is tested with X509.
import Provisioning
import TestSupport
import Testing
import X509

@Suite struct RFC3339Tests {
    private func seconds(_ text: String) -> Int64? {
        UTCDate(rfc3339: Array(text.utf8).span)?.secondsSince1970
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
        "2024-01-01T00:00:00Zx", "2024-01-01T00:00:00+24:00", "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "+024-01-01T00:00:00Z", "２024-01-01T00:00:00Z",
    ])
    func refusesWhatIsNoRFC3339(_ text: String) {
        #expect(seconds(text) == nil)
    }
}
