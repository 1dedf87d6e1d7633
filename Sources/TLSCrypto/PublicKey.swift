// Public keys of others and the signatures made with them: ECDSA on P-256 and P-384 (FIPS 186-4), RSASSA-PSS and
// RSASSA-PKCS1-v1_5 (RFC 8017). A key is a view over the parts that X509 found in a SubjectPublicKeyInfo; nothing is
// known to be right about it until `verify` has looked.
import Bytes
import CMbedTLS

/// A curve for signatures.
public enum EllipticCurve: UInt8, Sendable, BitwiseCopyable {
    case secp256r1 = 1
    case secp384r1 = 2

    /// The length of a coordinate and of each half of a signature.
    public var scalarBytes: Int { self == .secp256r1 ? 32 : 48 }
}

/// What kind of key a public key is.
public enum PublicKeyKind: Equatable, Sendable, BitwiseCopyable {
    case ec(EllipticCurve)
    /// `bits` is the length of the modulus.
    case rsa(bits: Int)
}

/// How a signature is made. The curve of ECDSA is the key's.
public enum SignatureAlgorithm: Equatable, Sendable {
    /// The signature is an Ecdsa-Sig-Value in DER (RFC 3279 §2.2.3).
    case ecdsa(HashAlgorithm)
    case rsaPKCS1(HashAlgorithm)
    /// The mask is MGF1 with the same hash, and the salt is as long as the hash (RFC 8446 §4.2.3).
    case rsaPSS(HashAlgorithm)

    /// The hash of the message.
    public var hash: HashAlgorithm {
        switch self {
        case .ecdsa(let hash), .rsaPKCS1(let hash), .rsaPSS(let hash): hash
        }
    }
}

/// A public key, as a view of somebody else's bytes.
public struct PublicKey: ~Escapable {
    /// The shortest modulus that is believed.
    static var minimumRSABits: Int { 2048 }

    private let curve: EllipticCurve?
    /// The point, or the modulus.
    private let value: Span<UInt8>
    private let exponent: Span<UInt8>
    private let minimumBits: Int

    /// A point in uncompressed form.
    @_lifetime(copy point)
    public init(curve: EllipticCurve, point: Span<UInt8>) {
        self.curve = curve
        value = point
        exponent = point.extracting(0..<0)
        minimumBits = 0
    }

    /// Modulus and exponent, big-endian; zeros in front do not matter.
    @_lifetime(copy modulus, copy exponent)
    public init(rsaModulus modulus: Span<UInt8>, exponent: Span<UInt8>) {
        self.init(unsafeRSAModulus: modulus, exponent: exponent, minimumBits: Self.minimumRSABits)
    }

    /// For tests with old vectors alone: admits a modulus of less than 2048 bits. Nobody outside of this package sees it.
    @_lifetime(copy modulus, copy exponent)
    package init(unsafeRSAModulus modulus: Span<UInt8>, exponent: Span<UInt8>, minimumBits: Int) {
        curve = nil
        value = modulus
        self.exponent = exponent
        self.minimumBits = minimumBits
    }

    /// What kind of key it is.
    public var kind: PublicKeyKind {
        guard let curve else { return .rsa(bits: Self.bitLength(value)) }
        return .ec(curve)
    }

    /// Verifies a signature over `message`.
    /// - Throws: `badSignature` where it does not verify or is malformed; `unsupported` where the algorithm is not one
    ///   for this key, or an RSA key has less than 2048 or more than 4096 bits or an exponent of more than 32;
    ///   `invalidPublicValue` or `invalidKey` where the key itself is no key; `outOfMemory`.
    public func verify(
        _ algorithm: SignatureAlgorithm, message: Span<UInt8>, signature: Span<UInt8>
    ) throws(CryptoError) {
        try verify(algorithm, hash: try digest(algorithm.hash, message), signature: signature)
    }

