// The primitives behind private keys under a password: PBKDF2 (RFC 8018 §5.2) and AES in CBC mode. For reading such keys
// alone; nothing of TLS uses CBC.
import CMbedTLS

/// The pseudorandom function of PBKDF2: HMAC with a hash.
public enum PBKDF2Function: UInt8, Sendable {
    case hmacSHA1 = 0
    case hmacSHA256 = 1
    case hmacSHA384 = 2
    case hmacSHA512 = 3
}

/// Fills `into` (at most 64 bytes) with a key from a password.
/// - Parameter iterations: how often the function is computed for each block: the caller has bounded it.
/// - Throws: `unsupported`, `outOfMemory`.
public func pbkdf2(
    _ function: PBKDF2Function, password: Span<UInt8>, salt: Span<UInt8>, iterations: UInt32,
    into: inout MutableSpan<UInt8>
) throws(CryptoError) {
    // Every address is that of live memory with the count next to it.
    let code = unsafe into.filled { out, outCount in
        unsafe password.passed { password, passwordCount in
            unsafe salt.passed { salt, saltCount in
                unsafe swl_pbkdf2(
                    Int32(function.rawValue), password, passwordCount, salt, saltCount, iterations, out, outCount)
            }
        }
    }
    try check(code)
}

/// Decrypts whole blocks of AES-CBC in place. The padding stays where it is.
/// - Parameters:
///   - key: 16, 24 or 32 bytes.
///   - initialVector: 16 bytes.
/// - Throws: `unsupported` where a length is another one.
public func decryptAESCBC(
    key: Span<UInt8>, initialVector: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
) throws(CryptoError) {
    guard initialVector.count == 16 else { throw .unsupported }
    // Every address is that of live memory with the count next to it; the vector has its 16 bytes.
    let code = unsafe bytes.filled { bytes, count in
        unsafe key.passedNonNull { key, keyCount in
            unsafe initialVector.passedNonNull { vector, _ in
                unsafe swl_aes_cbc_decrypt(key, keyCount, vector, bytes, count)
            }
        }
    }
    try check(code)
}
