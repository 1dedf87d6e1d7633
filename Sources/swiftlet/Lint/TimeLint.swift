// Lint of times (RFC 5280 §4.1.2.5, §5.1.2.4, §5.1.2.5). How long a validity is does not matter: a device's may be without
// end (9999-12-31, §4.1.2.5).
import X509

extension LintCheck {
    static let timeForm = LintCheck(
        "time-form", .error, "RFC 5280 §4.1.2.5",
        "a time is not UTCTime YYMMDDHHMMSSZ through 2049 or GeneralizedTime YYYYMMDDHHMMSSZ from 2050 on")
    static let validityInverted = LintCheck(
        "validity-inverted", .error, "RFC 5280 §4.1.2.5", "the end of the validity lies before its beginning")
    static let expired = LintCheck("expired", .error, "RFC 5280 §6.1.3", "the validity is over")
    static let notYetValid = LintCheck("not-yet-valid", .error, "RFC 5280 §6.1.3", "the validity has not begun")

    static let timeChecks = [timeForm, validityInverted, expired, notYetValid]
}

/// The first and the last second of something, as far as they can be read.
struct LintedPeriod {
    private(set) var first: Int64?
    private(set) var last: Int64?

    /// Reads both times; a list need not say when it ends.
    init(_ first: DERValue, _ last: DERValue?, _ findings: inout LintFindings) {
        self.first = Self.time(first, &findings)
        if let last { self.last = Self.time(last, &findings) }
    }

    private static func time(_ value: DERValue, _ findings: inout LintFindings) -> Int64? {
        var reader = DERReader(value.encoding.span)
        var time: Int64?
        do throws(X509Error) { time = try reader.readTime() } catch { time = nil }
        // Readers bear GeneralizedTime before 2050; issuers must not write it.
        let isEarly = value.tag == .generalizedTime && time.map { UTCDate(secondsSince1970: $0).year < 2050 } ?? true
        if time == nil || isEarly {
            findings.report(
                .timeForm,
                "the time '\(escaped(value.content.span))' is not UTCTime YYMMDDHHMMSSZ through 2049 or GeneralizedTime "
                    + "YYYYMMDDHHMMSSZ from 2050 on")
        }
        return time
    }

    /// Looks at the period and at where `now` lies in it. Without a period nothing else is said.
    func check(at now: Int64, _ findings: inout LintFindings) {
        if let first, let last, last < first {
            findings.report(.validityInverted, "ends \(timeText(last)), before it begins \(timeText(first))")
            return
        }
        if let first, now < first { findings.report(.notYetValid, "begins \(timeText(first))") }
        if let last, last < now { findings.report(.expired, "ended \(timeText(last))") }
    }
}
