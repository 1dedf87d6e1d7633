// The lists of this folder: what PKITS asks (`tests.txt`), what we refuse and why (`refused.txt`), and the table that sums
// them up.
import Foundation
import TestSupport
import Testing

/// Where these files are.
let pkitsFolder = String(#filePath.dropLast("PKITSTable.swift".count))

/// Where Debian's package python3-cryptography-vectors has the data.
let pkitsData = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data/"

/// The sections of PKITS's document.
private let sections = [
    "4.1": "Signature verification", "4.2": "Validity periods", "4.3": "Name chaining",
    "4.4": "Basic certificate revocation", "4.5": "Self-issued certificates", "4.6": "Basic constraints",
    "4.7": "Key usage", "4.8": "Certificate policies", "4.9": "Require explicit policy", "4.10": "Policy mappings",
    "4.11": "Inhibit policy mapping", "4.12": "Inhibit any policy", "4.13": "Name constraints",
    "4.14": "Distribution points", "4.15": "Delta CRLs", "4.16": "Private certificate extensions",
]

/// Why a path that is valid by the document is refused on purpose.
private let purposes = [
    "dsa": "DSA keys are not supported",
    "indirect": "revocation lists of another issuer than the certificate's (indirect ones) are not supported",
    "delta": "delta lists are not supported, so what a complete list has on hold stays revoked",
]

/// The lines of a table, each split at its tabs. `#` begins a comment.
private func rows(_ name: String) throws -> [[String]] {
    String(decoding: try readFile(pkitsFolder + name), as: UTF8.self).split(separator: "\n")
        .filter { !$0.hasPrefix("#") }.map { $0.split(separator: "\t").map(String.init) }
}

/// One of PKITS's tests.
struct PKITSTest {
    /// Section and number, such as `4.1.2`.
    let number: String
    let title: String
    /// Whether the path is valid by the document.
    let isValid: Bool
    let leaf: String
    let intermediates: [String]
    let lists: [String]

    /// The section, such as `4.1`.
    var section: String { number.split(separator: ".").dropLast().joined(separator: ".") }

    static func all() throws -> [PKITSTest] {
        try rows("tests.txt").map { row in
            try #require(row.count == 6 && ["valid", "invalid"].contains(row[2]), "\(row)")
            func list(_ text: String) -> [String] { text == "-" ? [] : text.split(separator: ",").map(String.init) }
            return PKITSTest(
                number: row[0], title: row[1], isValid: row[2] == "valid", leaf: row[3], intermediates: list(row[4]),
                lists: list(row[5]))
        }
    }
}

/// A path that we refuse.
struct PKITSRefusal {
    /// The reason that `--json` gives.
    let detail: String
    /// Which of the reasons above, where the path is valid by the document.
    let purpose: String?

    /// By the numbers of the tests.
    static func all() throws -> [String: PKITSRefusal] {
        var refusals: [String: PKITSRefusal] = [:]
        for row in try rows("refused.txt") {
            try #require(row.count == 2 || row.count == 3 && purposes[row[2]] != nil, "\(row)")
            try #require(refusals[row[0]] == nil, "\(row[0]) twice")
            refusals[row[0]] = PKITSRefusal(detail: row[1], purpose: row.count == 3 ? row[2] : nil)
        }
        return refusals
    }
}

/// The table of sections in Markdown.
func pkitsSummary() throws -> String {
    let refusals = try PKITSRefusal.all()
    let tests = try PKITSTest.all()
    var lines = [
        "| section | tests | passed: invalid, refused | passed: valid, accepted | valid, refused on purpose |",
        "|---|---:|---:|---:|---|",
    ]
    var totals = [0, 0, 0, 0]
    for section in sections.keys.sorted(by: { (Int($0.dropFirst(2)) ?? 0) < (Int($1.dropFirst(2)) ?? 0) }) {
        let own = tests.filter { $0.section == section }
        let onPurpose = own.filter { $0.isValid && refusals[$0.number] != nil }
        let counts = [
            own.count, own.count { !$0.isValid }, own.count { $0.isValid } - onPurpose.count, onPurpose.count,
        ]
        totals = zip(totals, counts).map { $0 + $1 }
        lines.append(
            "| \(section) \(sections[section] ?? "") | \(counts[0]) | \(counts[1]) | \(counts[2]) | "
                + "\(explained(onPurpose, refusals)) |")
    }
    lines.append("| all | \(totals[0]) | \(totals[1]) | \(totals[2]) | \(totals[3]) |")
    return lines.joined(separator: "\n") + "\n"
}

/// How many there are, and why: `2: DSA keys are not supported (4.1.4, 4.1.5)`.
private func explained(_ tests: [PKITSTest], _ refusals: [String: PKITSRefusal]) -> String {
    guard !tests.isEmpty else { return "0" }
    let reasons = Dictionary(grouping: tests) { refusals[$0.number]?.purpose ?? "" }
    let parts = reasons.sorted { $0.key < $1.key }.map { purpose, tests in
        "\(purposes[purpose] ?? "") (\(tests.map(\.number).joined(separator: ", ")))"
    }
    return "\(tests.count): " + parts.joined(separator: "; ")
}
