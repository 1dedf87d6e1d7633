// From the numbers of TLS to the primitives: which AEAD and hash a suite is made of, which group, and which signature
// with which kind of key. Nil everywhere means "not implemented here".
import TLSCrypto

extension CipherSuite {
    /// The AEAD and the hash of a TLS 1.3 suite (RFC 8446 §B.4), or nil for a suite that we do not implement.
    public var parameters: (aead: AEADAlgorithm, hash: HashAlgorithm)? {
        switch self {
        case .TLS_AES_128_GCM_SHA256: (.aes128GCM, .sha256)
        case .TLS_AES_256_GCM_SHA384: (.aes256GCM, .sha384)
        case .TLS_CHACHA20_POLY1305_SHA256: (.chaCha20Poly1305, .sha256)
        case .TLS_AES_128_CCM_SHA256: (.aes128CCM, .sha256)
        default: nil
        }
    }
}

extension NamedGroup {
    /// How to agree on a secret in this group, or nil for a group that we do not implement.
    public var keyAgreement: KeyAgreementGroup? {
        switch self {
        case .x25519: .x25519
        case .secp256r1: .secp256r1
        case .secp384r1: .secp384r1
        default: nil
        }
    }

    /// The codepoint of a group.
    public init(_ group: KeyAgreementGroup) {
        switch group {
        case .x25519: self = .x25519
        case .secp256r1: self = .secp256r1
        case .secp384r1: self = .secp384r1
        }
    }
}

extension SignatureScheme {
    /// The signature to compute, or nil for a scheme that we do not implement.
    public var signatureAlgorithm: SignatureAlgorithm? {
        switch self {
        case .ecdsa_secp256r1_sha256: .ecdsa(.sha256)
        case .ecdsa_secp384r1_sha384: .ecdsa(.sha384)
        case .rsa_pss_rsae_sha256: .rsaPSS(.sha256)
        case .rsa_pss_rsae_sha384: .rsaPSS(.sha384)
        case .rsa_pss_rsae_sha512: .rsaPSS(.sha512)
        case .rsa_pkcs1_sha256: .rsaPKCS1(.sha256)
        case .rsa_pkcs1_sha384: .rsaPKCS1(.sha384)
        case .rsa_pkcs1_sha512: .rsaPKCS1(.sha512)
        default: nil
        }
    }

    /// Whether a CertificateVerify of TLS 1.3 may use this scheme with such a key (RFC 8446 §4.2.3): ECDSA is bound to
    /// one curve, RSASSA-PKCS1-v1_5 and SHA-1 are for certificates alone, and a PSS encoding has to fit into the
    /// modulus (RFC 8017 §9.1.1: two hashes and two bytes).
    public func canSignHandshake(with key: PublicKeyKind) -> Bool {
        switch (signatureAlgorithm, key) {
        case (.ecdsa(.sha256), .ec(.secp256r1)), (.ecdsa(.sha384), .ec(.secp384r1)): true
        case (.rsaPSS(let hash), .rsa(let bits)): bits > 8 * (2 * hash.byteCount + 1)
        default: false
        }
    }
}
