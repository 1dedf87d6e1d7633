// Where the tables of the named policies come from, and what they were held against.
//
// The RFCs and Mozilla's guidelines (as JSON) were read. The texts of NIST SP 800-52r2 and BSI TR-02102-2 were not at hand; their
// tables were held, row by row, against what others made of them, at least two who do not depend on each other:
//
// SP 800-52r2 (August 2019)
// - BoringSSL, `ssl_compliance_policy_fips_202205`, which quotes §3.1, §3.3.1, §3.4.2.2 and the curves of the certificate profile:
//   versions, groups and signature schemes as here; suites as here without CCM.
// - TLS-Scanner (Ruhr University Bochum, Paderborn University), guideline "NIST SP 800-52r2", which has a sentence of the text
//   for each check: the suites of §3.3.1 with CCM, curves, 2048 bits, extended master secret and renegotiation indication "shall".
// - Mercury (Cisco), its assessment by SP 800-52 and 800-57, which quotes §3.1, §3.2 and §3.3.1: the same suites.
// - Go, crypto/tls in its FIPS mode: suites without CCM and ChaCha20; P-521 besides.
// Ours on purpose: no suites with CBC, DHE, AES-256-CCM or CCM_8; no curve but P-256 and P-384. Not a policy's: status_request,
// which the text wants of clients (`Configuration.requestsOCSPStaple`), early data and raw public keys, which it does not.
//
// TR-02102-2 (2026-01)
// - TaSK, BSI's own test tool, its profile TR-02102-2 (an edition before 2024, with the years until which each row holds): suites
//   of §3.3.1.1 and §3.4.4, groups, RSASSA-PKCS1-v1_5 until 2025, RSA from 3000 bits after 2023, psk_ke until 2026.
// - TLS-Scanner, guideline "BSI TR-02102-2 (v2025-01)": suites, groups and 3000 bits as here; extended master secret recommended,
//   0-RTT and psk_ke not.
// - SUSE's crypto policy BSI (2023-01): AES-GCM and AES-CCM, no ChaCha20, P-256, P-384, P-521 and Brainpool's, no x25519.
// - Two descriptions of 2026-01: suites as before, RSASSA-PKCS1-v1_5 out, TLS 1.2 until the end of 2031.
// Ours on purpose: no suites with CBC, DHE, PSK or AES-256-CCM; no P-521 and no Brainpool curves. Not a policy's: early data and
// psk_ke, which are off unless they are asked for by name.

extension Policy {
    /// The document that it comes from, with the sections.
    public var source: StaticString {
        switch self {
        case .default: "everything that Swiftlet implements"
        case .modern: "Mozilla, Server Side TLS, configuration \"modern\""
        case .rfc9325: "RFC 9325 (BCP 195) sections 3.1, 4.2, 4.4 and 4.5; RFC 8446 section 9.1"
        case .nistSP80052r2: "NIST SP 800-52, sections 3.1 to 3.4"
        case .bsiTR021022: "BSI TR-02102-2, sections 3.2 to 3.4 and 3.6"
        case .constrained: "RFC 7925 section 4 and RFC 8439, with records of 2 KiB"
        }
    }

    /// Which edition of it.
    public var edition: StaticString {
        switch self {
        case .default: "this version"
        case .modern: "5.7 (May 2023)"
        case .rfc9325: "November 2022; August 2018"
        case .nistSP80052r2: "revision 2 (August 2019)"
        case .bsiTR021022: "2026-01 (January 2026)"
        case .constrained: "July 2016; June 2018"
        }
    }

    /// What the table was held against.
    public var heldAgainst: StaticString {
        switch self {
        case .default: "the code"
        case .modern, .rfc9325, .constrained: "the text"
        case .nistSP80052r2: "BoringSSL, TLS-Scanner, Mercury and Go, not the text"
        case .bsiTR021022: "TaSK, TLS-Scanner and SUSE, not the text"
        }
    }
}
