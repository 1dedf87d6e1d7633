// Signature schemes (RFC 8446 §4.2.3). What each needs of a key is in SignatureSchemeKeys.swift.

/// An algorithm to sign with (RFC 8446 §4.2.3, registry "TLS SignatureScheme").
public struct SignatureScheme: Codepoint {
    /// The number.
    public let rawValue: UInt16

    /// The value with this number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension SignatureScheme {
    /// RSASSA-PKCS1-v1_5: in TLS 1.3 only for signatures in certificates.
    public static let rsa_pkcs1_sha256 = Self(rawValue: 0x0401)
    /// RSASSA-PKCS1-v1_5: in TLS 1.3 only for signatures in certificates.
    public static let rsa_pkcs1_sha384 = Self(rawValue: 0x0501)
    /// RSASSA-PKCS1-v1_5: in TLS 1.3 only for signatures in certificates.
    public static let rsa_pkcs1_sha512 = Self(rawValue: 0x0601)
    /// ECDSA; in TLS 1.3 the curve must be secp256r1.
    public static let ecdsa_secp256r1_sha256 = Self(rawValue: 0x0403)
    /// ECDSA; in TLS 1.3 the curve must be secp384r1.
    public static let ecdsa_secp384r1_sha384 = Self(rawValue: 0x0503)
    /// ECDSA on secp521r1; not supported.
    public static let ecdsa_secp521r1_sha512 = Self(rawValue: 0x0603)
    /// RSASSA-PSS with a key of OID rsaEncryption.
    public static let rsa_pss_rsae_sha256 = Self(rawValue: 0x0804)
    /// RSASSA-PSS with a key of OID rsaEncryption.
    public static let rsa_pss_rsae_sha384 = Self(rawValue: 0x0805)
    /// RSASSA-PSS with a key of OID rsaEncryption.
    public static let rsa_pss_rsae_sha512 = Self(rawValue: 0x0806)
    /// RFC 8032; not supported.
    public static let ed25519 = Self(rawValue: 0x0807)
    /// RFC 8032; not supported.
    public static let ed448 = Self(rawValue: 0x0808)
    /// RSASSA-PSS with a key of OID RSASSA-PSS; not supported.
    public static let rsa_pss_pss_sha256 = Self(rawValue: 0x0809)
    /// RSASSA-PSS with a key of OID RSASSA-PSS; not supported.
    public static let rsa_pss_pss_sha384 = Self(rawValue: 0x080A)
    /// RSASSA-PSS with a key of OID RSASSA-PSS; not supported.
    public static let rsa_pss_pss_sha512 = Self(rawValue: 0x080B)
    /// SHA-1: never used.
    public static let rsa_pkcs1_sha1 = Self(rawValue: 0x0201)
    /// SHA-1: never used.
    public static let ecdsa_sha1 = Self(rawValue: 0x0203)
}

extension SignatureScheme {
    public var name: StaticString? {
        switch self {
        case .rsa_pkcs1_sha256: "rsa_pkcs1_sha256"
        case .rsa_pkcs1_sha384: "rsa_pkcs1_sha384"
        case .rsa_pkcs1_sha512: "rsa_pkcs1_sha512"
        case .ecdsa_secp256r1_sha256: "ecdsa_secp256r1_sha256"
        case .ecdsa_secp384r1_sha384: "ecdsa_secp384r1_sha384"
        case .ecdsa_secp521r1_sha512: "ecdsa_secp521r1_sha512"
        case .rsa_pss_rsae_sha256: "rsa_pss_rsae_sha256"
        case .rsa_pss_rsae_sha384: "rsa_pss_rsae_sha384"
        case .rsa_pss_rsae_sha512: "rsa_pss_rsae_sha512"
        case .ed25519: "ed25519"
        case .ed448: "ed448"
        case .rsa_pss_pss_sha256: "rsa_pss_pss_sha256"
        case .rsa_pss_pss_sha384: "rsa_pss_pss_sha384"
        case .rsa_pss_pss_sha512: "rsa_pss_pss_sha512"
        case .rsa_pkcs1_sha1: "rsa_pkcs1_sha1"
        case .ecdsa_sha1: "ecdsa_sha1"
        default: nil
        }
    }
}

extension SignatureScheme {
    /// The scheme that we implement under this IANA name, or nil.
    public init?(name text: Span<UInt8>) {
        let candidates: [8 of SignatureScheme] = [
            .ecdsa_secp256r1_sha256, .ecdsa_secp384r1_sha384, .rsa_pss_rsae_sha256, .rsa_pss_rsae_sha384,
            .rsa_pss_rsae_sha512, .rsa_pkcs1_sha256, .rsa_pkcs1_sha384, .rsa_pkcs1_sha512,
        ]
        guard let found = Self.named(text, among: candidates) else { return nil }
        self = found
    }
}
