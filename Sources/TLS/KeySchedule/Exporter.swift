// Exporters (RFC 8446 §7.5, RFC 5705): keys for other protocols out of a connection, bound to its handshake.
//
// Invariant: only an established connection exports; what failed has forgotten its secret.
import Bytes
import TLSCrypto

extension Connection {
    /// Fills `output` with keying material that both sides can export, and nobody else.
    ///
    /// In TLS 1.3: TLS-Exporter(label, context, length) = HKDF-Expand-Label(Derive-Secret(exporter_master_secret, label, ""), "exporter",
    /// Hash(context), length); no context is the same as an empty one. In TLS 1.2 (RFC 5705 §4): PRF(master_secret, label,
    /// client_random + server_random + context with its length in front), or without a context, which is another thing
    /// than an empty one; only where the master secret is an extended one (RFC 7627 §5.4, Triple Handshake).
    /// - Parameters:
    ///   - label: who the keys are for, from the registry "TLS Exporter Labels"; 1 to 249 bytes, in TLS 1.2
    ///     also none.
    ///   - context: what else they are bound to; nil for nothing; in TLS 1.2 at most 65535 bytes.
    ///   - output: 1 to 255 hashes of the suite long; in TLS 1.3 each length gives other bytes.
    /// - Throws: `.misuse(.notEstablished)`, `.misuse(.badConfiguration)` for a label, context or length out of range,
    ///   `.misuse(.noExtendedMasterSecret)`.
    public func exportKeyingMaterial(
        label: Span<UInt8>, context: Span<UInt8>?, into output: inout MutableSpan<UInt8>
    ) throws(TLSError) {
        guard isEstablished, let hash = negotiated.cipherSuite?.parameters?.hash else { throw .misuse(.notEstablished) }
        // RFC 8446 §7.1: HkdfLabel.label has at least one byte of its own; RFC 5705 §4 has no such rule.
        guard (core.is12 ? 0 : 1)...249 ~= label.count, 1...(255 * hash.byteCount) ~= output.count else {
            throw .misuse(.badConfiguration)
        }
        if core.is12 { return try export12(hash, label: label, context: context, into: &output) }
        let empty = try hashed(hash, Span())
        var bound = Span<UInt8>()
        if let context { bound = context }
        let contextHash = try hashed(hash, bound)
        try withSecret(hash.byteCount) { (secret: inout MutableSpan<UInt8>) throws(TLSError) in
            try expandLabel(
                hash, secret: core.exporter.bytes.extracting(0..<hash.byteCount), label: label, context: empty.bytes,
                into: &secret)
            try expandLabel(hash, secret: secret.span, label: "exporter", context: contextHash.bytes, into: &output)
        }
    }

    private func export12(
        _ hash: HashAlgorithm, label: Span<UInt8>, context: Span<UInt8>?, into output: inout MutableSpan<UInt8>
    ) throws(TLSError) {
        guard negotiated.extendedMasterSecret else { throw .misuse(.noExtendedMasterSecret) }
        var tail = Span<UInt8>()
        if let context { tail = context }
        // A label of 249 bytes, the randoms, and the length of the context.
        var memory = InlineArray<320, UInt8>(repeating: 0)
        var writer = ByteWriter(memory.mutableSpan)
        writer.append(label)
        writer.append(core.exporter.bytes.extracting(Limits.masterSecret..<(Limits.masterSecret + Limits.randoms)))
        if context != nil { writer.append(UInt16(truncatingIfNeeded: tail.count)) }
        let count = writer.count
        guard count <= memory.count, tail.count <= 0xFFFF else { throw .misuse(.badConfiguration) }
        try prf(
            hash, secret: core.exporter.bytes.extracting(0..<Limits.masterSecret),
            head: memory.span.extracting(0..<count), tail: tail, into: &output)
    }

    /// TLS 1.2: tls-unique (RFC 5929 §3), the first Finished of the handshake, which binds what is said inside to this
    /// connection. Empty in TLS 1.3, where it is not defined (RFC 9266), before the handshake is over, and where the master
    /// secret is not an extended one (Triple Handshake).
    public var tlsUnique: BoundedBytes<12> {
        isEstablished && core.is12 && negotiated.extendedMasterSecret ? core.firstFinished : BoundedBytes()
    }

    /// tls-exporter (RFC 9266 §2): 32 bytes that bind what is said inside to this connection, the same on both sides. In TLS 1.2
    /// they take the place of `tlsUnique`, which TLS 1.3 does not have.
    /// - Throws: `.misuse` before the handshake is over, and in TLS 1.2 where the master secret is not an extended one, so that
    ///   two connections could have the same (Triple Handshake); `.cryptoFailed`.
    public func tlsExporter() throws(TLSError) -> BoundedBytes<32> {
        var label = InlineArray<24, UInt8>(repeating: 0)
        var writer = ByteWriter(label.mutableSpan)
        writer.append("EXPORTER-Channel-Binding")
        var binding = InlineArray<32, UInt8>(repeating: 0)
        var memory = binding.mutableSpan
        // "Context value: Zero-length string": in TLS 1.2 that is not the same as none (RFC 5705 §4).
        try exportKeyingMaterial(label: label.span, context: Span(), into: &memory)
        return BoundedBytes(binding.span) ?? BoundedBytes()
    }
}
