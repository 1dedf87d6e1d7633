// BoringSSL's compliance policies (SSL_set_compliance_policy in its ssl.h): names for lists of suites, groups and schemes, which a
// configuration of ours can hold as well. The policies that ask for ML-KEM-1024, -cnsa1-202603 and -cnsa2-202603, are not
// there, since the group is not.
import TLS

extension Flag {
    static let compliancePolicies: [String: Flag] = [
        // "FIPS": what SP 800-52r2 leaves.
        "-fips-202205": .set {
            $0.cipherSuites = [
                .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            ]
            $0.groups = [.secp256r1, .secp384r1]
            $0.allowSchemes([
                .rsa_pkcs1_sha256, .rsa_pkcs1_sha384, .rsa_pkcs1_sha512, .ecdsa_secp256r1_sha256,
                .ecdsa_secp384r1_sha384, .rsa_pss_rsae_sha256, .rsa_pss_rsae_sha384, .rsa_pss_rsae_sha512,
            ])
        },
        // WPA3's 192-bit mode.
        "-wpa-202304": .set {
            $0.cipherSuites = [
                .TLS_AES_256_GCM_SHA384, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            ]
            $0.groups = [.secp384r1]
            $0.allowSchemes([
                .rsa_pkcs1_sha384, .rsa_pkcs1_sha512, .ecdsa_secp384r1_sha384, .rsa_pss_rsae_sha384,
                .rsa_pss_rsae_sha512,
            ])
        },
        // Only an order: AES-256 first, ChaCha20 last.
        "-cnsa-202407": .set {
            $0.cipherSuites = [.TLS_AES_256_GCM_SHA384, .TLS_AES_128_GCM_SHA256, .TLS_CHACHA20_POLY1305_SHA256]
        },
    ]
}

extension Settings {
    /// The policies name the same schemes for both directions, and begin with TLS 1.2.
    fileprivate mutating func allowSchemes(_ schemes: [SignatureScheme]) {
        minimumVersion = ProtocolVersion.tls12.rawValue
        verifySchemes = schemes
        signingSchemes = schemes
    }
}
