// The table of checks: their names, what they look at, and how one is run.
import Bytes
import CLinux
import TLSCrypto

/// A check, in the order in which they are run.
public enum Check: UInt8, Sendable, BitwiseCopyable {
    case sha256, sha384, sha512, hmac, hkdf
    case aes128GCM, aes256GCM, chaCha20Poly1305, aes128CCM
    case x25519, secp256r1, secp384r1
    case ecdsaP256, ecdsaP384, rsaPSS, rsaPKCS1
    case base64, random, clock, mbedTLS
    case certificate, handshake, resumption, link, memory, speed

    /// How many checks there are; their raw values are 0 and up.
    public static let count = 26

    /// The memory that a check needs, in bytes.
    public static let memoryBytes = 160_000

    /// The check with this name.
    public init?(name: Span<UInt8>) {
        for value in 0..<Self.count {
            guard let check = Self(rawValue: UInt8(truncatingIfNeeded: value)) else { continue }
            let own = BoundedBytes<32>(text: check.name)
            if own.bytes.hasSameBytes(as: name) {
                self = check
                return
            }
        }
        return nil
    }

    /// Its name on the command line.
    public var name: StaticString {
        switch self {
        case .sha256: "sha256"
        case .sha384: "sha384"
        case .sha512: "sha512"
        case .hmac: "hmac"
        case .hkdf: "hkdf"
        case .aes128GCM: "aes-128-gcm"
        case .aes256GCM: "aes-256-gcm"
        case .chaCha20Poly1305: "chacha20-poly1305"
        case .aes128CCM: "aes-128-ccm"
        case .x25519: "x25519"
        case .secp256r1: "secp256r1"
        case .secp384r1: "secp384r1"
        case .ecdsaP256: "ecdsa-p256"
        case .ecdsaP384: "ecdsa-p384"
        case .rsaPSS: "rsa-pss"
        case .rsaPKCS1: "rsa-pkcs1"
        case .base64: "base64"
        case .random: "random"
        case .clock: "clock"
        case .mbedTLS: "mbedtls"
        case .certificate: "certificate"
        case .handshake: "handshake"
        case .resumption: "resumption"
        case .link: "link"
        case .memory: "memory"
        case .speed: "speed"
        }
    }

    /// What it looks at, in one line.
    public var summary: StaticString {
        switch self {
        case .sha256: "SHA-256, at once and in pieces, against FIPS 180"
        case .sha384: "SHA-384, at once and in pieces, against FIPS 180"
        case .sha512: "SHA-512, at once and in pieces, against FIPS 180"
        case .hmac: "HMAC with SHA-256 and SHA-384, against RFC 4231"
        case .hkdf: "HKDF-Extract and HKDF-Expand, against RFC 5869"
        case .aes128GCM: "AES-128-GCM sealed and opened, a changed record refused"
        case .aes256GCM: "AES-256-GCM sealed and opened, a changed record refused"
        case .chaCha20Poly1305: "ChaCha20-Poly1305 against RFC 8439, a changed record refused"
        case .aes128CCM: "AES-128-CCM against NIST's values, a changed record refused"
        case .x25519: "key agreement on X25519, against RFC 7748"
        case .secp256r1: "key agreement on P-256, against RFC 5903"
        case .secp384r1: "key agreement on P-384, against RFC 5903"
        case .ecdsaP256: "ECDSA on P-256: signatures of RFC 6979, a changed message refused"
        case .ecdsaP384: "ECDSA on P-384: signatures of RFC 6979, a changed message refused"
        case .rsaPSS: "RSASSA-PSS verified, a changed message refused"
        case .rsaPKCS1: "RSASSA-PKCS1-v1_5 verified, a changed message refused"
        case .base64: "base64 both ways, against RFC 4648"
        case .random: "getrandom(2) answers, and its bytes are not stuck"
        case .clock: "the clock has been set, and the monotonic one does not go back"
        case .mbedTLS: "Mbed TLS is of a version that Swiftlet is written for (README.md lists its known CVEs)"
        case .certificate: "a chain of three certificates verified, another name refused"
        case .handshake: "mutual TLS 1.3 and 1.2 handshakes in memory, data both ways, another authority refused"
        case .resumption: "sessions resumed by tickets, without certificates"
        case .link:
            "a handshake and data over the reliable serial link, on a line in memory that spoils and loses bytes"
        case .memory: "the memory of one connection"
        case .speed: "the time that primitives and handshakes take; figures alone, no verdict"
        }
    }

    /// Runs the check.
    /// - Parameter memory: `memoryBytes`, used by nothing else meanwhile.
    public func run(_ options: CheckOptions, unsafe memory: UnsafeMutableRawBufferPointer) -> CheckResult {
        // The caller lends the memory for the length of this call; nothing keeps it.
        var context = unsafe CheckContext(options, unsafe: memory)
        let start = swl_monotonic_nanoseconds()
        let outcome = outcome(&context)
        return CheckResult(
            outcome: outcome, figures: context.figures, nanoseconds: swl_monotonic_nanoseconds() &- start)
    }

    private func outcome(_ context: inout CheckContext) -> Outcome {
        do throws(CheckFailure) {
            switch self {
            case .random: return checkRandom(context)
            case .clock: return checkClock(&context)
            case .mbedTLS: return checkLibrary(&context)
            case .certificate: return try checkCertificate(&context)
            case .handshake: return try checkHandshake(&context)
            case .resumption: return try checkResumption(&context)
            case .link: return try checkLink(&context)
            case .memory: return checkMemory(&context)
            case .speed: return try measureSpeed(&context)
            default: return try primitive(&context)
            }
        } catch {
            return .failed(error.text)
        }
    }

    private func primitive(_ context: inout CheckContext) throws(CheckFailure) -> Outcome {
        do throws(CryptoError) {
            switch self {
            case .sha256: return try checkHash(.sha256, &context)
            case .sha384: return try checkHash(.sha384, &context)
            case .sha512: return try checkHash(.sha512, &context)
            case .hmac: return try checkHMAC(context)
            case .hkdf: return try checkHKDF(context)
            case .aes128GCM: return try checkAEAD(.aes128GCM, &context)
            case .aes256GCM: return try checkAEAD(.aes256GCM, &context)
            case .chaCha20Poly1305: return try checkAEAD(.chaCha20Poly1305, &context)
            case .aes128CCM: return try checkAEAD(.aes128CCM, &context)
            case .x25519: return try checkKeyAgreement(.x25519, &context)
            case .secp256r1: return try checkKeyAgreement(.secp256r1, &context)
            case .secp384r1: return try checkKeyAgreement(.secp384r1, &context)
            case .ecdsaP256: return try checkECDSA(.secp256r1, context)
            case .ecdsaP384: return try checkECDSA(.secp384r1, context)
            case .rsaPSS: return try checkRSA(.rsaPSS(.sha256), context)
            case .rsaPKCS1: return try checkRSA(.rsaPKCS1(.sha256), context)
            default: return try checkBase64(context)
            }
        } catch {
            throw .crypto(error)
        }
    }
}
