// WWW-Authenticate (RFC 9110 §11.6.1), read: which schemes the server takes, Basic (RFC 7617) and Digest (RFC 7616) being those
// that we have.
import Bytes

/// One challenge.
struct HTTPChallenge: ~Escapable {
    enum Scheme: Equatable {
        case basic, digest, other
    }

    private(set) var scheme = Scheme.other
    private(set) var realm: Span<UInt8>
    private(set) var nonce: Span<UInt8>
    private(set) var opaque: Span<UInt8>
    private(set) var hasOpaque = false
    /// Digest: whether the algorithm is SHA-256. Without any it is MD5 (RFC 7616 §3.3), which is never used.
    private(set) var isSHA256 = false
    /// Digest: whether qop allows `auth`.
    private(set) var allowsAuth = false
    private var saysStale = false
    /// A quoted value with a backslash in it, which is not read.
    private(set) var hasEscapes = false

    /// A challenge of no scheme.
    /// - Parameter value: the field that it is read from.
    @_lifetime(copy value)
    init(in value: Span<UInt8>) {
        realm = value.extracting(0..<0)
        nonce = value.extracting(0..<0)
        opaque = value.extracting(0..<0)
    }

    /// Whether we can answer it.
    var isUsable: Bool {
        switch scheme {
        case .basic: true
        case .digest: isSHA256 && allowsAuth && !nonce.isEmpty && !hasEscapes
        case .other: false
        }
    }

    /// Whether only the nonce was too old, and the challenge can be answered anew.
    var isStale: Bool { scheme == .digest && saysStale && isUsable }

    @_lifetime(self: copy self)
    fileprivate mutating func begin(_ name: Span<UInt8>) {
        if name.isCaseInsensitively("Basic") { scheme = .basic }
        if name.isCaseInsensitively("Digest") { scheme = .digest }
    }

    @_lifetime(self: copy self, copy value)
    fileprivate mutating func take(_ name: Span<UInt8>, _ value: Span<UInt8>, hasEscape: Bool) {
        if name.isCaseInsensitively("realm") {
            realm = value
        } else if name.isCaseInsensitively("nonce") {
            nonce = value
        } else if name.isCaseInsensitively("opaque") {
            (opaque, hasOpaque) = (value, true)
        } else if name.isCaseInsensitively("algorithm") {
            isSHA256 = value.isCaseInsensitively("SHA-256")
        } else if name.isCaseInsensitively("stale") {
            saysStale = value.isCaseInsensitively("true")
        } else if name.isCaseInsensitively("qop") {
            var start = 0
            for index in 0...value.count {
                guard index == value.count || value[index] == UInt8(ascii: ",") else { continue }
                if value.extracting(start..<index).trimmed().isCaseInsensitively("auth") { allowsAuth = true }
                start = index + 1
            }
        } else {
            return
        }
        hasEscapes = hasEscapes || hasEscape
    }
}

/// A cursor over the challenges in one field: schemes and parameters both stand between commas.
struct HTTPChallenges: ~Escapable {
    private var reader: ByteReader

    @_lifetime(copy value)
    init(_ value: Span<UInt8>) { reader = ByteReader(value) }

    /// The next challenge; nil after the last, and where the rest is malformed.
    @_lifetime(copy self)
    mutating func next() -> HTTPChallenge? {
        skipBlanksAndCommas()
        guard let scheme = readToken() else { return nil }
        var challenge = HTTPChallenge(in: reader.bytes)
        challenge.begin(scheme)
        while true {
            let start = reader
            skipBlanksAndCommas()
            guard let name = readToken() else {
                skipBlanksAndCommas()
                return challenge
            }
            skipBlanks()
            guard readIf(UInt8(ascii: "=")) else {
                // A token without a value is the scheme of the next challenge.
                reader = start
                return challenge
            }
            skipBlanks()
            var hasEscape = false
            guard let value = readValue(&hasEscape) else {
                // token68 (§11.2), as other schemes have.
                skipToComma()
                continue
            }
            challenge.take(name, value, hasEscape: hasEscape)
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipBlanks() {
        while reader.remaining > 0, isBlank(reader.bytes[reader.offset]) { _ = reader.readUInt8() }
    }

    @_lifetime(self: copy self)
    private mutating func skipBlanksAndCommas() {
        skipBlanks()
        while readIf(UInt8(ascii: ",")) { skipBlanks() }
    }

    @_lifetime(self: copy self)
    private mutating func skipToComma() {
        while reader.remaining > 0, reader.bytes[reader.offset] != UInt8(ascii: ",") { _ = reader.readUInt8() }
    }

    @_lifetime(self: copy self)
    private mutating func readIf(_ byte: UInt8) -> Bool {
        guard reader.remaining > 0, reader.bytes[reader.offset] == byte else { return false }
        return reader.readUInt8() != nil
    }

    @_lifetime(copy self)
    private mutating func readToken() -> Span<UInt8>? {
        var count = 0
        while count < reader.remaining, isTokenCharacter(reader.bytes[reader.offset + count]) { count += 1 }
        return count > 0 ? reader.readBytes(count) : nil
    }

    /// A token, or what stands between quotation marks, as it stands there.
    @_lifetime(copy self)
    private mutating func readValue(_ hasEscape: inout Bool) -> Span<UInt8>? {
        guard readIf(UInt8(ascii: "\"")) else { return readToken() }
        var count = 0
        while count < reader.remaining, reader.bytes[reader.offset + count] != UInt8(ascii: "\"") {
            if reader.bytes[reader.offset + count] == UInt8(ascii: "\\") {
                hasEscape = true
                count += 1
            }
            count += 1
        }
        guard count < reader.remaining, let value = reader.readBytes(count), reader.readUInt8() != nil else {
            return nil
        }
        return value
    }
}
