// What `swiftlet lint` looks for. Each check stands with its siblings in the file that carries it out; here is what a check
// is, and the list of all of them, in the order in which `--list` shows them.

/// How bad it is.
enum LintSeverity: String {
    /// A rule is broken, or somebody will refuse it.
    case error
    /// Allowed, but not recommended, or not supported by Swiftlet.
    case warning
}

/// One rule.
struct LintCheck: Equatable {
    /// The word by which programs know it.
    let identifier: String
    let severity: LintSeverity
    /// Who says so.
    let source: String
    /// What is wrong where the check finds something.
    let summary: String

    init(_ identifier: String, _ severity: LintSeverity, _ source: String, _ summary: String) {
        self.identifier = identifier
        self.severity = severity
        self.source = source
        self.summary = summary
    }

    /// Every check.
    static let all: [LintCheck] =
        encodingChecks + certificateChecks + timeChecks + distinguishedNameChecks + keyChecks + extensionChecks
        + authorityChecks + endEntityChecks + alternativeNameChecks + chainChecks + requestChecks + listChecks
}

/// What a check found in an object.
struct LintFinding {
    let check: LintCheck
    /// What is wrong here, where that is more than the check's own words.
    let message: String

    /// For programs.
    var json: JSONValue {
        .object([
            ("check", .string(check.identifier)), ("severity", .string(check.severity.rawValue)),
            ("message", .string(message)), ("source", .string(check.source)),
        ])
    }

    /// For people.
    var text: String { "\(check.severity.rawValue) \(check.identifier): \(message) (\(check.source))" }
}

/// The findings in one object, in the order of the object's parts.
struct LintFindings {
    private(set) var list: [LintFinding] = []

    /// Notes a finding.
    /// - Parameter message: what is wrong here; the check's summary by default.
    mutating func report(_ check: LintCheck, _ message: String? = nil) {
        list.append(LintFinding(check: check, message: message ?? check.summary))
    }

    /// Notes a finding where `condition` is not met.
    mutating func require(_ condition: Bool, _ check: LintCheck, _ message: String? = nil) {
        if !condition { report(check, message) }
    }
}
