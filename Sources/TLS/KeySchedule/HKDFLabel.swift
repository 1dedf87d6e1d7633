// HKDF-Extract, HKDF-Expand-Label and Derive-Secret (RFC 8446 §7.1).
import Bytes
import TLSCrypto

/// HKDF-Extract(salt, input): an empty salt is one of zeros (RFC 5869 §2.2).
/// - Parameter output: as long as the hash.
func extract(
    _ hash: HashAlgorithm, salt: Span<UInt8> = Span(), _ input: Span<UInt8>, into output: inout MutableSpan<UInt8>
) throws(TLSError) {
    try crypto { () throws(CryptoError) in
        try hkdfExtract(hash, salt: salt, inputKeyMaterial: input, into: &output)
    }
}

/// Derive-Secret(secret, label, ""): over no messages.
/// - Parameter output: as long as the hash.
func deriveSecret(
    _ hash: HashAlgorithm, from secret: Span<UInt8>, label: StaticString, into output: inout MutableSpan<UInt8>
) throws(TLSError) {
    let nothing = try hashed(hash, Span())
    try expandLabel(hash, secret: secret, label: label, context: nothing.bytes, into: &output)
}

/// HKDF-Expand-Label(secret, label, context, length of `output`).
/// - Parameters:
///   - label: without the prefix "tls13 ".
///   - context: at most 255 bytes: empty, a hash, or the nonce of a ticket.
///   - output: written whole.
func expandLabel(
    _ hash: HashAlgorithm, secret: Span<UInt8>, label: StaticString, context: Span<UInt8>,
    into output: inout MutableSpan<UInt8>
) throws(TLSError) {
    // A label of this protocol has at most 12 characters.
    var memory = InlineArray<16, UInt8>(repeating: 0)
    var writer = ByteWriter(memory.mutableSpan)
    writer.append(label)
    let count = Swift.min(writer.count, writer.capacity)
    try expandLabel(
        hash, secret: secret, label: memory.span.extracting(0..<count), context: context, into: &output)
}

/// HKDF-Expand-Label with a label that is not ours: an exporter's (§7.5), of at most 249 bytes.
func expandLabel(
    _ hash: HashAlgorithm, secret: Span<UInt8>, label: Span<UInt8>, context: Span<UInt8>,
    into output: inout MutableSpan<UInt8>
) throws(TLSError) {
    // struct HkdfLabel { uint16 length; opaque label<7..255>; opaque context<0..255>; }
    var memory = InlineArray<576, UInt8>(repeating: 0)
    var writer = ByteWriter(memory.mutableSpan)
    writer.append(UInt16(truncatingIfNeeded: output.count))
    let labelVector = writer.beginVector(lengthBytes: 1)
    writer.append("tls13 ")
    writer.append(label)
    writer.endVector(labelVector)
    writer.appendVector(context, lengthBytes: 1)
    guard !writer.overflowed else {
        throw .limitExceeded(.memory, capacity: writer.capacity, needed: writer.count)
    }
    let count = writer.count
    let info = memory.span.extracting(0..<count)
    try crypto { () throws(CryptoError) in
        try hkdfExpand(hash, pseudorandomKey: secret, info: info, into: &output)
    }
}
