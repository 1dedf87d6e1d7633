// The certificates and raw public keys that we show (RFC 8446 §4.4.2, RFC 7250), each chain, and each such key, kept as the list of CertificateEntry that goes onto the wire.
// The private keys are not here: a connection asks for a signature and whoever holds the key answers.
import Bytes
import TLSCrypto
import X509

/// Up to `capacity` certificate chains and raw public keys with what their keys can sign.
public struct Identities: ~Copyable {
    /// How many identities a configuration holds at most.
    public static let capacity = 4

    private var chains: Region
    private var used = 0
    private var entries: FixedList<4, Entry>

    private struct Entry: BitwiseCopyable, Sendable {
        var start = 0
        var count = 0
        /// Whether it is a chain or a raw public key.
        var type = CertificateType.X509
        var key = PublicKeyKind.ec(.secp256r1)
        /// What the key may sign with, best first; none for whatever it can.
        var schemes = InlineArray<8, SignatureScheme>(repeating: .ecdsa_secp256r1_sha256)
        var schemeCount = 0
        /// Where the extensions of the leaf with its OCSP response lie; none without one.
        var stapleStart = 0
        var stapleCount = 0
        /// Whether it is shown only to a peer that names one of its issuers.
        var needsIssuer = false
        /// Whether the key is for RSA key transport and never signs.
        var transportsKeys = false
    }

    init(chains: consuming Region) {
        self.chains = chains
        entries = FixedList(filler: Entry())
    }

    /// How many there are.
    public var count: Int { entries.count }

    /// Adds an identity. A key whose certificate is for key transport alone (keyUsage has keyEncipherment and no
    /// digitalSignature) never signs, whatever its kind could, so it is shown only where RSA key transport is used.
    /// - Parameters:
    ///   - chain: leaf first, `.plain` entries.
    ///   - key: the kind of the leaf's key.
    ///   - schemes: what the key may sign with, best first, for a signer that cannot do, or is not to do, all that its
    ///     kind of key can. Empty leaves the choice to the peer's order.
    ///   - onlyForItsIssuers: whether it is shown only to a peer that names one of its issuers as an authority (RFC 8446
    ///     §4.2.4), so that two chains can stand for one name, one of them under a root that few peers have.
    /// - Returns: its number, which a `SignatureRequest` names.
    /// - Throws: `.limitExceeded(.memory, …)`, or `.misuse(.badConfiguration)` for an empty chain or one too many.
    @discardableResult
    public mutating func add(
        _ chain: Span<UInt8>, key: PublicKeyKind,
        schemes: FixedList<8, SignatureScheme> = FixedList(filler: .ecdsa_secp256r1_sha256),
        onlyForItsIssuers: Bool = false
    ) throws(TLSError) -> Int {
        try add(chain, key: key, schemes: schemes, type: .X509, onlyForItsIssuers: onlyForItsIssuers)
    }

    private mutating func add(
        _ chain: Span<UInt8>, key: PublicKeyKind, schemes: FixedList<8, SignatureScheme>, type: CertificateType,
        onlyForItsIssuers: Bool = false
    ) throws(TLSError) -> Int {
        let start = used
        let capacity = chains.count
        var memory = chains.mutableBytes
        var writer = ByteWriter(memory._mutatingExtracting(start..<capacity))
        var reader = ByteReader(chain)
        while let certificate = reader.readVector24() {
            writer.appendVector(certificate, lengthBytes: 3)
            writer.append(0 as UInt16)  // no extensions
        }
        guard !writer.overflowed else {
            throw .limitExceeded(.memory, capacity: capacity, needed: start + writer.count)
        }
        let count = writer.count
        guard reader.isAtEnd, count > 0 else { throw .misuse(.badConfiguration) }
        var entry = Entry(start: start, count: count, type: type, key: key)
        for index in 0..<schemes.count { entry.schemes[index] = schemes.elements[index] }
        entry.schemeCount = schemes.count
        entry.needsIssuer = onlyForItsIssuers
        if case .rsa = key {
            entry.transportsKeys = Self.isForKeyTransportAlone(chains.bytes.extracting(start..<(start + count)))
        }
        guard entries.append(entry) else { throw .misuse(.badConfiguration) }
        used += count
        return entries.count - 1
    }

    /// Adds a raw public key (RFC 7250), which is shown to peers that take such. A client then says that it can show one. It
    /// has no name: a server shows it in its place among the identities, whatever name is asked for.
    /// - Parameters:
    ///   - info: the key's SubjectPublicKeyInfo in DER.
    ///   - schemes: as in `add`.
    /// - Returns: its number, which a `SignatureRequest` names.
    /// - Throws: `.badCertificate` for a key that no certificate may have either; as `add`.
    @discardableResult
    public mutating func addRawPublicKey(
        _ info: Span<UInt8>, schemes: FixedList<8, SignatureScheme> = FixedList(filler: .ecdsa_secp256r1_sha256)
    ) throws(TLSError) -> Int {
        let kind = try x509 { () throws(X509Error) in try PublicKey(subjectPublicKeyInfo: info).kind }
        // The longest of the keys that we have, RSA with 4096 bits, has 550 bytes.
        var memory = InlineArray<1024, UInt8>(repeating: 0)
        var writer = ByteWriter(memory.mutableSpan)
        writer.appendVector(info, lengthBytes: 3)
        let count = writer.count
        guard count <= memory.count else { throw .limitExceeded(.memory, capacity: memory.count, needed: count) }
        return try add(memory.span.extracting(0..<count), key: kind, schemes: schemes, type: .RawPublicKey)
    }

