// The tables of the named policies. A list is in order of preference; where its source has no order, the cheaper suite and
// the smaller group come first.
import Bytes

extension Policy {
    /// Versions of the protocol. RFC 9325 §3.1.1 and TR-02102-2 §3.2 allow 1.2 beside 1.3, and nothing older; SP 800-52r2 §3.1 wants
    /// 1.3, from 2024 on, and 1.2 unless it is not needed.
    public var versions: FixedList<2, ProtocolVersion> { self == .modern ? list([.tls13]) : list([.tls13, .tls12]) }

    /// Cipher suites of all versions.
    public var cipherSuites: FixedList<16, CipherSuite> {
        switch self {
        case .default:
            return list([
                .TLS_AES_128_GCM_SHA256, .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_256_GCM_SHA384,
                .TLS_AES_128_CCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
            ])
        case .modern:
            return list([.TLS_AES_128_GCM_SHA256, .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_256_GCM_SHA384])
        // RFC 9325 §4.2 recommends these four for TLS 1.2 and leaves TLS 1.3 to RFC 8446 §9.1: AES-128-GCM is mandatory, the
        // two others "should" be there.
        case .rfc9325:
            return list([
                .TLS_AES_128_GCM_SHA256, .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_256_GCM_SHA384,
                .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            ])
        // SP 800-52r2 §3.3.1: suites of NIST's algorithms alone, so no ChaCha20. TR-02102-2 §3.3.1.1, for TLS 1.2 with forward
        // secrecy, and §3.4.4, for TLS 1.3: the same. Both have CBC, DHE and AES-256-CCM, too, which are not implemented.
        case .nistSP80052r2, .bsiTR021022:
            return list([
                .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_AES_128_CCM_SHA256,
                .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                .TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
            ])
        // ChaCha20 needs no AES instructions and no tables; RFC 7925 §4.2 chose CCM_8, and we CCM with its whole tag. ECDSA
        // alone (§4.4): its keys are small.
        case .constrained:
            return list([
                .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_128_CCM_SHA256, .TLS_AES_128_GCM_SHA256,
                .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
                .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            ])
        }
    }

    /// Groups for the key exchange.
    public var groups: FixedList<3, NamedGroup> {
        switch self {
        // RFC 9325 §4.2.1: both should be there, secp256r1 and x25519.
        case .default, .modern, .rfc9325: list([.x25519, .secp256r1, .secp384r1])
        // SP 800-52r2 §3.4.2.2: P-256 or P-384, further ones of SP 800-56A. TR-02102-2 §3.3.2 and §3.4.2: those, P-521 and
        // Brainpool's. Neither has x25519.
        case .nistSP80052r2, .bsiTR021022: list([.secp256r1, .secp384r1])
        // RFC 7925 §4.4: P-256 has to be there. One group needs no choice and no HelloRetryRequest.
        case .constrained: list([.secp256r1])
        }
    }

    /// Signature schemes that are accepted of the peer, and that keys of ours sign with.
    public var signatureSchemes: FixedList<12, SignatureScheme> {
        switch self {
        case .default, .rfc9325, .nistSP80052r2:
            // RSASSA-PKCS1-v1_5: in TLS 1.3 for certificates alone (RFC 8446 §4.2.3), in TLS 1.2 for handshakes too.
            list([
                .ecdsa_secp256r1_sha256, .ecdsa_secp384r1_sha384, .rsa_pss_rsae_sha256, .rsa_pss_rsae_sha384,
                .rsa_pss_rsae_sha512, .rsa_pkcs1_sha256, .rsa_pkcs1_sha384, .rsa_pkcs1_sha512,
            ])
        // TR-02102-2 §3.3.3 and §3.4.3 had RSASSA-PKCS1-v1_5 until the end of 2025.
        case .bsiTR021022:
            list([
                .ecdsa_secp256r1_sha256, .ecdsa_secp384r1_sha384, .rsa_pss_rsae_sha256, .rsa_pss_rsae_sha384,
                .rsa_pss_rsae_sha512,
            ])
        // Mozilla's "modern" is for ECDSA certificates on P-256 and P-384, signed by such. RFC 7925 §4.4: ECDSA on P-256;
        // P-384 is for authorities that have it.
        case .modern, .constrained: list([.ecdsa_secp256r1_sha256, .ecdsa_secp384r1_sha384])
        }
    }

    /// Bits of the shortest RSA key with which either side may show who it is. RFC 9325 §4.5 and SP 800-52r2 §3.2 (112 bits of
    /// security): 2048. TR-02102-2 §3.6.1: 3000, since 2024.
    public var minimumRSABits: Int { self == .bsiTR021022 ? 3000 : 2048 }

    /// The keys with which either side may show who it is, for messages.
    public var keys: StaticString {
        switch self {
        case .default, .rfc9325, .nistSP80052r2: "ECDSA on P-256 or P-384, RSA from 2048 bits"
        case .bsiTR021022: "ECDSA on P-256 or P-384, RSA from 3000 bits"
        case .modern, .constrained: "ECDSA on P-256 or P-384"
        }
    }

    /// Plaintext bytes of a record, either way.
    public var recordSize: Int { self == .constrained ? 2048 : 16384 }
}

/// A list with these elements, which it has room for.
private func list<let capacity: Int, let count: Int, Element: BitwiseCopyable & Sendable>(
    _ elements: InlineArray<count, Element>
) -> FixedList<capacity, Element> {
    var list = FixedList<capacity, Element>(filler: elements[0])
    for index in elements.indices { list.append(elements[index]) }
    return list
}
