// Authorization (RFC 9110 §11.6.2): user and password in answer to a challenge, by Digest with SHA-256 and qop=auth (RFC 7616)
// where the server takes that, else by Basic (RFC 7617). MD5, SHA-512/256, sessions (`-sess`) and auth-int are not had.
//
// Invariants:
// - nothing is written before a server asked, and the caller asks only servers that were verified;
// - what holds the password on the way is wiped.
import Bytes
import TLSCrypto

/// User and password.
public struct HTTPCredentials: ~Escapable {
    public let user: Span<UInt8>
    public let password: Span<UInt8>

    @_lifetime(copy user, copy password)
    public init(user: Span<UInt8>, password: Span<UInt8>) {
        self.user = user
        self.password = password
    }

    /// Bytes that a user's name, and a password, may have.
    public static var maximumBytes: Int { 256 }

    /// Whether a user's name can stand in either scheme: no colon, no quotation mark or backslash, no control character.
    public static func isUser(_ text: Span<UInt8>) -> Bool {
        guard (1...maximumBytes).contains(text.count) else { return false }
        for index in text.indices {
            switch text[index] {
            case 0..<0x20, 0x7F, UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "\\"): return false
            default: continue
            }
        }
        return true
    }
}

/// Why a challenge was not answered.
enum HTTPAuthorizationError: Error, Equatable {
    /// The server takes none of the schemes that we have.
    case unsupported
    /// The answer to a challenge is 401 again: user or password are wrong.
    case refused
    /// A primitive failed.
    case crypto(CryptoError)
}

/// The answers to a server's challenges, for as long as one request is repeated.
struct HTTPAuthorization: ~Copyable {
    private var text: Region
    private var count = 0
    private var rounds = 0

    /// Bytes of memory that it takes.
    static var bytes: Int { 4096 }
    /// How often a request is repeated for a 401: once, and again where the nonce had become too old meanwhile.
    static var maximumRounds: Int { 3 }

    init(_ memory: consuming Region) { text = memory }

    /// The value of Authorization; empty before a challenge was answered.
    var value: Span<UInt8> {
        @_lifetime(borrow self)
        get { text.bytes.extracting(0..<count) }
    }

    /// Forgets what was answered.
    mutating func reset() {
        text.wipe()
        count = 0
        rounds = 0
    }

    /// Answers the challenges of a 401 for the same request, to be sent once more. A 401 to an answer refuses user and password, whatever
    /// it offers, and libest offers nothing; but for a nonce that had become too old (RFC 7616 §3.3, stale).
    mutating func answer(
        _ head: borrowing HTTPHead, _ method: HTTPMethod, target: Span<UInt8>, _ credentials: borrowing HTTPCredentials,
        random: RandomSource
    ) throws(HTTPAuthorizationError) {
        let isFirst = rounds == 0
        rounds += 1
        guard rounds < Self.maximumRounds else { throw .refused }
        let challenge = Self.best(head)
        guard isFirst || challenge.isStale else { throw .refused }
        guard challenge.isUsable else { throw .unsupported }
        text.wipe()
        var writer = ByteWriter(text.mutableBytes)
        if challenge.scheme == .digest {
            try Self.writeDigest(challenge, method, target: target, credentials, random, to: &writer)
        } else {
            try Self.writeBasic(credentials, to: &writer)
        }
        guard !writer.overflowed else { throw .unsupported }
        count = writer.count
    }

    /// The strongest scheme that we have (RFC 9110 §11.6.1); one that is not usable where there is none.
    @_lifetime(copy head)
    private static func best(_ head: borrowing HTTPHead) -> HTTPChallenge {
        var fields = head.fields
        var best = HTTPChallenge(in: fields.bytes)
        while let field = fields.next() {
            guard field.name.isCaseInsensitively("WWW-Authenticate") else { continue }
            var challenges = HTTPChallenges(field.value)
            while let challenge = challenges.next() {
                guard challenge.isUsable, challenge.scheme == .digest || !best.isUsable else { continue }
                if !(best.isUsable && best.scheme == .digest) { best = challenge }
            }
        }
        return best
    }

