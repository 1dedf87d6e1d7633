// Exporters (RFC 8446 §7.5, RFC 5705): keys for other protocols out of a connection, bound to its handshake.
//
// Invariant: only an established connection exports; what failed has forgotten its secret.
import Bytes
import TLSCrypto

extension Connection {
    /// Fills `output` with keying material that both sides can export, and nobody else.
    ///
    /// TLS-Exporter(label, context, length) = HKDF-Expand-Label(Derive-Secret(exporter_master_secret, label, ""), "exporter",
    /// Hash(context), length). In TLS 1.3 no context is the same as an empty one.
    /// - Parameters:
    ///   - label: who the keys are for, from the registry "TLS Exporter Labels"; 1 to 249 bytes.
    ///   - context: what else they are bound to; of any length.
    ///   - output: 1 to 255 hashes of the suite long; each length gives other bytes.
    /// - Throws: `.misuse(.notEstablished)`, `.misuse(.badConfiguration)` for a label or length out of range.
    public func exportKeyingMaterial(
        label: Span<UInt8>, context: Span<UInt8>, into output: inout MutableSpan<UInt8>
    ) throws(TLSError) {
        guard isEstablished, let hash = negotiated.cipherSuite?.parameters?.hash else { throw .misuse(.notEstablished) }
        guard 1...249 ~= label.count, 1...(255 * hash.byteCount) ~= output.count else {
            throw .misuse(.badConfiguration)
        }
        let empty = try crypto { () throws(CryptoError) in try digest(hash, Span()) }
        let contextHash = try crypto { () throws(CryptoError) in try digest(hash, context) }
        var derived = InlineArray<48, UInt8>(repeating: 0)
        var memory = derived.mutableSpan
        defer { memory.wipe() }
        var secret = memory._mutatingExtracting(0..<hash.byteCount)
        try expandLabel(
            hash, secret: core.exporter.bytes.extracting(0..<hash.byteCount), label: label, context: empty.bytes,
            into: &secret)
        try expandLabel(hash, secret: secret.span, label: "exporter", context: contextHash.bytes, into: &output)
    }
}
