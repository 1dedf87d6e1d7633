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
    let count = hash.byteCount
    var memory = InlineArray<96, UInt8>(repeating: 0)
    var whole = memory.mutableSpan
    defer { whole.wipe() }
    // A(1) = HMAC(secret, A(0)), where A(0) is the seed.
    var a = Digest()
    a = try hmacDigest(hash, secret, Span(), head, tail)
    var written = 0
    while written < output.count {
        var block = whole._mutatingExtracting(0..<count)
        do throws(CryptoError) {
            try hmac(hash, key: secret, a.bytes, head, tail, into: &block)
        } catch { throw .cryptoFailed(error) }
        let taken = Swift.min(count, output.count - written)
        output.copy(block.span.extracting(0..<taken), at: written)
        written += taken
        if written < output.count { a = try hmacDigest(hash, secret, a.bytes, Span(), Span()) }
    }
}

private func hmacDigest(
    _ hash: HashAlgorithm, _ secret: Span<UInt8>, _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>
) throws(TLSError) -> Digest {
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    var all = bytes.mutableSpan
    defer { all.wipe() }
    var mac = all._mutatingExtracting(0..<hash.byteCount)
    do throws(CryptoError) { try hmac(hash, key: secret, first, second, third, into: &mac) } catch {
        throw .cryptoFailed(error)
    }
    return Digest(mac.span) ?? Digest()
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
