// A hash of everything that decides which peers are accepted. A session is bound to it: it is resumed only where the peer
// would be judged as it was (RFC 8446 §4.6.1 leaves that to the server; CVE-2025-23419 is what happens otherwise).
import Bytes
import TLSCrypto
import X509

extension Trust {
    /// SHA-256 of the anchors, revocation lists, pins, raw public keys, names, policies and bounds.
    /// - Throws: `.cryptoFailed`
    public func digestOfPolicy() throws(TLSError) -> Digest {
        let anchorHash = try hashed(.sha256, anchors.bytes)
        let listHash = try hashed(.sha256, revocationLists.bytes)
        let nameHash = try hashed(.sha256, names.encoding)
        // Eight pins, as many raw public keys, eight policies, three hashes and some numbers are far below 1024 bytes.
        return try hashed(.sha256) { (writer: inout ByteWriter) in
            writer.append(anchorHash.bytes)
            writer.append(listHash.bytes)
            writer.append(nameHash.bytes)
            writer.append(revocation.rawValue)
            append(unknownTime, to: &writer)
            append(pins, to: &writer)
            append(rawPublicKeys, to: &writer)
            writer.appendCodepoints(certificateTypes.elements)
            append(policies, to: &writer)
            writer.append(UInt32(clamping: maximumDepth))
            writer.append(UInt32(clamping: minimumRSABits))
            writer.append(names.acceptsAny)
            writer.append(acceptsCommonName)
            writer.append(asksForVerdict)
            writer.append(verdictOnResumption.rawValue)
            writer.append(unsafeAcceptsAnyCertificate)
        }
    }
}

private func append(_ policy: UnknownTimePolicy, to writer: inout ByteWriter) {
    switch policy {
    case .require: writer.append(0 as UInt8)
    case .floor(let floor):
        writer.append(1 as UInt8)
        writer.append(time: floor)
    }
}

private func append(_ pins: borrowing FixedList<8, Trust.Pin>, to writer: inout ByteWriter) {
    writer.append(UInt8(clamping: pins.count))
    let all = pins.elements
    for index in all.indices { writer.append(all[index].span) }
}

private func append(_ policies: PolicyRequirements, to writer: inout ByteWriter) {
    writer.append(UInt8(clamping: policies.acceptable.count))
    let all = policies.acceptable.elements
    for index in all.indices { all[index].write(to: &writer) }
    writer.append(policies.requiresExplicitPolicy)
    writer.append(policies.inhibitsPolicyMapping)
    writer.append(policies.inhibitsAnyPolicy)
}

extension ByteWriter {
    @_lifetime(self: copy self)
    fileprivate mutating func append(_ flag: Bool) { append(flag ? 1 : 0 as UInt8) }
}
