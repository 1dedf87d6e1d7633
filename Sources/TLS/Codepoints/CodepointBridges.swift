// From the numbers of TLS to the primitives: which AEAD and hash a suite is made of, which group, and which signature
// with which kind of key. Nil everywhere means "not implemented here".
import TLSCrypto

extension CipherSuite {
    /// The AEAD and the hash of a suite (RFC 8446 §B.4; for TLS 1.2 RFC 5288, RFC 5289, RFC 7251, RFC 7905), or nil for a suite that
    /// we do not implement. A suite of TLS 1.2 that names no hash has SHA-256 (RFC 5246 §5).
    public var parameters: (aead: AEADAlgorithm, hash: HashAlgorithm)? {
        switch self {
        case .TLS_AES_128_GCM_SHA256: (.aes128GCM, .sha256)
        case .TLS_AES_256_GCM_SHA384: (.aes256GCM, .sha384)
        case .TLS_CHACHA20_POLY1305_SHA256: (.chaCha20Poly1305, .sha256)
        case .TLS_AES_128_CCM_SHA256: (.aes128CCM, .sha256)
        case .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: (.aes128GCM, .sha256)
        case .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: (.aes256GCM, .sha384)
        case .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
            (.chaCha20Poly1305, .sha256)
        case .TLS_ECDHE_ECDSA_WITH_AES_128_CCM: (.aes128CCM, .sha256)
        case .TLS_RSA_WITH_AES_128_GCM_SHA256: (.aes128GCM, .sha256)
        case .TLS_RSA_WITH_AES_256_GCM_SHA384: (.aes256GCM, .sha384)
        default: nil
        }
    }

    /// The one version that a suite belongs to, or nil for a suite that we do not implement.
    public var version: ProtocolVersion? {
        guard parameters != nil else { return nil }
        return keyExchange == nil ? .tls13 : .tls12
    }

    /// The key exchange of a suite of TLS 1.2; nil for any other.
    var keyExchange: KeyExchange? {
        switch self {
        case .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_CCM:
            .ecdheECDSA
        case .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
            .ecdheRSA
        case .TLS_RSA_WITH_AES_128_GCM_SHA256, .TLS_RSA_WITH_AES_256_GCM_SHA384: .rsa
        default: nil
        }
    }

    /// Whether the client encrypts the secret to the server's RSA key (RFC 5246 §7.4.7.1).
    public var transportsKey: Bool { keyExchange == .rsa }
}

/// How a suite of TLS 1.2 agrees on a secret, and which kind of key proves who the server is (RFC 8422 §2; RFC 5246
/// §7.4.7.1 for `rsa`, key transport).
enum KeyExchange {
    case ecdheECDSA, ecdheRSA, rsa

    /// Whether a server with such a key can be used.
    func fits(_ key: PublicKeyKind) -> Bool {
        switch (self, key) {
        case (.ecdheECDSA, .ec), (.ecdheRSA, .rsa), (.rsa, .rsa): true
        default: false
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

    /// The group on the curve of a key.
    init(_ curve: EllipticCurve) {
        switch curve {
        case .secp256r1: self = .secp256r1
        case .secp384r1: self = .secp384r1
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

    /// Whether a handshake may be signed by this scheme with such a key (RFC 8446 §4.2.3). In TLS 1.3 ECDSA is bound to one
    /// curve, RSASSA-PKCS1-v1_5 and SHA-1 are for certificates alone, and a PSS encoding has to fit into the
    /// modulus (RFC 8017 §9.1.1: two hashes and two bytes).
    func canSignHandshake(with key: PublicKeyKind, as use: SignatureUse = .certificateVerify) -> Bool {
        switch use {
        case .certificateVerify: canSign13(with: key)
        case .serverKeyExchange, .certificateVerify12: canSign12(with: key)
        }
    }

    /// In TLS 1.2 RSASSA-PKCS1-v1_5 signs, too, and ECDSA is not bound to one curve (RFC 8446 §4.2.3); never SHA-1.
    private func canSign12(with key: PublicKeyKind) -> Bool {
        switch (signatureAlgorithm, key) {
        case (.ecdsa, .ec), (.rsaPKCS1, .rsa): true
        default: canSign13(with: key)
        }
    }

    private func canSign13(with key: PublicKeyKind) -> Bool {
        switch (signatureAlgorithm, key) {
        case (.ecdsa(.sha256), .ec(.secp256r1)), (.ecdsa(.sha384), .ec(.secp384r1)): true
        case (.rsaPSS(let hash), .rsa(let bits)): bits > 8 * (2 * hash.byteCount + 1)
        default: false
        }
    }
}

/// What a signature in a handshake is for, which decides which schemes may make it.
enum SignatureUse {
    /// CertificateVerify of TLS 1.3 (RFC 8446 §4.4.3).
    case certificateVerify
    /// ServerKeyExchange of TLS 1.2 (RFC 8422 §5.4): what is signed is short, so any hash will do.
    case serverKeyExchange
    /// CertificateVerify of TLS 1.2 (RFC 5246 §7.4.8), over the transcript with the scheme's own hash, which need not be the
    /// suite's: see `Transcript.keepsAll`.
    case certificateVerify12
}