    /// RFC 7617 §2: `user-id ":" password` in base64.
    private static func writeBasic(
        _ credentials: borrowing HTTPCredentials, to writer: inout ByteWriter
    ) throws(HTTPAuthorizationError) {
        var plain = InlineArray<520, UInt8>(repeating: 0)
        var coded = InlineArray<696, UInt8>(repeating: 0)
        var plainRoom = plain.mutableSpan
        var codedRoom = coded.mutableSpan
        defer {
            plainRoom.wipe()
            codedRoom.wipe()
        }
        var pair = ByteWriter(plainRoom._mutatingExtracting(0..<plainRoom.count))
        pair.append(credentials.user)
        pair.append(":")
        pair.append(credentials.password)
        let count = pair.count
        guard !pair.overflowed else { throw .unsupported }
        let length: Int
        do throws(CryptoError) {
            length = try encodeBase64(plainRoom.span.extracting(0..<count), into: &codedRoom)
        } catch {
            throw .crypto(error)
        }
        writer.append("Basic ")
        writer.append(codedRoom.span.extracting(0..<length))
    }

    /// RFC 7616 §3.4.
    private static func writeDigest(
        _ challenge: borrowing HTTPChallenge, _ method: HTTPMethod, target: Span<UInt8>,
        _ credentials: borrowing HTTPCredentials, _ random: RandomSource, to writer: inout ByteWriter
    ) throws(HTTPAuthorizationError) {
        var nonceOfClient = InlineArray<32, UInt8>(repeating: 0)
        try fillClientNonce(nonceOfClient.mutableSpan, random)
        let response: Digest
        do throws(CryptoError) {
            response = try digestResponse(
                challenge, method, target: target, credentials, clientNonce: nonceOfClient.span)
        } catch {
            throw .crypto(error)
        }
        append("Digest username", credentials.user, to: &writer)
        append(", realm", challenge.realm, to: &writer)
        append(", nonce", challenge.nonce, to: &writer)
        append(", uri", target, to: &writer)
        writer.append(", algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"")
        writer.append(nonceOfClient.span)
        writer.append("\", response=\"")
        writer.append(hexadecimal: response.bytes)
        writer.append("\"")
        if challenge.hasOpaque { append(", opaque", challenge.opaque, to: &writer) }
    }

    /// The response to a challenge (§3.4.1 to §3.4.3), of 32 bytes.
    static func digestResponse(
        _ challenge: borrowing HTTPChallenge, _ method: HTTPMethod, target: Span<UInt8>,
        _ credentials: borrowing HTTPCredentials, clientNonce: Span<UInt8>
    ) throws(CryptoError) -> Digest {
        // A1 = unq(username) ":" unq(realm) ":" passwd; A2 = Method ":" request-uri
        let a1 = try hash(credentials.user, challenge.realm, credentials.password)
        let a2 = try hash { writer in
            writer.append(method.name)
            writer.append(":")
            writer.append(target)
        }
        // KD(H(A1), unq(nonce) ":" nc ":" unq(cnonce) ":" unq(qop) ":" H(A2))
        return try hash { writer in
            writer.append(hexadecimal: a1.bytes)
            writer.append(":")
            writer.append(challenge.nonce)
            writer.append(":00000001:")
            writer.append(clientNonce)
            writer.append(":auth:")
            writer.append(hexadecimal: a2.bytes)
        }
    }

    private static func append(_ name: StaticString, _ value: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(name)
        writer.append("=\"")
        writer.append(value)
        writer.append("\"")
    }

    /// Sixteen random bytes in hexadecimal.
    private static func fillClientNonce(
        _ text: consuming MutableSpan<UInt8>, _ random: RandomSource
    ) throws(HTTPAuthorizationError) {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        var room = bytes.mutableSpan
        do throws(CryptoError) { try random.fill(&room) } catch { throw .crypto(error) }
        var writer = ByteWriter(text)
        writer.append(hexadecimal: bytes.span)
    }

    /// The hash of three texts with colons between.
    private static func hash(
        _ one: Span<UInt8>, _ two: Span<UInt8>, _ three: Span<UInt8>
    ) throws(CryptoError) -> Digest {
        try hash { writer in
            writer.append(one)
            writer.append(":")
            writer.append(two)
            writer.append(":")
            writer.append(three)
        }
    }

    private static func hash(_ write: (inout ByteWriter) -> Void) throws(CryptoError) -> Digest {
        var text = InlineArray<2048, UInt8>(repeating: 0)
        var room = text.mutableSpan
        defer { room.wipe() }
        var writer = ByteWriter(room._mutatingExtracting(0..<room.count))
        write(&writer)
        guard !writer.overflowed else { throw .outputTooSmall }
        let count = writer.count
        return try digest(.sha256, room.span.extracting(0..<count))
    }
}
