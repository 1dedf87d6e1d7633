// A session as a client keeps it (RFC 8446 §4.6.1): an opaque byte string for whoever stores it, in this format, big-endian:
//
//   version          1  1
//   cipher suite     2  of the connection that gave the ticket; its hash is the key's
//   authentication   1  how the server proved who it is: PeerAuthentication
//   protocol         1  the application protocol of that connection: its place in the configuration, plus one; 0 for none
//   early data       4  the bytes of early data that the ticket allows; 0 for none
//   age add          4  ticket_age_add; in TLS 1.2 `flags12`
//   received         8  when the ticket came  } seconds since 1970-01-01T00:00:00Z
//   end              8  when it is over       }
//   authenticated    8  of the full handshake }
//   leaf not after   8  of the server's leaf  }
//   leaf hash       32  SHA-256 of the server's leaf, raw public key, or identity of its external key
//   key           1+32  or 1+48, its length in front; in TLS 1.2 the master secret, 1+48
//   ticket         2+n  its length in front; or in TLS 1.2 the identifier of a session that the server keeps
//   check           32  HMAC-SHA256 of all before it, keyed with the binding: see SessionBinding.swift
//
// The check is no protection against whoever can read the session, and with it the key: it tells a session that is damaged,
// or that belongs to another name or another configuration, from one to be offered.
//
// Invariant: bytes that are no session are told apart here, before anything of them is used; none of them traps.
import Bytes
import TLSCrypto

/// A session, as a view of its bytes.
struct Session: ~Escapable {
    /// Version of the format.
    static let version: UInt8 = 2
    static let checkBytes = 32

    let cipherSuite: CipherSuite
    /// The hash that the key belongs to.
    let hash: HashAlgorithm
    /// The place of the application protocol in the configuration.
    let applicationProtocol: Int?
    /// The bytes of early data that the ticket allows.
    let maximumEarlyData: UInt32
    let ageAdd: UInt32
    let received: Int64
    let end: Int64
    let peer: PeerRecord
    /// The pre-shared key.
    let key: Span<UInt8>
    let ticket: Span<UInt8>

    /// The session in `bytes`, or nil where they are none, or not bound to `binding`.
    @_lifetime(copy bytes)
    init?(_ bytes: Span<UInt8>, binding: Span<UInt8>) {
        guard Self.isIntact(bytes, binding) else { return nil }
        self.init(bytes)
    }

    /// The session in `bytes`, whose check is not looked at.
    @_lifetime(copy bytes)
    init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        guard reader.readUInt8() == Self.version, let suite = reader.readUInt16(),
            let authentication = reader.readUInt8().flatMap(PeerAuthentication.init(rawValue:)),
            let applicationProtocol = reader.readUInt8(), let maximumEarlyData = reader.readUInt32(),
            let ageAdd = reader.readUInt32(),
            let received = reader.readTime(), let end = reader.readTime(), let authenticated = reader.readTime(),
            let leafNotAfter = reader.readTime(), let leafHash = reader.readBytes(32), let key = reader.readVector8(),
            let ticket = reader.readVector16(), reader.remaining == Self.checkBytes
        else { return nil }
        cipherSuite = CipherSuite(rawValue: suite)
        let is12 = cipherSuite.version == .tls12
        guard let hash = cipherSuite.parameters?.hash, key.count == Self.keyBytes(hash, is12: is12),
            !ticket.isEmpty, ticket.count <= Limits.longestTicket
        else { return nil }
        guard !is12 || ageAdd & Self.isIdentifierFlag == 0 || ticket.count <= Hello.sessionIDBytes else { return nil }
        self.hash = hash
        self.applicationProtocol = applicationProtocol == 0 ? nil : Int(applicationProtocol) - 1
        self.maximumEarlyData = maximumEarlyData
        self.ageAdd = ageAdd
        self.received = received
        self.end = end
        peer = PeerRecord(
            authenticated: authenticated, leafNotAfter: leafNotAfter,
            leafHash: BoundedBytes(leafHash) ?? BoundedBytes(), authentication: authentication)
        self.key = key
        self.ticket = ticket
    }

    /// How long the key of a session is, a client's or one in a ticket: in TLS 1.2 it is the master secret.
    static func keyBytes(_ hash: HashAlgorithm, is12: Bool) -> Int { is12 ? Limits.masterSecret : hash.byteCount }

    /// In the place of ticket_age_add in TLS 1.2: whether the master secret is an extended one (RFC 7627), and whether the
    /// ticket is the identifier of a session.
    private static let extendedMasterSecretFlag: UInt32 = 1
    private static let isIdentifierFlag: UInt32 = 2

    /// The flags of a session of TLS 1.2.
    static func flags12(extendedMasterSecret: Bool, isIdentifier: Bool) -> UInt32 {
        (extendedMasterSecret ? extendedMasterSecretFlag : 0) | (isIdentifier ? isIdentifierFlag : 0)
    }

    var hasExtendedMasterSecret: Bool { ageAdd & Self.extendedMasterSecretFlag != 0 }
    var isIdentifier: Bool { ageAdd & Self.isIdentifierFlag != 0 }

    private static func isIntact(_ bytes: Span<UInt8>, _ binding: Span<UInt8>) -> Bool {
        guard bytes.count > checkBytes, bytes.count <= Limits.session else { return false }
        let start = bytes.count - checkBytes
        // What cannot be checked is not offered.
        do throws(TLSError) {
            let expected = try mac(.sha256, key: binding, bytes.extracting(0..<start))
            return constantTimeEqual(expected.bytes, bytes.extracting(start..<bytes.count))
        } catch { return false }
    }

    /// Whether the session may be used at this time. A clock that has gone back before the ticket came tells nothing.
    func isCurrent(at now: Int64) -> Bool { received <= now && now < end && now <= peer.leafNotAfter }

    /// What tells the server the ticket's age (§4.2.11.1), in milliseconds.
    func obfuscatedAge(at now: Int64) -> UInt32 { ObfuscatedTicketAge.of(seconds: now &- received, adding: ageAdd) }
}

extension ByteReader {
    /// Seconds since 1970-01-01T00:00:00Z.
    @_lifetime(self: copy self)
    mutating func readTime() -> Int64? { readUInt64().map { Int64(bitPattern: $0) } }
}

extension ByteWriter {
    /// Appends seconds since 1970-01-01T00:00:00Z.
    @_lifetime(self: copy self)
    mutating func append(time: Int64) { append(UInt64(bitPattern: time)) }
}