    /// Verifies a signature over what has this hash by the algorithm's hash function. As `verify` of a message otherwise.
    public func verify(
        _ algorithm: SignatureAlgorithm, hash: Digest, signature: Span<UInt8>
    ) throws(CryptoError) {
        guard hash.count == algorithm.hash.byteCount else { throw .unsupported }
        switch (algorithm, curve) {
        case (.ecdsa, .some(let curve)): try verifyECDSA(curve, hash, signature)
        case (.rsaPKCS1(let algorithm), .none): try verifyRSA(pss: 0, algorithm, hash, signature)
        case (.rsaPSS(let algorithm), .none): try verifyRSA(pss: 1, algorithm, hash, signature)
        default: throw .unsupported
        }
    }

    private func verifyECDSA(
        _ curve: EllipticCurve, _ hash: Digest, _ signature: Span<UInt8>
    ) throws(CryptoError) {
        let numbers = try ECDSASignature(signature, scalarBytes: curve.scalarBytes)
        let r = numbers.r
        let s = numbers.s
        let hashed = hash.bytes
        // Every address is that of live memory with the count next to it.
        let code = unsafe value.passed { point, pointCount in
            unsafe hashed.passedNonNull { hash, hashCount in
                unsafe r.passedNonNull { r, rCount in
                    unsafe s.passedNonNull {
                        unsafe swl_ecdsa_verify(
                            Int32(curve.rawValue), point, pointCount, hash, hashCount, r, rCount, $0, $1)
                    }
                }
            }
        }
        try check(code)
    }

    private func verifyRSA(
        pss: Int32, _ algorithm: HashAlgorithm, _ hash: Digest, _ signature: Span<UInt8>
    ) throws(CryptoError) {
        let hashed = hash.bytes
        let least = minimumBits
        let exponent = self.exponent
        // Every address is that of live memory with the count next to it; the hash has the algorithm's length.
        let code = unsafe value.passed { n, nCount in
            unsafe exponent.passed { e, eCount in
                unsafe hashed.passedNonNull { hash, _ in
                    unsafe signature.passed {
                        unsafe swl_rsa_verify(
                            pss, algorithm.code, n, nCount, e, eCount, least, hash, $0, $1)
                    }
                }
            }
        }
        try check(code)
    }

    /// RSAES-PKCS1-v1_5 encryption: see `encrypt`.
    /// - Returns: CMbedTLS's number.
    func encryptBlock(_ message: Span<UInt8>, _ random: RandomSource, _ block: inout MutableSpan<UInt8>) -> Int32 {
        let least = minimumBits
        let exponent = self.exponent
        // Every address is that of live memory with the count next to it.
        return unsafe value.passed { n, nCount in
            unsafe exponent.passed { e, eCount in
                unsafe message.passedNonNull { message, messageCount in
                    unsafe block.filled {
                        unsafe swl_rsa_encrypt(
                            n, nCount, e, eCount, least, random.fillBytes, random.context, message, messageCount, $0,
                            $1)
                    }
                }
            }
        }
    }

    /// Whether both are the same key.
    public func isSameKey(as other: PublicKey) -> Bool {
        curve == other.curve
            && Self.withoutLeadingZeros(value).hasSameBytes(as: Self.withoutLeadingZeros(other.value))
            && Self.withoutLeadingZeros(exponent).hasSameBytes(as: Self.withoutLeadingZeros(other.exponent))
    }

    @_lifetime(copy bytes)
    private static func withoutLeadingZeros(_ bytes: Span<UInt8>) -> Span<UInt8> {
        var start = 0
        while start < bytes.count, bytes[start] == 0 { start += 1 }
        return bytes.extracting(start..<bytes.count)
    }

    private static func bitLength(_ bytes: Span<UInt8>) -> Int {
        let number = withoutLeadingZeros(bytes)
        guard number.count > 0 else { return 0 }
        return number.count * 8 - number[0].leadingZeroBitCount
    }
}
