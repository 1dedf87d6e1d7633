// HMAC (RFC 2104) and HKDF (RFC 5869). Results are secrets, so they go to memory of the caller's.
import CMbedTLS

/// HMAC of `message`.
/// - Parameter into: exactly `byteCount` bytes.
/// - Throws: `outputTooSmall` where `into` has another size; `outOfMemory`.
public func hmac(
    _ algorithm: HashAlgorithm, key: Span<UInt8>, _ message: Span<UInt8>, into: inout MutableSpan<UInt8>
) throws(CryptoError) {
    guard into.count == algorithm.byteCount else { throw .outputTooSmall }
    // Every address is that of live memory with the count next to it; `into` has the size of a hash.
    let code = unsafe into.filled { out, _ in
        unsafe key.passed { key, keyCount in
            unsafe message.passed { unsafe swl_hmac(algorithm.code, key, keyCount, $0, $1, out) }
        }
    }
    try check(code)
}

/// HMAC of three pieces one behind the other, each of which may be empty.
/// - Parameter into: exactly `byteCount` bytes; may be where `first` comes from.
/// - Throws: `outputTooSmall` where `into` has another size; `outOfMemory`.
public func hmac(
    _ algorithm: HashAlgorithm, key: Span<UInt8>, _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>,
    into: inout MutableSpan<UInt8>
) throws(CryptoError) {
    guard into.count == algorithm.byteCount else { throw .outputTooSmall }
    // As in `hmac` of one piece.
    let code = unsafe into.filled { out, _ in
        unsafe key.passed { key, keyCount in
            unsafe first.passed { first, firstCount in
                unsafe second.passed { second, secondCount in
                    unsafe third.passed {
                        unsafe swl_hmac_pieces(
                            algorithm.code, key, keyCount, first, firstCount, second, secondCount, $0, $1, out)
                    }
                }
            }
        }
    }
    try check(code)
}

/// HKDF-Extract (RFC 5869 §2.2). An empty salt is a salt of zeros.
/// - Parameter into: exactly `byteCount` bytes.
/// - Throws: `outputTooSmall` where `into` has another size; `outOfMemory`.
public func hkdfExtract(
    _ algorithm: HashAlgorithm, salt: Span<UInt8>, inputKeyMaterial: Span<UInt8>, into: inout MutableSpan<UInt8>
) throws(CryptoError) {
    guard into.count == algorithm.byteCount else { throw .outputTooSmall }
    // As in `hmac`.
    let code = unsafe into.filled { out, _ in
        unsafe salt.passed { salt, saltCount in
            unsafe inputKeyMaterial.passed { unsafe swl_hkdf_extract(algorithm.code, salt, saltCount, $0, $1, out) }
        }
    }
    try check(code)
}

/// HKDF-Expand (RFC 5869 §2.3): fills all of `into`.
/// - Parameter pseudorandomKey: at least `byteCount` bytes.
/// - Throws: `invalidKey` where the key is shorter than a hash; `unsupported` for more than 255 hashes of output;
///   `outOfMemory`.
public func hkdfExpand(
    _ algorithm: HashAlgorithm, pseudorandomKey: Span<UInt8>, info: Span<UInt8>, into: inout MutableSpan<UInt8>
) throws(CryptoError) {
    // Every address is that of live memory with the count next to it.
    let code = unsafe into.filled { out, outCount in
        unsafe pseudorandomKey.passed { key, keyCount in
            unsafe info.passed { unsafe swl_hkdf_expand(algorithm.code, key, keyCount, $0, $1, out, outCount) }
        }
    }
    try check(code)
}
