// Writes revocation lists: CertificateList of version 2 (RFC 5280 §5.1), complete and direct, with authorityKeyIdentifier
// (§5.2.1) and cRLNumber (§5.2.3), and reasonCode (§5.3.1) where a reason is given.
import Bytes
import TLSCrypto
import X509

/// One revoked certificate.
public struct RevokedEntry: Sendable {
    /// The certificate's serial number, big-endian.
    public let serialNumber: BoundedBytes<20>
    /// When it was revoked, in seconds since 1970.
    public let date: Int64
    public let reason: RevocationReason

    /// An entry.
    public init(serialNumber: BoundedBytes<20>, date: Int64, reason: RevocationReason) {
        self.serialNumber = serialNumber
        self.date = date
        self.reason = reason
    }
}

/// All that is written into a list beside its signature.
public struct RevocationListContents: ~Escapable {
    /// DER of the issuer's Name, byte for byte as its certificate has it as subject.
    public let issuer: Span<UInt8>
    /// The certificates that are revoked, in any order.
    public let entries: Span<RevokedEntry>
    /// The issuer's subject key identifier.
    public var authorityKeyIdentifier = KeyIdentifier()
    /// Greater than that of every list before.
    public var number: UInt64 = 1
    /// When it is issued, in seconds since 1970.
    public var thisUpdate: Int64 = 0
    /// By when the next one will have been issued.
    public var nextUpdate: Int64 = 0

    /// Contents that still need their number and times.
    @_lifetime(copy issuer, copy entries)
    public init(issuer: Span<UInt8>, entries: Span<RevokedEntry>) {
        self.issuer = issuer
        self.entries = entries
    }
}

/// Writes a revocation list and signs it.
/// - Returns: how many bytes of `output` were written. On failure its bytes are not to be used.
/// - Throws: `invalidSerialNumber`, `invalidValidity`, `unsupportedKey`, `outputTooSmall`, `crypto`.
public func writeRevocationList(
    _ contents: borrowing RevocationListContents, signedBy issuerKey: borrowing SigningKey,
    into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    let signature = try SignatureIdentifier(for: issuerKey.kind)
    guard contents.thisUpdate <= contents.nextUpdate else { throw .invalidValidity }
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    writer.prependListExtensions(of: contents)
    try writer.prepend(contents.entries)
    try writer.prependTime(contents.nextUpdate)
    try writer.prependTime(contents.thisUpdate)
    writer.prepend(contents.issuer)
    writer.prepend(signature)
    writer.prependSmallInteger(1)  // v2
    writer.wrap(.sequence, since: all)
    let count = try writer.moveToFront()
    return try signDocument(count, signature, with: issuerKey, in: &output)
}

extension DERWriter {
    /// `[0] EXPLICIT Extensions`.
    @_lifetime(self: copy self)
    fileprivate mutating func prependListExtensions(of contents: borrowing RevocationListContents) {
        let all = mark
        let number = mark
        var bytes = InlineArray<8, UInt8>(repeating: 0)
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: contents.number >> UInt64(56 - 8 * index)) }
        prependUnsignedInteger(bytes.span)
        wrapExtension("2.5.29.20", critical: false, since: number)
        prependAuthorityKeyIdentifier(contents.authorityKeyIdentifier.bytes)
        wrap(.sequence, since: all)
        wrap(.contextConstructed(0), since: all)
    }

    /// revokedCertificates. §5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be absent."
    @_lifetime(self: copy self)
    fileprivate mutating func prepend(_ entries: Span<RevokedEntry>) throws(ProvisioningError) {
        guard !entries.isEmpty else { return }
        let all = mark
        for position in entries.indices {
            let entry = entries[entries.count - 1 - position]
            let serial = entry.serialNumber.bytes
            guard !serial.isEmpty else { throw .invalidSerialNumber }
            let one = mark
            if entry.reason != .unspecified {
                let reason = mark
                prepend(entry.reason.rawValue)
                wrap(.enumerated, since: reason)
                wrapExtension("2.5.29.21", critical: false, since: reason)
                wrap(.sequence, since: reason)
            }
            try prependTime(entry.date)
            prependUnsignedInteger(serial)
            wrap(.sequence, since: one)
        }
        wrap(.sequence, since: all)
    }
}
