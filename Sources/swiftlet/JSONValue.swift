// JSON (RFC 8259), written on one line with the keys in the order given.

/// A JSON value: its text.
struct JSONValue {
    /// The value, without a line break.
    let text: String

    static var null: Self { Self(text: "null") }
    static func bool(_ value: Bool) -> Self { Self(text: value ? "true" : "false") }
    static func int(_ value: Int64) -> Self { Self(text: String(value)) }
    static func string(_ value: String) -> Self { Self(text: quoted(value)) }
    static func optional(_ value: String?) -> Self { value.map(string) ?? null }
    static func array(_ values: [JSONValue]) -> Self {
        Self(text: "[" + values.map(\.text).joined(separator: ",") + "]")
    }
    static func object(_ members: [(String, JSONValue)]) -> Self {
        Self(text: "{" + members.map { quoted($0) + ":" + $1.text }.joined(separator: ",") + "}")
    }

    /// A string between quotation marks (RFC 8259 §7); everything but ASCII is escaped, so that no reader's idea of
    /// line breaks or directions matters.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x20...0x7E: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result + "\""
    }
}
