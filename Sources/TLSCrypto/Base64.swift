// Base64 (RFC 4648 §4), without a branch or a table that depends on the data: private keys pass through here.
import CMbedTLS

/// How many characters `count` bytes become, padding included.
public func base64Length(_ count: Int) -> Int { (count + 2) / 3 * 4 }

/// Writes `bytes` as base64 with padding and without line ends.
/// - Returns: the length of the text.
/// - Throws: `outputTooSmall`.
public func encodeBase64(_ bytes: Span<UInt8>, into: inout MutableSpan<UInt8>) throws(CryptoError) -> Int {
    var count = 0
    // Both addresses are those of live memory with the count next to it.
    let code = unsafe into.filled { out, outCount in
        unsafe bytes.passed { unsafe swl_base64_encode($0, $1, out, outCount, &count) }
    }
    try check(code)
    return count
}

/// Reads base64 with padding. Line ends (LF or CRLF) may stand anywhere, spaces in front of them.
/// - Returns: how many bytes were written.
/// - Throws: `invalidEncoding`; `outputTooSmall`.
public func decodeBase64(_ text: Span<UInt8>, into: inout MutableSpan<UInt8>) throws(CryptoError) -> Int {
    var count = 0
    // Both addresses are those of live memory with the count next to it.
    let code = unsafe into.filled { out, outCount in
        unsafe text.passed { unsafe swl_base64_decode($0, $1, out, outCount, &count) }
    }
    try check(code)
    return count
}
