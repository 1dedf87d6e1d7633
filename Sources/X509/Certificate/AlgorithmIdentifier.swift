// AlgorithmIdentifiers of signatures (RFC 5280 §4.1.1.2) and what they mean: RFC 5758 §3.2 (ECDSA), RFC 4055 §3 (PSS)
// and §5 (PKCS #1 v1.5).

import TLSCrypto

extension SignatureAlgorithm {
    /// The algorithm that an AlgorithmIdentifier names.
    /// - Parameter der: the whole SEQUENCE.
    /// - Throws: `weakSignatureAlgorithm` for MD2, MD5 and SHA-1, `unsupportedSignatureAlgorithm`, `malformedDER`,
    ///   `unexpectedElement`, `trailingData`
    public init(algorithmIdentifier der: Span<UInt8>) throws(X509Error) {
        var outer = DERReader(der)
        var reader = try outer.readSequence()
        try outer.finish()
        switch try reader.readObjectIdentifier() {
        case .ecdsaWithSHA256: self = try reader.withoutParameters(.ecdsa(.sha256))
        case .ecdsaWithSHA384: self = try reader.withoutParameters(.ecdsa(.sha384))
        case .ecdsaWithSHA512: self = try reader.withoutParameters(.ecdsa(.sha512))
        case .sha256WithRSAEncryption: self = try reader.withNullParameters(.rsaPKCS1(.sha256))
        case .sha384WithRSAEncryption: self = try reader.withNullParameters(.rsaPKCS1(.sha384))
        case .sha512WithRSAEncryption: self = try reader.withNullParameters(.rsaPKCS1(.sha512))
        case .rsassaPSS: self = .rsaPSS(try reader.readPSSParameters())
        case .md2WithRSAEncryption, .md5WithRSAEncryption, .sha1WithRSAEncryption, .ecdsaWithSHA1:
            throw X509Error(.weakSignatureAlgorithm)
        default:
            throw X509Error(.unsupportedSignatureAlgorithm)
        }
    }
}

extension DERReader {
    /// RFC 5758 §3.2: with ECDSA the parameters must be absent.
    fileprivate func withoutParameters(_ algorithm: SignatureAlgorithm) throws(X509Error) -> SignatureAlgorithm {
        guard isAtEnd else { throw X509Error(.unsupportedSignatureAlgorithm) }
        return algorithm
    }

    /// RFC 4055 §5: the parameters are NULL; their absence must be accepted as well.
    @_lifetime(self: copy self)
    fileprivate mutating func withNullParameters(
        _ algorithm: SignatureAlgorithm
    ) throws(X509Error) -> SignatureAlgorithm {
        try skipNull()
        guard isAtEnd else { throw X509Error(.unsupportedSignatureAlgorithm) }
        return algorithm
    }

    @_lifetime(self: copy self)
    private mutating func skipNull() throws(X509Error) {
        if let null = try readOptional(.null), !null.isEmpty { throw X509Error(.malformedDER) }
    }

    /// RSASSA-PSS-params (RFC 4055 §3.1). TLS and the primitive below know only the form in which the hash is also
    /// MGF1's hash and the salt is as long as the hash. The defaults of the ASN.1 are SHA-1, so both hashes are
    /// always written out.
    @_lifetime(self: copy self)
    fileprivate mutating func readPSSParameters() throws(X509Error) -> HashAlgorithm {
        // RFC 4055 §3.1: in a signature's AlgorithmIdentifier the parameters must be present.
        guard nextTag == .sequence else { throw X509Error(.unsupportedSignatureAlgorithm) }
        var reader = try readSequence()
        try finish()
        guard let hashField = try reader.readOptional(.contextConstructed(0)) else {
            throw X509Error(.weakSignatureAlgorithm)
        }
        let hash = try hashAlgorithm(of: hashField)
        guard let maskField = try reader.readOptional(.contextConstructed(1)) else {
            throw X509Error(.weakSignatureAlgorithm)
        }
        guard try maskHash(of: maskField) == hash else { throw X509Error(.unsupportedSignatureAlgorithm) }
        var saltBytes = 20
        if let saltField = try reader.readOptional(.contextConstructed(2)) { saltBytes = try singleInteger(saltField) }
        guard saltBytes == hash.byteCount else { throw X509Error(.unsupportedSignatureAlgorithm) }
        // "MUST recognize both a present trailerField field with value 1 and an absent trailerField field."
        if let trailer = try reader.readOptional(.contextConstructed(3)) {
            guard try singleInteger(trailer) == 1 else { throw X509Error(.unsupportedSignatureAlgorithm) }
        }
        try reader.finish()
        return hash
    }

    /// A hash's AlgorithmIdentifier (RFC 4055 §2.1): parameters NULL or absent.
    @_lifetime(self: copy self)
    fileprivate mutating func readHashAlgorithm() throws(X509Error) -> HashAlgorithm {
        var reader = try readSequence()
        let type = try reader.readObjectIdentifier()
        try reader.skipNull()
        try reader.finish()
        switch type {
        case .sha256: return .sha256
        case .sha384: return .sha384
        case .sha512: return .sha512
        case .sha1, .md5: throw X509Error(.weakSignatureAlgorithm)
        default: throw X509Error(.unsupportedSignatureAlgorithm)
        }
    }
}

private func hashAlgorithm(of field: Span<UInt8>) throws(X509Error) -> HashAlgorithm {
    var reader = DERReader(field)
    let hash = try reader.readHashAlgorithm()
    try reader.finish()
    return hash
}

/// The hash of MGF1, the one mask generation function there is (RFC 4055 §2.2).
private func maskHash(of field: Span<UInt8>) throws(X509Error) -> HashAlgorithm {
    var outer = DERReader(field)
    var reader = try outer.readSequence()
    try outer.finish()
    guard try reader.readObjectIdentifier() == .mgf1 else { throw X509Error(.unsupportedSignatureAlgorithm) }
    let hash = try reader.readHashAlgorithm()
    try reader.finish()
    return hash
}

private func singleInteger(_ field: Span<UInt8>) throws(X509Error) -> Int {
    var reader = DERReader(field)
    let value = try reader.readSmallInteger()
    try reader.finish()
    return value
}
