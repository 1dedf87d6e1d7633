// What sessions and tickets are bound to, besides their time: whoever would decide otherwise about the peer today than in
// the full handshake, or would have shown somebody else, does not resume (RFC 8446 §4.6.1; RFC 9846 Appendix C.4; the class
// of CVE-2025-23419, where a ticket of one virtual host's clients was good for another).
import Bytes
import TLSCrypto

enum SessionBinding {
    /// Client: a hash of the server name, the application protocols, what is trusted and what we show.
    static func client(_ configuration: borrowing Configuration) throws(TLSError) -> Digest {
        let trust = try policy(configuration)
        let shown = try hashed(.sha256, configuration.identities.allCertificates)
        return try hashed(.sha256) { (writer: inout ByteWriter) in
            writer.append("swiftlet session")
            writer.appendVector(configuration.serverName.bytes, lengthBytes: 1)
            writer.appendVector(configuration.applicationProtocols.wire, lengthBytes: 1)
            writer.append(configuration.requiresApplicationProtocol ? 1 : 0 as UInt8)
            writer.append(shown.bytes)
            writer.append(trust.bytes)
        }
    }

    /// Server: runs `body` with the associated data of a ticket. What a client asked for goes in as it is, the rest as hashes.
    static func withTicketBinding<R>(
        _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration,
        _ body: (Span<UInt8>) throws(TLSError) -> R
    ) throws(TLSError) -> R {
        let trust = try policy(configuration)
        // The text, two hashes, a byte, and two names of at most 253 and 255 bytes with their lengths.
        var memory = InlineArray<590, UInt8>(repeating: 0)
        var writer = ByteWriter(memory.mutableSpan)
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
        let count = Swift.min(writer.count, writer.capacity)
        return try body(memory.span.extracting(0..<count))
    }

    /// A hash of all that decides whether a peer's certificate or external key is accepted.
    private static func policy(_ configuration: borrowing Configuration) throws(TLSError) -> Digest {
        let trust = try configuration.trust.digestOfPolicy()
        return try hashed(.sha256) { (writer: inout ByteWriter) in
            writer.append(trust.bytes)
            writer.appendVector(configuration.externalKeys.digest.bytes, lengthBytes: 1)
            writer.appendCodepoints(configuration.signatureSchemes.elements, lengthBytes: 2)
        }
    }
}
