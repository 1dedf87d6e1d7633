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
//                   leaf hash      32     SHA-256 of the client's leaf, or of the identity of its external key
//   tag     16
//
// ticket_age_add is not in it: only early data would need it. The associated data is in SessionBinding.swift.
//
// A ticket that does not open, or is bound to something else, is no error: a full handshake follows (§4.6.1).
import Bytes
import TLSCrypto

/// What an opened ticket says.
struct TicketContents {
    let hash: HashAlgorithm
    let peer: PeerRecord
    /// Where the pre-shared key begins in the ticket's memory.
    let keyStart: Int

    /// Reads what was sealed: `plaintext`, which begins `offset` bytes into the ticket.
    init?(_ plaintext: Span<UInt8>, offset: Int) {
        var reader = ByteReader(plaintext)
        guard let kind = reader.readUInt8(), let hash = HashAlgorithm(rawValue: kind & 15), hash != .sha512,
            let authentication = PeerAuthentication(rawValue: kind >> 4), let authenticated = reader.readTime()
        else { return nil }
        keyStart = offset + reader.offset
        guard reader.readBytes(hash.byteCount) != nil else { return nil }
        self.hash = hash
        if authentication == .none {
            guard reader.isAtEnd else { return nil }
            peer = PeerRecord(authenticated: authenticated)
            return
        }
        guard let leafNotAfter = reader.readTime(), let leafHash = reader.readBytes(32), reader.isAtEnd else {
            return nil
        }
        peer = PeerRecord(
            authenticated: authenticated, leafNotAfter: leafNotAfter,
            leafHash: BoundedBytes(leafHash) ?? BoundedBytes(), authentication: authentication)
    }

    /// Appends what is to be sealed.
    static func append(_ peer: PeerRecord, _ hash: HashAlgorithm, key: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(hash.rawValue | peer.authentication.rawValue << 4)
        writer.append(time: peer.authenticated)
        writer.append(key)
        guard peer.authentication != .none else { return }
        writer.append(time: peer.leafNotAfter)
        writer.append(peer.leafHash.bytes)
    }

    /// The longest ticket.
    static let greatestTicket = 1 + AEADAlgorithm.nonceBytes + 1 + 8 + Limits.secret + 8 + 32 + AEADAlgorithm.tagBytes
}
