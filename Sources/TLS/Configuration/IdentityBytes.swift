// The bytes of an identity as messages hold them: runs of what lies together, since no message is put together anywhere else
// than in the records. A run is a place in the memory of the identities: `Identities.bytes(at:)`.
import Bytes

extension Identities {
    /// What a message has of an identity.
    enum Form: UInt8 {
        /// CertificateEntry after CertificateEntry (RFC 8446 §4.4.2).
        case entries
        /// The same, with the OCSP response among the extensions of the first.
        case stapledEntries
        /// Certificate after certificate, each with its length in front (RFC 5246 §7.4.2).
        case certificates
        /// The body of a CertificateStatus (RFC 6066 §8).
        case status
    }

    /// The place of a run, counted from 0; empty after the last.
    func run(_ index: Int, of identity: Int, as form: Form) -> Range<Int> {
        let list = listPlace(identity)
        let staple = staplePlace(identity)
        switch form {
        case .entries: return index == 0 ? list : 0..<0
        case .stapledEntries: return stapledRun(index, list, staple)
        case .certificates: return certificate(index, in: list)
        // Behind the lengths of the block and of the extension, and its type.
        case .status: return index == 0 && staple.count > 6 ? (staple.lowerBound + 6)..<staple.upperBound : 0..<0
        }
    }

    /// The first certificate, its extensions, and the entries behind.
    private func stapledRun(_ index: Int, _ list: Range<Int>, _ staple: Range<Int>) -> Range<Int> {
        let leaf = certificate(0, in: list)
        switch index {
        case 0: return leaf
        case 1: return staple
        // In the list the first has no extensions: two bytes.
        case 2: return Swift.min(leaf.upperBound + 2, list.upperBound)..<list.upperBound
        default: return 0..<0
        }
    }

    /// The place of a certificate with its length in front; empty where there are not as many.
    private func certificate(_ index: Int, in list: Range<Int>) -> Range<Int> {
        var reader = ByteReader(bytes(at: list))
        var start = 0
        var left = index
        while reader.readVector24() != nil {
            if left == 0 { return (list.lowerBound + start)..<(list.lowerBound + reader.offset) }
            left -= 1
            _ = reader.readVector16()
            start = reader.offset
        }
        return 0..<0
    }

    /// How many bytes the runs have.
    func byteCount(of identity: Int, as form: Form) -> Int {
        var sum = 0
        var index = 0
        var place = run(0, of: identity, as: form)
        while !place.isEmpty {
            sum += place.count
            index += 1
            place = run(index, of: identity, as: form)
        }
        return sum
    }
}
