// The pseudorandom function of TLS 1.2 (RFC 5246 §5): P_hash with the hash of the cipher suite.
import Bytes
import TLSCrypto

/// PRF(secret, label, seed) = P_hash(secret, label + seed).
/// - Parameters:
///   - head: the label and the beginning of the seed.
///   - tail: the rest of the seed.
///   - output: written whole.
func prf(
    _ hash: HashAlgorithm, secret: Span<UInt8>, head: Span<UInt8>, tail: Span<UInt8> = Span(),
    into output: inout MutableSpan<UInt8>
) throws(TLSError) {
    // A(1) = HMAC(secret, A(0)), where A(0) is the seed.
    var a = try mac(hash, key: secret, head, tail)
    try withSecret(hash.byteCount) { (block: inout MutableSpan<UInt8>) throws(TLSError) in
        var written = 0
        while written < output.count {
            try crypto { () throws(CryptoError) in try hmac(hash, key: secret, a.bytes, head, tail, into: &block) }
            let taken = Swift.min(block.count, output.count - written)
            output.copy(block.span.extracting(0..<taken), at: written)
            written += taken
            if written < output.count { a = try mac(hash, key: secret, a.bytes) }
        }
    }
}

/// PRF with one of the protocol's own labels and a seed of at most 96 bytes.
func prf(
    _ hash: HashAlgorithm, secret: Span<UInt8>, label: StaticString, seed: Span<UInt8>,
    into output: inout MutableSpan<UInt8>
) throws(TLSError) {
    var memory = InlineArray<128, UInt8>(repeating: 0)
    var writer = ByteWriter(memory.mutableSpan)
    writer.append(label)
    writer.append(seed)
    let count = writer.count
    guard count <= memory.count else { throw .limitExceeded(.memory, capacity: memory.count, needed: count) }
    try prf(hash, secret: secret, head: memory.span.extracting(0..<count), into: &output)
}
