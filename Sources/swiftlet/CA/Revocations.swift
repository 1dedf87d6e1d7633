// What an authority has revoked: `revoked.jsonl`, one line for each certificate, appended like `issued.jsonl` and never
// changed, and `crl-number`, the number of the last list. A line is read in exactly the form in which it is written.
import ArgumentParser
import Bytes
import CLinux
import Glibc
import Provisioning
import X509

/// The reasons that an authority of end entities can have (RFC 5280 §5.3.1): the others are about authorities, or take
/// nothing back for good.
enum ReasonOption: String, ExpressibleByArgument, CaseIterable {
    case unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn

    var reason: RevocationReason {
        switch self {
        case .unspecified: .unspecified
        case .keyCompromise: .keyCompromise
        case .affiliationChanged: .affiliationChanged
        case .superseded: .superseded
        case .cessationOfOperation: .cessationOfOperation
        case .privilegeWithdrawn: .privilegeWithdrawn
        }
    }
}

/// The record of revocations of the authority in a directory.
struct Revocations {
    static let recordFile = "revoked.jsonl"
    static let numberFile = "crl-number"

    private let directory: String
    let entries: [RevokedEntry]

    /// Reads the record. An authority that has revoked nothing has none.
    init(directory: String) throws {
        self.directory = directory
        let path = "\(directory)/\(Self.recordFile)"
        guard let text = try readSecretFileIfPresent(path, "the record of revocations") else {
            entries = []
            return
        }
        let lines = array(text.bytes).split(separator: UInt8(ascii: "\n"))
        entries = try lines.enumerated().map { index, line in
            guard let entry = Self.entry(String(decoding: line, as: UTF8.self)) else {
                throw fileError(
                    "line \(index + 1) of '\(escaped(path))' is not what 'ca revoke' writes; restore the file")
            }
            return entry
        }
    }

    static func line(_ entry: RevokedEntry) -> String {
        JSONValue.object([
            ("serial", .string(hexadecimal(entry.serialNumber.bytes))),
            ("reason", .string("\(entry.reason)")),
            ("revoked_at", .string(timeText(entry.date))),
        ]).text
    }

    private static func entry(_ line: String) -> RevokedEntry? {
        let words = line.split(separator: "\"", omittingEmptySubsequences: false)
        guard words.count == 13, let serial = serialNumber(String(words[3])),
            let reason = ReasonOption(rawValue: String(words[7]))?.reason,
            let date = UTCDate(rfc3339: Array(words[11].utf8).span)
        else { return nil }
        let entry = RevokedEntry(serialNumber: serial, date: date.secondsSince1970, reason: reason)
        return Self.line(entry) == line ? entry : nil
    }

    /// The number that hexadecimal digits stand for.
    static func serialNumber(_ text: String) -> BoundedBytes<20>? {
        let digits = Array(text.utf8)
        guard !digits.isEmpty, digits.count % 2 == 0, digits.count <= 40 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index..<(index + 2)], as: UTF8.self)
            guard pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return BoundedBytes(bytes.span)
    }

    /// The next list's number, which is then used up.
    func takeNumber() throws -> UInt64 {
        let path = "\(directory)/\(Self.numberFile)"
        var last: UInt64 = 0
        if let text = try readSecretFileIfPresent(path, "the number of the last revocation list") {
            let digits = String(decoding: array(text.bytes), as: UTF8.self).split(separator: "\n")
            guard digits.count == 1, let number = UInt64(digits[0]), number < UInt64.max else {
                throw fileError("'\(escaped(path))' holds no number; write the number of the last list there")
            }
            last = number
        }
        try replaceFile(path, Array("\(last + 1)\n".utf8).span)
        return last + 1
    }
}
