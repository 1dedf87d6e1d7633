// Files of pre-shared keys: lines IDENTITY:HEX, as GnuTLS's psktool and mosquitto have them. The identity ends at the last
// colon of its line; empty lines are passed over; CR before LF is, too.
//
// Invariant: keys go from the file's memory into the configuration's and are left nowhere else.
import Bytes
import TLSCrypto

/// What is wrong with a file of pre-shared keys.
public struct PreSharedKeyFileError: Error, Equatable, Sendable {
    /// The line, the first being 1; 0 where it is about the file.
    public let line: Int
    /// What it is.
    public let reason: Reason

    /// What can be wrong.
    public enum Reason: UInt8, Sendable {
        case noColon, identityLength, notHexadecimal, keyTooShort, keyTooLong, inBothRoles, duplicateIdentity
        case identityNotThere, noKeys, tooManyKeys, cryptoFailed

        /// What it is, and what to do.
        public var description: StaticString {
            switch self {
            case .noColon: "is no IDENTITY:HEX; write the identity, a colon and the key in hexadecimal"
            case .identityLength: "has an identity of no or more than 256 bytes; give a shorter one"
            case .notHexadecimal: "has a key that is not hexadecimal; give two digits a byte"
            case .keyTooShort: "has a key of fewer than 16 bytes; make one with openssl rand -hex 32"
            case .keyTooLong: "has a key of more than 64 bytes; make one with openssl rand -hex 32"
            case .inBothRoles: "has a key that is used in the other role; give each role keys of its own"
            case .duplicateIdentity: "has an identity that is there already; remove one of the two"
            case .identityNotThere: "does not have the identity; add a line IDENTITY:HEX"
            case .noKeys: "has no key; add a line IDENTITY:HEX"
            case .tooManyKeys: "has more keys than fit; use a smaller file"
            case .cryptoFailed: "cannot be used: a cryptographic operation failed"
            }
        }
    }

    init(_ line: Int, _ reason: Reason) {
        self.line = line
        self.reason = reason
    }
}

extension ExternalKeys {
    /// The memory that the keys of a file take at most.
    /// - Parameter context: bytes of the context, where they are imported.
    public static func bytes(file text: Span<UInt8>, context: Int = 0) -> Int {
        var lines = 1
        for index in text.indices where text[index] == UInt8(ascii: "\n") { lines += 1 }
        return text.count + lines * bytes(identity: 0, key: 0, context: context)
    }

    /// Adds the keys of a file.
    /// - Parameters:
    ///   - identity: the one to add; empty for all.
    ///   - role: as for `add(identity:key:for:hash:)`.
    ///   - importContext: the context for RFC 9258's importer; nil where keys are used as they are.
    public mutating func add(
        file text: Span<UInt8>, only identity: Span<UInt8>, for role: Role, importContext: BoundedBytes<128>?
    ) throws(PreSharedKeyFileError) {
        let before = count
        var reader = LineReader(text)
        while let line = reader.next() {
            guard !line.text.isEmpty else { continue }
            let entry = try Entry(line)
            guard identity.isEmpty || identity.hasSameBytes(as: entry.identity) else { continue }
            try add(entry, for: role, importContext)
        }
        guard count > before else { throw PreSharedKeyFileError(0, identity.isEmpty ? .noKeys : .identityNotThere) }
    }

    private mutating func add(
        _ entry: Entry, for role: Role, _ context: BoundedBytes<128>?
    ) throws(PreSharedKeyFileError) {
        try withSecret(Self.keyRange.upperBound) { (memory: inout MutableSpan<UInt8>) throws(PreSharedKeyFileError) in
            let count = try entry.decodeKey(into: &memory)
            let key = memory.span.extracting(0..<count)
            do throws(TLSError) {
                if let context {
                    try addImported(identity: entry.identity, key: key, context: context.bytes, for: role)
                } else {
                    try add(identity: entry.identity, key: key, for: role)
                }
            } catch {
                throw PreSharedKeyFileError(entry.line, reason(error))
            }
        }
    }

    private func reason(_ error: TLSError) -> PreSharedKeyFileError.Reason {
        switch error {
        case .misuse(.weakPreSharedKey): .keyTooShort
        case .misuse(.preSharedKeyInBothRoles): .inBothRoles
        case .misuse(.duplicateIdentity): .duplicateIdentity
        case .limitExceeded: .tooManyKeys
        case .misuse: .identityLength
        default: .cryptoFailed
        }
    }
}

/// One line of a file.
private struct Line: ~Escapable {
    let text: Span<UInt8>
    let number: Int

    @_lifetime(copy text)
    init(_ text: Span<UInt8>, number: Int) {
        self.text = text
        self.number = number
    }
}

/// Finds the lines of a text.
private struct LineReader: ~Escapable {
    private let text: Span<UInt8>
    private var start = 0
    private var number = 0

    @_lifetime(copy text)
    init(_ text: Span<UInt8>) { self.text = text }

    /// The next line, or nil at the end.
    @_lifetime(copy self)
    mutating func next() -> Line? {
        guard start < text.count else { return nil }
        var end = start
        while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
        var last = end
        if last > start, text[last - 1] == UInt8(ascii: "\r") { last -= 1 }
        let line = text.extracting(start..<last)
        start = end + 1
        number += 1
        return Line(line, number: number)
    }
}

/// An identity with its key.
private struct Entry: ~Escapable {
    let line: Int
    let identity: Span<UInt8>
    private let digits: Span<UInt8>

    @_lifetime(copy line)
    init(_ line: Line) throws(PreSharedKeyFileError) {
        self.line = line.number
        var colon = line.text.count - 1
        while colon >= 0, line.text[colon] != UInt8(ascii: ":") { colon -= 1 }
        guard colon >= 0 else { throw PreSharedKeyFileError(line.number, .noColon) }
        identity = line.text.extracting(0..<colon)
        digits = line.text.extracting((colon + 1)..<line.text.count)
        guard ExternalKeys.identityRange ~= identity.count else {
            throw PreSharedKeyFileError(line.number, .identityLength)
        }
    }

    /// Writes the key.
    /// - Returns: its length.
    func decodeKey(into memory: inout MutableSpan<UInt8>) throws(PreSharedKeyFileError) -> Int {
        guard digits.count % 2 == 0, !digits.isEmpty else { throw PreSharedKeyFileError(line, .notHexadecimal) }
        guard digits.count / 2 <= memory.count else { throw PreSharedKeyFileError(line, .keyTooLong) }
        for index in 0..<(digits.count / 2) {
            guard let high = hexadecimalValue(digits[2 * index]), let low = hexadecimalValue(digits[2 * index + 1])
            else { throw PreSharedKeyFileError(line, .notHexadecimal) }
            memory[index] = high << 4 | low
        }
        return digits.count / 2
    }
}

private func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
