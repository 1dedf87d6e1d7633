// What makes a peer's certificate acceptable: a path to an anchor (RFC 5280 §6), a pinned public key, or, under a name
// that says so, nothing. Without any of them no peer is accepted.
import Bytes
import TLSCrypto
import X509

/// How peers are verified.
public struct Trust: ~Copyable {
    private var anchorMemory: Region
    private var anchorBytes = 0
    /// Names of which a peer must carry one. Empty accepts none: `.any` has to be said.
    public var names = ReferenceIdentities()
    /// SHA-256 hashes of SubjectPublicKeyInfo of which the leaf's must be one.
    public var pins: FixedList<8, Pin>
    /// What happens while the time is not known.
    public var unknownTime: UnknownTimePolicy = .require
    /// How many intermediates a path may have.
    public var maximumDepth = 8
    /// The application gives its own verdict on top: `Step.wantsVerdict`.
    public var asksForVerdict = false
    /// Accepts any certificate whose key signs. For looking at servers, never for talking to them.
    public var unsafeAcceptsAnyCertificate = false

    /// A SHA-256 hash of a SubjectPublicKeyInfo.
    public typealias Pin = InlineArray<32, UInt8>

    init(anchors: consuming Region) {
        anchorMemory = anchors
        pins = FixedList(filler: Pin(repeating: 0))
    }

    /// Adds a trust anchor, in DER.
    /// - Throws: `.badCertificate` where it does not parse, `.limitExceeded(.memory, …)`.
    public mutating func addAnchor(_ der: Span<UInt8>) throws(TLSError) {
        do throws(X509Error) { _ = try Certificate(der) } catch { throw .badCertificate(error) }
        let start = anchorBytes
        let capacity = anchorMemory.count
        var memory = anchorMemory.mutableBytes
        var writer = ByteWriter(memory._mutatingExtracting(start..<capacity))
        let vector = writer.beginVector(lengthBytes: 3)
        writer.append(der)
        writer.endVector(vector)
        guard !writer.overflowed else {
            throw .limitExceeded(.memory, capacity: capacity, needed: start + writer.count)
        }
        anchorBytes = start + writer.count
    }

    /// The anchors.
    public var anchors: CertificateSequence {
        @_lifetime(borrow self)
        get { CertificateSequence(anchorMemory.bytes.extracting(0..<anchorBytes), .plain) }
    }

    /// Whether there is an anchor.
    public var hasAnchors: Bool { anchorBytes > 0 }

    /// Whether anything could be trusted.
    public var isEmpty: Bool { anchorBytes == 0 && pins.isEmpty && !unsafeAcceptsAnyCertificate }
}
