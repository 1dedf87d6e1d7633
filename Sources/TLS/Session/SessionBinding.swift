// What sessions and tickets are bound to, besides their time: whoever would decide otherwise about the peer today than in
// the full handshake, or would have shown somebody else, does not resume (RFC 8446 §4.6.1; RFC 9846 Appendix C.4; the class
// of CVE-2025-23419, where a ticket of one virtual host's clients was good for another).
import Bytes
import TLSCrypto

enum SessionBinding {
    /// Client: a hash of the server name, the application protocols, what is trusted and what we show.
    static func client(_ configuration: borrowing Configuration) throws(TLSError) -> Digest {
        let trust = try policy(configuration)
        let identities = configuration.identities.allCertificates
        let shown = try crypto { () throws(CryptoError) in try digest(.sha256, identities) }
        var memory = InlineArray<640, UInt8>(repeating: 0)
        var writer = ByteWriter(memory.mutableSpan)
        writer.append("swiftlet session")
        writer.appendVector(configuration.serverName.bytes, lengthBytes: 1)
        writer.appendVector(configuration.applicationProtocols.wire, lengthBytes: 1)
        writer.append(configuration.requiresApplicationProtocol ? 1 : 0 as UInt8)
        writer.append(shown.bytes)
        writer.append(trust.bytes)
        let count = writer.count
        return try hash(memory.span, count)
    }

    /// Server: the associated data of a ticket. What a client asked for goes in as it is, the rest as hashes.
    static func appendTicketBinding(
        _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration, to writer: inout ByteWriter
    ) throws(TLSError) {
        let trust = try policy(configuration)
        writer.append("swiftlet ticket")
        writer.append(configuration.tickets.contextHash.bytes)
        writer.append(trust.bytes)
        writer.append(configuration.clientCertificates.rawValue)
        writer.appendVector(core.serverName.bytes, lengthBytes: 1)
        if let index = core.negotiated.applicationProtocol {
            writer.appendVector(configuration.applicationProtocols.name(at: index), lengthBytes: 1)
        } else {
            writer.append(0 as UInt8)
        }
    }

    /// The longest that `appendTicketBinding` writes.
    static let ticketBindingBytes = 15 + 32 + 32 + 1 + 1 + 253 + 1 + 255

    /// A hash of all that decides whether a peer's certificate or external key is accepted.
    private static func policy(_ configuration: borrowing Configuration) throws(TLSError) -> Digest {
        let trust = try configuration.trust.digestOfPolicy()
        var memory = InlineArray<128, UInt8>(repeating: 0)
        var writer = ByteWriter(memory.mutableSpan)
        writer.append(trust.bytes)
        writer.appendVector(configuration.externalKeys.digest.bytes, lengthBytes: 1)
        writer.appendCodepoints(configuration.signatureSchemes.elements, lengthBytes: 2)
        let count = writer.count
        return try hash(memory.span, count)
    }

    private static func hash(_ bytes: Span<UInt8>, _ count: Int) throws(TLSError) -> Digest {
        guard count <= bytes.count else { throw .limitExceeded(.memory, capacity: bytes.count, needed: count) }
        return try crypto { () throws(CryptoError) in try digest(.sha256, bytes.extracting(0..<count)) }
    }
}
