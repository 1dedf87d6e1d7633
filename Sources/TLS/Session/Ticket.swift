// A ticket of ours (RFC 8446 §4.6.1, RFC 5077 §4), as small as what it says allows:
//
//   key      1      which of the server's keys seals it
//   nonce   12      of the AEAD, random
//   sealed          kind           1      the hash of the suite, which is the key's, and 16 times how the client proved who
//                                         it is: PeerAuthentication
//                   authenticated  8      the time of the full handshake
//                   pre-shared key 32/48
//                   and, where the client proved who it is then,
//                   leaf not after 8      of the client's leaf
//                   leaf hash      32     SHA-256 of the client's leaf, raw public key, or identity of its external key
//                   and, where early data is taken,
//                   suite          2      of the connection
//                   age add        4      ticket_age_add
//                   issued         8      when the ticket was sealed
//                   early data     4      how many bytes it allows
//   tag     16
//
// For TLS 1.2 the hash is 15, and behind the kind stand 2 bytes of cipher suite and 1 byte that tells whether the master
// secret is an extended one (RFC 7627); the key is the master secret of 48 bytes.
//
// The kind's highest bit says whether the part for early data is there, which nothing else needs. The associated data is in
// SessionBinding.swift.
//
// A ticket that does not open, or is bound to something else, is no error: a full handshake follows (§4.6.1).
import Bytes
import TLSCrypto

/// What a ticket says for early data.
struct EarlyTicket {
    let suite: CipherSuite
    let ageAdd: UInt32
    /// In seconds since 1970-01-01T00:00:00Z.
    let issued: Int64
    let maximumSize: UInt32

    /// How many bytes it takes.
    static let bytes = 2 + 4 + 8 + 4
    /// The bit of the kind that says that it is there.
    static let flag: UInt8 = 0x80

    init(suite: CipherSuite, ageAdd: UInt32, issued: Int64, maximumSize: UInt32) {
        (self.suite, self.ageAdd, self.issued, self.maximumSize) = (suite, ageAdd, issued, maximumSize)
    }

    init?(_ reader: inout ByteReader) {
        guard let suite = reader.readUInt16(), let ageAdd = reader.readUInt32(), let issued = reader.readTime(),
            let maximumSize = reader.readUInt32()
        else { return nil }
        self.init(
            suite: CipherSuite(rawValue: suite), ageAdd: ageAdd, issued: issued, maximumSize: maximumSize)
    }

    func append(to writer: inout ByteWriter) {
        writer.append(suite.rawValue)
        writer.append(ageAdd)
        writer.append(time: issued)
        writer.append(maximumSize)
    }
}

/// What an opened ticket says.
struct TicketContents {
    let hash: HashAlgorithm
    let peer: PeerRecord
    /// What it says for early data, where that is allowed.
    let early: EarlyTicket?
    /// Where the pre-shared key begins in the ticket's memory.
    let keyStart: Int
    /// What there is for TLS 1.2 alone; nil for TLS 1.3.
    let session12: Session12?

    /// The suite and the kind of master secret of a session of TLS 1.2.
    struct Session12 {
        let suite: CipherSuite
        let hasExtendedMasterSecret: Bool

        init(_ suite: CipherSuite, _ hasExtendedMasterSecret: Bool) {
            self.suite = suite
            self.hasExtendedMasterSecret = hasExtendedMasterSecret
        }
    }

    /// Stands in the place of the hash in a ticket of TLS 1.2.
    private static let mark12: UInt8 = 15

    /// Reads what was sealed: `plaintext`, which begins `offset` bytes into the ticket.
    init?(_ plaintext: Span<UInt8>, offset: Int) {
        var reader = ByteReader(plaintext)
        guard let kind = reader.readUInt8(),
            let authentication = PeerAuthentication(rawValue: (kind & ~EarlyTicket.flag) >> 4)
        else { return nil }
        if kind & 15 == Self.mark12 {
            guard let suite = reader.readUInt16().map(CipherSuite.init(rawValue:)), suite.version == .tls12,
                let hash = suite.parameters?.hash, let isExtended = reader.readUInt8()
            else { return nil }
            session12 = Session12(suite, isExtended == 1)
            self.hash = hash
        } else {
            guard let hash = HashAlgorithm(rawValue: kind & 15), hash != .sha512 else { return nil }
            session12 = nil
            self.hash = hash
        }
        guard let authenticated = reader.readTime() else { return nil }
        keyStart = offset + reader.offset
        guard reader.readBytes(Session.keyBytes(hash, is12: session12 != nil)) != nil else { return nil }
        if authentication == .none {
            peer = PeerRecord(authenticated: authenticated)
        } else {
            guard let leafNotAfter = reader.readTime(), let leafHash = reader.readBytes(32) else { return nil }
            peer = PeerRecord(
                authenticated: authenticated, leafNotAfter: leafNotAfter,
                leafHash: BoundedBytes(leafHash) ?? BoundedBytes(), authentication: authentication)
        }
        early = kind & EarlyTicket.flag == 0 ? nil : EarlyTicket(&reader)
        guard reader.isAtEnd else { return nil }
    }

    /// Appends what is to be sealed.
    static func append(
        _ peer: PeerRecord, _ hash: HashAlgorithm, key: Span<UInt8>, early: EarlyTicket?, to writer: inout ByteWriter
    ) {
        let flag = early == nil ? 0 : EarlyTicket.flag
        writer.append(hash.rawValue | peer.authentication.rawValue << 4 | flag)
        append(peer, key: key, to: &writer)
        early?.append(to: &writer)
    }

    /// Appends what is to be sealed for TLS 1.2.
    static func append12(
        _ peer: PeerRecord, _ session: Session12, master secret: Span<UInt8>, to writer: inout ByteWriter
    ) {
        writer.append(mark12 | peer.authentication.rawValue << 4)
        writer.append(session.suite.rawValue)
        writer.append(session.hasExtendedMasterSecret ? 1 : 0 as UInt8)
        append(peer, key: secret, to: &writer)
    }

    private static func append(_ peer: PeerRecord, key: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(time: peer.authenticated)
        writer.append(key)
        if peer.authentication != .none {
            writer.append(time: peer.leafNotAfter)
            writer.append(peer.leafHash.bytes)
        }
    }

    /// The longest ticket.
    static let greatestTicket =
        1 + AEADAlgorithm.nonceBytes + 1 + Swift.max(EarlyTicket.bytes, 3) + 8 + Limits.secret + 8 + 32
        + AEADAlgorithm.tagBytes
}