    /// The longest OCSP response that is stapled.
    public static var longestOCSPStaple: Int { 16384 }

    /// Staples an OCSP response (RFC 6960, in DER) to an identity: a server sends it to clients that ask for one (RFC 6066 §8).
    /// It takes twelve bytes of the memory for chains besides. Nobody looks into it.
    /// - Throws: `.limitExceeded(.memory, …)`; `.misuse(.badConfiguration)` for one of no bytes or more than
    ///   `longestOCSPStaple`, a second one, a raw public key, or an identity that is not there.
    public mutating func staple(_ response: Span<UInt8>, to identity: Int) throws(TLSError) {
        guard identity >= 0, identity < entries.count, type(identity) == .X509, staplePlace(identity).isEmpty,
            1...Self.longestOCSPStaple ~= response.count
        else { throw .misuse(.badConfiguration) }
        let capacity = chains.count
        let start = used
        var memory = chains.mutableBytes
        var writer = ByteWriter(memory._mutatingExtracting(start..<capacity))
        StatusRequest.appendExtensions(of: response, to: &writer)
        guard !writer.overflowed else {
            throw .limitExceeded(.memory, capacity: capacity, needed: start + writer.count)
        }
        let count = writer.count
        entries.change(identity) { entry in
            entry.stapleStart = start
            entry.stapleCount = count
        }
        used += count
    }

    /// Where the extensions of an identity's leaf with its OCSP response lie, their length in front; empty where there are none.
    func staplePlace(_ identity: Int) -> Range<Int> {
        guard identity >= 0, identity < entries.count else { return 0..<0 }
        let entry = entries.elements[identity]
        return entry.stapleStart..<(entry.stapleStart + entry.stapleCount)
    }

    /// Where the certificate_list of an identity lies.
    func listPlace(_ identity: Int) -> Range<Int> {
        guard identity >= 0, identity < entries.count else { return 0..<0 }
        let entry = entries.elements[identity]
        return entry.start..<(entry.start + entry.count)
    }

    /// What lies at a place that this value has named.
    @_lifetime(borrow self)
    func bytes(at place: Range<Int>) -> Span<UInt8> { chains.bytes.extracting(place) }

    /// The certificates of all identities, as they lie there.
    var allCertificates: Span<UInt8> {
        @_lifetime(borrow self)
        get { chains.bytes.extracting(0..<used) }
    }

    /// The certificate_list of an identity: CertificateEntry after CertificateEntry.
    @_lifetime(borrow self)
    func certificateList(_ identity: Int) -> Span<UInt8> {
        chains.bytes.extracting(listPlace(identity))
    }

    /// Whether an identity is shown only to a peer that names one of its issuers.
    func needsIssuer(_ identity: Int) -> Bool {
        identity >= 0 && identity < entries.count && entries.elements[identity].needsIssuer
    }

    /// Whether an identity is a chain or a raw public key.
    func type(_ identity: Int) -> CertificateType {
        identity >= 0 && identity < entries.count ? entries.elements[identity].type : .X509
    }

    /// Whether an identity's key is for RSA key transport (RFC 5246 §7.4.7.1) and never signs.
    public func transportsKeys(_ identity: Int) -> Bool {
        identity >= 0 && identity < entries.count && entries.elements[identity].transportsKeys
    }

    private static func isForKeyTransportAlone(_ list: Span<UInt8>) -> Bool {
        var reader = ByteReader(list)
        guard let leaf = reader.readVector24() else { return false }
        do throws(X509Error) { return try Certificate(leaf).isForKeyTransportAlone } catch { return false }
    }

    /// What kind of key an identity has.
    func keyKind(_ identity: Int) -> PublicKeyKind? {
        identity >= 0 && identity < entries.count ? entries.elements[identity].key : nil
    }

    /// The scheme of `offered` to sign with (§4.4.2.2, §4.4.3): the first of the identity's own, or, where it has none,
    /// the first that its key can sign with.
    func scheme(
        _ identity: Int, offered: borrowing SignatureSchemeList, as use: SignatureUse
    ) -> SignatureScheme? {
        guard identity >= 0, identity < entries.count, !entries.elements[identity].transportsKeys else { return nil }
        let key = entries.elements[identity].key
        let ownCount = entries.elements[identity].schemeCount
        for index in 0..<ownCount {
            let scheme = entries.elements[identity].schemes[index]
            if scheme.canSignHandshake(with: key, as: use), offered.contains(scheme) { return scheme }
        }
        guard ownCount == 0 else { return nil }
        for index in 0..<offered.count where offered[index].canSignHandshake(with: key, as: use) {
            return offered[index]
        }
        return nil
    }
}
