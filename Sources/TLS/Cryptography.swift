// Where errors of the primitives and of certificates become errors of the protocol, and the few forms in which the protocol
// uses the primitives again and again: both versions, both roles.
import Bytes
import TLSCrypto
import X509

/// Runs `body`, turning a primitive's failure into `TLSError.cryptoFailed`.
func crypto<R: ~Copyable>(_ body: () throws(CryptoError) -> R) throws(TLSError) -> R {
    do throws(CryptoError) { return try body() } catch { throw .cryptoFailed(error) }
}

/// Runs `body`, turning what is wrong with a certificate or its key into `TLSError.badCertificate`.
func x509<R: ~Copyable>(_ body: () throws(X509Error) -> R) throws(TLSError) -> R {
    do throws(X509Error) { return try body() } catch { throw .badCertificate(error) }
}

/// Runs `body` with memory for a secret of `count` bytes, at most 160, which is wiped afterwards.
func withSecret<R: ~Copyable, Failure: Error>(
    _ count: Int, _ body: (inout MutableSpan<UInt8>) throws(Failure) -> R
) throws(Failure) -> R {
    var memory = InlineArray<160, UInt8>(repeating: 0)
    var whole = memory.mutableSpan
    var secret = whole._mutatingExtracting(0..<count)
    defer { secret.wipe() }
    return try body(&secret)
}

/// The hash of `bytes`.
func hashed(_ hash: HashAlgorithm, _ bytes: Span<UInt8>) throws(TLSError) -> Digest {
    try crypto { () throws(CryptoError) in try digest(hash, bytes) }
}

/// The hash of what `write` writes, which is at most 1024 bytes and no secret.
func hashed(
    _ hash: HashAlgorithm, _ write: (inout ByteWriter) throws(TLSError) -> Void
) throws(TLSError) -> Digest {
    var memory = InlineArray<1024, UInt8>(repeating: 0)
    var writer = ByteWriter(memory.mutableSpan)
    try write(&writer)
    guard !writer.overflowed else {
        throw .limitExceeded(.memory, capacity: writer.capacity, needed: writer.count)
    }
    let count = writer.count
    return try hashed(hash, memory.span.extracting(0..<count))
}

/// SHA-256 of `bytes`, by which something is known again.
func fingerprint(_ bytes: Span<UInt8>) throws(TLSError) -> BoundedBytes<32> {
    BoundedBytes(try hashed(.sha256, bytes).bytes) ?? BoundedBytes()
}

/// HMAC of up to three pieces one behind the other.
func mac(
    _ hash: HashAlgorithm, key: Span<UInt8>, _ first: Span<UInt8>, _ second: Span<UInt8> = Span(),
    _ third: Span<UInt8> = Span()
) throws(TLSError) -> Digest {
    try withSecret(hash.byteCount) { (mac: inout MutableSpan<UInt8>) throws(TLSError) -> Digest in
        try crypto { () throws(CryptoError) in try hmac(hash, key: key, first, second, third, into: &mac) }
        return Digest(mac.span) ?? Digest()
    }
}

extension RandomSource {
    /// Fills memory with random bytes, as `fill`.
    func draw(into memory: inout MutableSpan<UInt8>) throws(TLSError) {
        do throws(CryptoError) { try fill(&memory) } catch { throw .cryptoFailed(error) }
    }
}

extension EphemeralKey {
    /// The secret shared with a peer, as `sharedSecret`.
    /// - Throws: `.illegalParameter(.keyShareInvalid)` for a wrong length, a point off the curve or an all-zero result (RFC 8446
    ///   §4.2.8.2, §7.4.2; RFC 8422 §5.11).
    func agree(with publicValue: Span<UInt8>, into secret: inout MutableSpan<UInt8>) throws(TLSError) {
        do throws(CryptoError) { try sharedSecret(peer: publicValue, into: &secret) } catch {
            throw error == .invalidPublicValue ? .illegalParameter(.keyShareInvalid) : .cryptoFailed(error)
        }
    }
}
