// What makes a peer acceptable: a certificate with a path to an anchor (RFC 5280 §6), a pinned public key, a raw public key
// (RFC 7250) that is trusted, or, under a name that says so, nothing. Without any of them no peer is accepted.
import Bytes
import TLSCrypto
import X509

/// How peers are verified.
public struct Trust: ~Copyable {
    private var anchorMemory: Region
    private var anchorBytes = 0
    private var listMemory: Region
    private var listBytes = 0
    /// Whether certificates must be shown not to be revoked. Adding a list makes `.required` of `.unchecked`.
    public var revocation: RevocationPolicy = .unchecked
    /// Names of which a peer must carry one. Empty accepts none: `.any` has to be said.
    public var names = ReferenceIdentities()
    /// SHA-256 hashes of SubjectPublicKeyInfo of which the leaf's must be one.
    public var pins: FixedList<8, Pin>
    /// SHA-256 hashes of the raw public keys (RFC 7250) that are trusted. They have neither names nor an end, so nothing else
    /// of a peer is looked at: see `addRawPublicKey`.
    public var rawPublicKeys: FixedList<8, Pin>
    /// What a peer may show of itself, in order of preference: certificates alone, until raw public keys are added.
    public var certificateTypes: FixedList<2, CertificateType>
    /// Bits of the shortest RSA key with which a peer may show who it is; the keys of authorities are judged by path validation
    /// alone. Less than `X509Limits.rsaBits` allows has no effect.
    public var minimumRSABits = X509Limits.rsaBits.lowerBound
    /// What happens while the time is not known.
    public var unknownTime: UnknownTimePolicy = .require
    /// How many intermediates a path may have.
    public var maximumDepth = 8
    /// The application gives its own verdict on top: `Step.wantsVerdict`.
    public var asksForVerdict = false
    /// What becomes of sessions where the application gives its own verdict.
    public var verdictOnResumption: VerdictOnResumption = .neverResumes
    /// Accepts any certificate and any raw public key whose key signs. For looking at servers, never for talking to them.
    public var unsafeAcceptsAnyCertificate = false

    /// A SHA-256 hash of a SubjectPublicKeyInfo.
    public typealias Pin = InlineArray<32, UInt8>

    /// How many pins, and how many raw public keys, there are at most.
    public static var mostPins: Int { 8 }

    /// Whether the common name of a certificate without subjectAltName may be its DNS name: see `PathRequirements`.
    public var acceptsCommonName = false
    /// What is required of certificate policies.
    public var policies = PolicyRequirements()

    init(anchors: consuming Region, revocationLists: consuming Region) {
        anchorMemory = anchors
        listMemory = revocationLists
        pins = FixedList(filler: Pin(repeating: 0))
        rawPublicKeys = FixedList(filler: Pin(repeating: 0))
        certificateTypes = FixedList(filler: .X509)
        certificateTypes.append(.X509)
    }

    /// Adds a trust anchor, in DER.
    /// - Throws: `.badCertificate` where it does not parse, `.limitExceeded(.memory, …)`.
    public mutating func addAnchor(_ der: Span<UInt8>) throws(TLSError) {
        try x509 { () throws(X509Error) in _ = try Certificate(der) }
        anchorBytes = try anchorMemory.appendVector24(der, at: anchorBytes)
    }

    /// Trusts a raw public key, and takes such keys from then on; whether certificates stay possible beside them is for
    /// `certificateTypes` to say.
    /// - Parameter info: its SubjectPublicKeyInfo in DER.
    /// - Throws: `.badCertificate` for a key that no certificate may have either; `.misuse(.badConfiguration)` for one too
    ///   many; `.cryptoFailed`.
    public mutating func addRawPublicKey(_ info: Span<UInt8>) throws(TLSError) {
        try x509 { () throws(X509Error) in _ = try PublicKey(subjectPublicKeyInfo: info) }
        let hash = try hashed(.sha256, info)
        let bytes = hash.bytes
        guard rawPublicKeys.append(Pin { bytes[$0] }) else { throw .misuse(.badConfiguration) }
        if !certificateTypes.contains(.RawPublicKey) { certificateTypes.append(.RawPublicKey) }
    }

