// TLSCrypto: one handle type a primitive; nothing above knows who computes it. mbedTLS does (through CMbedTLS), and we
// write no cipher, hash or curve of our own. FIPS 180-4 hashes, HMAC (RFC 2104), HKDF (RFC 5869), AES-GCM, AES-CCM and
// ChaCha20-Poly1305 (RFC 5116, RFC 8439), X25519 and ECDH (RFC 7748, RFC 8446 §7.4.2), ECDSA (deterministic, RFC 6979)
// and RSA (RFC 8017).
//
// Invariants:
// - a secret lives in a `Region` that does not move, or in memory of mbedTLS, and is wiped by its handle's `deinit`;
//   secrets that come out go to the caller's memory, never into a returned value;
// - sealing and opening a record, and the running hash, allocate nothing; what mbedTLS allocates elsewhere ends with
//   the call (AES's key schedule: with the handle);
// - whatever a peer sent is refused with an error, never trapped on;
// - randomness comes from `RandomSource`; what only blinds a computation always comes from getrandom(2).
//
// Threads: a handle belongs to one thread at a time. The curves are shared: loaded under a lock when first used (or by
// `prepareCurves`), and only read from then on.
//
// This file: the error and the passage from CMbedTLS's numbers to it.
import CMbedTLS

/// What a primitive can answer instead of a result.
public enum CryptoError: Error, Equatable, Sendable {
    /// Memory given by the caller is too small for a context, or mbedTLS could not allocate.
    case outOfMemory
    /// A key has the wrong length, is malformed, or its parts disagree.
    case invalidKey
    /// A private key is encrypted: decrypt it first.
    case encryptedKey
    /// A peer's public value has the wrong length, is not on the curve, or has small order.
    case invalidPublicValue
    /// A signature does not verify, or is not encoded as its algorithm demands.
    case badSignature
    /// An AEAD tag does not match.
    case authenticationFailed
    /// The source of random bytes failed.
    case randomUnavailable
    /// An algorithm, curve, size or length that is not offered.
    case unsupported
    /// The output does not fit, or memory for it does not have the exact size that is asked for.
    case outputTooSmall
    /// Text is not base64.
    case invalidEncoding
    /// The private key is in a token that does not sign now.
    case unavailable
    /// Another error of mbedTLS, by its number.
    case backend(Int32)

    /// The error for a number of CMbedTLS that is not `SWL_OK`.
    init(code: Int32) {
        switch Int(code) {
        case SWL_E_MEMORY: self = .outOfMemory
        case SWL_E_KEY: self = .invalidKey
        case SWL_E_ENCRYPTED_KEY: self = .encryptedKey
        case SWL_E_PUBLIC_VALUE: self = .invalidPublicValue
        case SWL_E_SIGNATURE: self = .badSignature
        case SWL_E_AUTHENTICATION: self = .authenticationFailed
        case SWL_E_RANDOM: self = .randomUnavailable
        case SWL_E_UNSUPPORTED: self = .unsupported
        case SWL_E_SPACE: self = .outputTooSmall
        case SWL_E_ENCODING: self = .invalidEncoding
        default: self = .backend(code)
        }
    }
}

/// Throws the error of a number of CMbedTLS, unless it is `SWL_OK`.
func check(_ code: Int32) throws(CryptoError) {
    guard code == 0 else { throw CryptoError(code: code) }
}

/// The version of the mbedTLS that is linked, as 0xMMNNPP00.
public var backendVersion: UInt32 { swl_mbedtls_version() }

extension Span where Element == UInt8 {
    /// Hands address and count to a call of CMbedTLS that keeps neither; the address is nil for no bytes.
    func passed<Result>(_ call: (UnsafePointer<UInt8>?, Int) -> Result) -> Result {
        // The address is only used within `call`.
        unsafe withUnsafeBufferPointer { unsafe call($0.count == 0 ? nil : $0.baseAddress, $0.count) }
    }

    /// As `passed`, for a call that takes no null pointer: no bytes have the address of one that is not read.
    func passedNonNull<Result>(_ call: (UnsafePointer<UInt8>, Int) -> Result) -> Result {
        var none: UInt8 = 0
        // The addresses are only used within `call`.
        return unsafe withUnsafePointer(to: &none) { (nothing) -> Result in
            unsafe withUnsafeBufferPointer { unsafe call($0.baseAddress ?? nothing, $0.count) }
        }
    }
}

extension MutableSpan where Element == UInt8 {
    /// Hands address and count to a call of CMbedTLS that writes at most so many bytes and keeps neither.
    @_lifetime(self: copy self)
    mutating func filled<Result>(_ call: (UnsafeMutablePointer<UInt8>, Int) -> Result) -> Result {
        var none: UInt8 = 0
        // The addresses are only used within `call`; for no bytes it is that of one that is not written.
        return unsafe withUnsafeMutablePointer(to: &none) { (nothing) -> Result in
            unsafe withUnsafeMutableBufferPointer { unsafe call($0.baseAddress ?? nothing, $0.count) }
        }
    }
}
