// SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): the public key in a certificate or a certification request. Elliptic
// curve keys by RFC 5480, RSA keys by RFC 3279 §2.3.1.

import TLSCrypto

extension PublicKey {
    /// The key in a SubjectPublicKeyInfo.
    /// - Parameter der: the whole SEQUENCE.
    /// - Throws: `unsupportedPublicKey`, `badPublicKey`, `badPublicKeySize`, `malformedDER`, `unexpectedElement`,
    ///   `trailingData`
    @_lifetime(copy der)
    public init(subjectPublicKeyInfo der: Span<UInt8>) throws(X509Error) {
        try self.init(subjectPublicKeyInfo: der, minimumRSABits: X509Limits.rsaBits.lowerBound)
    }

    /// The same with another bound for RSA keys: RFC 8448, which tests replay, has keys of 1024 bits.
    @_lifetime(copy der)
    package init(subjectPublicKeyInfo der: Span<UInt8>, minimumRSABits: Int) throws(X509Error) {
        var outer = DERReader(der)
        var info = try outer.readSequence()
        try outer.finish()
        var algorithm = try info.readSequence()
        let key = try info.readOctetAlignedBitString()
        try info.finish()
        switch try algorithm.readObjectIdentifier() {
        case .ecPublicKey:
            let curve = try readNamedCurve(&algorithm)
            self.init(curve: curve, point: try checkedPoint(key, on: curve))
        case .rsaEncryption:
            // RFC 3279 §2.3.1: the parameters must be NULL.
            guard try algorithm.read(.null).isEmpty, algorithm.isAtEnd else { throw X509Error(.badPublicKey) }
            var outer = DERReader(key)
            var numbers = try outer.readSequence()
            try outer.finish()
            let modulus = try numbers.readUnsignedInteger()
            let exponent = try numbers.readUnsignedInteger()
            try numbers.finish()
            try checkRSA(modulus: modulus, exponent: exponent, minimumBits: minimumRSABits)
            self.init(unsafeRSAModulus: modulus, exponent: exponent, minimumBits: minimumRSABits)
        default:
            throw X509Error(.unsupportedPublicKey)
        }
    }
}

/// The curve by its name; RFC 5480 §2.1.1 allows no other form of parameters.
private func readNamedCurve(_ algorithm: inout DERReader) throws(X509Error) -> EllipticCurve {
    guard algorithm.nextTag == .objectIdentifier else { throw X509Error(.unsupportedPublicKey) }
    let name = try algorithm.readObjectIdentifier()
    try algorithm.finish()
    switch name {
    case .secp256r1: return .secp256r1
    case .secp384r1: return .secp384r1
    default: throw X509Error(.unsupportedPublicKey)
    }
}

/// RFC 5480 §2.2: an uncompressed point is 4, then both coordinates. Whether it lies on the curve is checked by
/// whoever computes with it.
@_lifetime(copy point)
private func checkedPoint(_ point: Span<UInt8>, on curve: EllipticCurve) throws(X509Error) -> Span<UInt8> {
    let expected = curve == .secp256r1 ? 65 : 97
    guard let form = point.isEmpty ? nil : point[0] else { throw X509Error(.badPublicKey) }
    // Compressed points may be refused (RFC 5480 §2.2), and TLS 1.3 has none (RFC 8446 §4.2.8.2).
    guard form != 2, form != 3 else { throw X509Error(.unsupportedPublicKey) }
    guard form == 4, point.count == expected else { throw X509Error(.badPublicKey) }
    return point
}

/// RFC 8017 §3.1: an odd modulus, an odd exponent of at least 3. The exponent is bounded to 32 bits, so that no key can
/// make a verification expensive.
private func checkRSA(
    modulus: Span<UInt8>, exponent: Span<UInt8>, minimumBits: Int
) throws(X509Error) {
    let bits = 8 * modulus.count - modulus[0].leadingZeroBitCount
    guard bits >= minimumBits, bits <= X509Limits.rsaBits.upperBound else { throw X509Error(.badPublicKeySize) }
    guard modulus[modulus.count - 1] & 1 == 1 else { throw X509Error(.badPublicKey) }
    let last = exponent[exponent.count - 1]
    let atLeast3 = exponent.count > 1 || last >= 3
    guard last & 1 == 1, atLeast3, exponent.count <= 4 else { throw X509Error(.badPublicKey) }
}