    /// Adds a revocation list, in DER, of any issuer.
    /// - Throws: `.badCertificate` where it does not parse or is of a kind that is not supported,
    ///   `.limitExceeded(.memory, …)`.
    public mutating func addRevocationList(_ der: Span<UInt8>) throws(TLSError) {
        try x509 { () throws(X509Error) in try RevocationList(der).checkUsable() }
        listBytes = try listMemory.appendVector24(der, at: listBytes)
        if revocation == .unchecked { revocation = .required }
    }

    /// Removes all revocation lists, so that newer ones can be added between two handshakes. The policy stays.
    public mutating func removeRevocationLists() { listBytes = 0 }

    /// Puts other revocation lists in place of those there are: all of them or, where one cannot be used or they do not fit,
    /// none. To be called between two steps. What was found out by the old ones is not resumed (`digestOfPolicy`).
    /// - Parameter lists: `opaque<1..2^24-1>` each, as `PEM.decode` writes them with the label `X509 CRL`.
    /// - Throws: as `addRevocationList`.
    public mutating func replaceRevocationLists(_ lists: Span<UInt8>) throws(TLSError) {
        guard lists.count <= listMemory.count else {
            throw .limitExceeded(.memory, capacity: listMemory.count, needed: lists.count)
        }
        try x509 { () throws(X509Error) in
            var reader = RevocationLists(lists, revocation).reader
            while let der = try reader.next() { try RevocationList(der).checkUsable() }
        }
        listMemory.wipe()
        var memory = listMemory.mutableBytes
        memory.copy(lists, at: 0)
        listBytes = lists.count
        if revocation == .unchecked, listBytes > 0 { revocation = .required }
    }

    /// How many bytes of revocation lists there is memory for.
    public var listCapacity: Int { listMemory.count }

    /// The revocation lists, with the policy.
    public var revocationLists: RevocationLists {
        @_lifetime(borrow self)
        get { RevocationLists(listMemory.bytes.extracting(0..<listBytes), revocation) }
    }

    /// The anchors.
    public var anchors: CertificateSequence {
        @_lifetime(borrow self)
        get { CertificateSequence(anchorMemory.bytes.extracting(0..<anchorBytes), .plain) }
    }

    /// Whether there is an anchor.
    public var hasAnchors: Bool { anchorBytes > 0 }

    /// Whether anything could be trusted.
    public var isEmpty: Bool {
        anchorBytes == 0 && pins.isEmpty && rawPublicKeys.isEmpty && !unsafeAcceptsAnyCertificate
    }
}

/// What a session is worth where the application gives a verdict of its own: a resumption shows no certificates.
public enum VerdictOnResumption: UInt8, Sendable {
    /// Nothing: sessions are neither given nor resumed, so each handshake shows certificates.
    case neverResumes
    /// The verdict of the full handshake stands for its sessions.
    case stands
    /// The verdict is asked for again, with `Connection.peerLeafHash` to go by.
    case askedAgain
}

extension Region {
    /// Writes `bytes` at `start` with their length in three bytes in front.
    /// - Returns: where they end.
    /// - Throws: `.limitExceeded(.memory, …)`, and nothing is written that counts.
    fileprivate mutating func appendVector24(_ bytes: Span<UInt8>, at start: Int) throws(TLSError) -> Int {
        let capacity = count
        var memory = mutableBytes
        var writer = ByteWriter(memory._mutatingExtracting(start..<capacity))
        writer.appendVector(bytes, lengthBytes: 3)
        guard !writer.overflowed else {
            throw .limitExceeded(.memory, capacity: capacity, needed: start + writer.count)
        }
        return start + writer.count
    }
}
