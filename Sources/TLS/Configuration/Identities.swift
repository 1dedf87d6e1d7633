// The certificates that we show (RFC 8446 §4.4.2), each chain kept as the list of CertificateEntry that goes onto the wire.
// The private keys are not here: a connection asks for a signature and whoever holds the key answers.
import Bytes
import TLSCrypto
import X509

/// Up to `capacity` certificate chains with what their keys can sign.
public struct Identities: ~Copyable {
    /// How many identities a configuration holds at most.
    public static let capacity = 4

    private var chains: Region
    private var used = 0
    private var entries: FixedList<4, Entry>

    private struct Entry: BitwiseCopyable, Sendable {
        var start = 0
        var count = 0
        var key = PublicKeyKind.ec(.secp256r1)
    }

    init(chains: consuming Region) {
        self.chains = chains
        entries = FixedList(filler: Entry())
    }

    /// How many there are.
    public var count: Int { entries.count }

    /// Adds an identity.
    /// - Parameters:
    ///   - chain: leaf first, `.plain` entries.
    ///   - key: the kind of the leaf's key.
    /// - Returns: its number, which a `SignatureRequest` names.
    /// - Throws: `.limitExceeded(.memory, …)`, or `.misuse(.badConfiguration)` for an empty chain or one too many.
    @discardableResult
    public mutating func add(_ chain: Span<UInt8>, key: PublicKeyKind) throws(TLSError) -> Int {
        let start = used
        let capacity = chains.count
        var memory = chains.mutableBytes
        var writer = ByteWriter(memory._mutatingExtracting(start..<capacity))
        var reader = ByteReader(chain)
        while let certificate = reader.readVector24() {
            let vector = writer.beginVector(lengthBytes: 3)
            writer.append(certificate)
            writer.endVector(vector)
            writer.append(0 as UInt16)  // no extensions
        }
        guard !writer.overflowed else {
            throw .limitExceeded(.memory, capacity: capacity, needed: start + writer.count)
        }
        let count = writer.count
        guard reader.isAtEnd, count > 0 else { throw .misuse(.badConfiguration) }
        guard entries.append(Entry(start: start, count: count, key: key)) else { throw .misuse(.badConfiguration) }
        used += count
        return entries.count - 1
    }

    /// The certificate_list of an identity: CertificateEntry after CertificateEntry.
    @_lifetime(borrow self)
    func certificateList(_ identity: Int) -> Span<UInt8> {
        guard identity >= 0, identity < entries.count else { return Span() }
        let entry = entries.elements[identity]
        return chains.bytes.extracting(entry.start..<(entry.start + entry.count))
    }

    /// The first scheme of `offered` that the identity's key can sign with (§4.4.2.2, §4.4.3).
    func scheme(_ identity: Int, offered: borrowing SignatureSchemeList) -> SignatureScheme? {
        guard identity >= 0, identity < entries.count else { return nil }
        let key = entries.elements[identity].key
        for index in 0..<offered.count where offered[index].canSignHandshake(with: key) { return offered[index] }
        return nil
    }

    /// Whether the leaf of an identity carries `name` as a DNS name.
    func carries(_ name: Span<UInt8>, identity: Int) -> Bool {
        var entries = ByteReader(certificateList(identity))
        guard let leaf = entries.readVector24() else { return false }
        do throws(X509Error) {
            try Certificate(leaf).requireName(among: ReferenceIdentities(ReferenceIdentity(name)))
            return true
        } catch {
            return false
        }
    }
}
