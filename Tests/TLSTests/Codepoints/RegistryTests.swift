// The numbers of the IANA registries "TLS Parameters" and "TLS ExtensionType Values", written down a second time.
import Testing

@testable import TLS

@Suite struct RegistryTests {
    /// Checks that these numbers have these names, and that no other number has one.
    private func check<T: Codepoint>(_ type: T.Type, _ registry: [(T.RawValue, String)]) where T.RawValue: Hashable {
        let expected = Dictionary(uniqueKeysWithValues: registry)
        for number in 0...T.RawValue.max {
            let name = T(rawValue: number).name.map { "\($0)" }
            #expect(name == expected[number], "\(T.self) \(number)")
        }
    }

    @Test func recordAndHandshakeTypes() {
        check(
            ContentType.self,
            [
                (0, "invalid"), (20, "change_cipher_spec"), (21, "alert"), (22, "handshake"),
                (23, "application_data"), (24, "heartbeat"),
            ])
        check(
            HandshakeType.self,
            [
                (0, "hello_request_RESERVED"), (1, "client_hello"), (2, "server_hello"), (4, "new_session_ticket"),
                (5, "end_of_early_data"), (8, "encrypted_extensions"), (11, "certificate"),
                (12, "server_key_exchange_RESERVED"), (13, "certificate_request"),
                (14, "server_hello_done_RESERVED"), (15, "certificate_verify"),
                (16, "client_key_exchange_RESERVED"), (20, "finished"), (22, "certificate_status_RESERVED"),
                (24, "key_update"), (25, "compressed_certificate"), (254, "message_hash"),
            ])
    }

    @Test func alerts() {
        check(AlertLevel.self, [(1, "warning"), (2, "fatal")])
        check(
            AlertDescription.self,
            [
                (0, "close_notify"), (10, "unexpected_message"), (20, "bad_record_mac"),
                (21, "decryption_failed_RESERVED"), (22, "record_overflow"), (30, "decompression_failure_RESERVED"),
                (40, "handshake_failure"), (41, "no_certificate_RESERVED"), (42, "bad_certificate"),
                (43, "unsupported_certificate"), (44, "certificate_revoked"), (45, "certificate_expired"),
                (46, "certificate_unknown"), (47, "illegal_parameter"), (48, "unknown_ca"), (49, "access_denied"),
                (50, "decode_error"), (51, "decrypt_error"), (60, "export_restriction_RESERVED"),
                (70, "protocol_version"), (71, "insufficient_security"), (80, "internal_error"),
                (86, "inappropriate_fallback"), (90, "user_canceled"), (100, "no_renegotiation_RESERVED"),
                (109, "missing_extension"), (110, "unsupported_extension"),
                (111, "certificate_unobtainable_RESERVED"), (112, "unrecognized_name"),
                (113, "bad_certificate_status_response"), (114, "bad_certificate_hash_value_RESERVED"),
                (115, "unknown_psk_identity"), (116, "certificate_required"), (117, "general_error"),
                (120, "no_application_protocol"), (121, "ech_required"),
            ])
    }

    @Test func suitesGroupsAndSchemes() {
        check(
            CipherSuite.self,
            [
                (0x1301, "TLS_AES_128_GCM_SHA256"), (0x1302, "TLS_AES_256_GCM_SHA384"),
                (0x1303, "TLS_CHACHA20_POLY1305_SHA256"), (0x1304, "TLS_AES_128_CCM_SHA256"),
                (0x1305, "TLS_AES_128_CCM_8_SHA256"), (0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
                (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"), (0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
                (0x5600, "TLS_FALLBACK_SCSV"),
                (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
                (0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
                (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
                (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
                (0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"),
                (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
                (0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
            ])
        check(
            NamedGroup.self,
            [
                (23, "secp256r1"), (24, "secp384r1"), (25, "secp521r1"), (29, "x25519"), (30, "x448"),
                (256, "ffdhe2048"), (257, "ffdhe3072"), (258, "ffdhe4096"), (259, "ffdhe6144"), (260, "ffdhe8192"),
                (4588, "X25519MLKEM768"),
            ])
        check(
            SignatureScheme.self,
            [
                (0x0201, "rsa_pkcs1_sha1"), (0x0203, "ecdsa_sha1"), (0x0401, "rsa_pkcs1_sha256"),
                (0x0403, "ecdsa_secp256r1_sha256"), (0x0501, "rsa_pkcs1_sha384"), (0x0503, "ecdsa_secp384r1_sha384"),
                (0x0601, "rsa_pkcs1_sha512"), (0x0603, "ecdsa_secp521r1_sha512"), (0x0804, "rsa_pss_rsae_sha256"),
                (0x0805, "rsa_pss_rsae_sha384"), (0x0806, "rsa_pss_rsae_sha512"), (0x0807, "ed25519"),
                (0x0808, "ed448"), (0x0809, "rsa_pss_pss_sha256"), (0x080A, "rsa_pss_pss_sha384"),
                (0x080B, "rsa_pss_pss_sha512"),
            ])
    }

    @Test func extensions() {
        check(
            ExtensionType.self,
            [
                (0, "server_name"), (1, "max_fragment_length"), (5, "status_request"), (10, "supported_groups"),
                (11, "ec_point_formats"), (13, "signature_algorithms"), (14, "use_srtp"), (15, "heartbeat"),
                (16, "application_layer_protocol_negotiation"), (18, "signed_certificate_timestamp"),
                (19, "client_certificate_type"), (20, "server_certificate_type"), (21, "padding"),
                (22, "encrypt_then_mac"), (23, "extended_master_secret"), (27, "compress_certificate"),
                (28, "record_size_limit"), (35, "session_ticket"), (41, "pre_shared_key"), (42, "early_data"),
                (43, "supported_versions"), (44, "cookie"), (45, "psk_key_exchange_modes"),
                (47, "certificate_authorities"), (48, "oid_filters"), (49, "post_handshake_auth"),
                (50, "signature_algorithms_cert"), (51, "key_share"), (0xFF01, "renegotiation_info"),
            ])
        check(PSKKeyExchangeMode.self, [(0, "psk_ke"), (1, "psk_dhe_ke")])
        check(KeyUpdateRequest.self, [(0, "update_not_requested"), (1, "update_requested")])
        check(CertificateType.self, [(0, "X509"), (2, "RawPublicKey")])
        check(CertificateStatusType.self, [(1, "ocsp")])
        check(ServerNameType.self, [(0, "host_name")])
        check(CompressionMethod.self, [(0, "null"), (1, "DEFLATE")])
    }
}
