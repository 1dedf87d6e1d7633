// Names, numbers, GREASE and what codepoints mean to the primitives.
import Bytes
import TLSCrypto
import Testing

@testable import TLS

@Suite struct CodepointTests {
    @Test func greaseIsTheSixteenValuesOfRFC8701() {
        let found = (0...UInt16.max).filter { CipherSuite(rawValue: $0).isGREASE }
        #expect(found == (0..<16).map { 0x0A0A + 0x1010 * $0 })
        let modes = (0...UInt8.max).filter { PSKKeyExchangeMode(rawValue: $0).isGREASE }
        #expect(modes == [0x0B, 0x2A, 0x49, 0x68, 0x87, 0xA6, 0xC5, 0xE4])
    }

    @Test func namesAreTheRegistrys() {
        #expect(text(CipherSuite(rawValue: 0x1301).name) == "TLS_AES_128_GCM_SHA256")
        #expect(text(NamedGroup(rawValue: 29).name) == "x25519")
        #expect(text(SignatureScheme(rawValue: 0x0403).name) == "ecdsa_secp256r1_sha256")
        #expect(text(AlertDescription(rawValue: 120).name) == "no_application_protocol")
        #expect(text(AlertDescription(rawValue: 117).name) == "general_error")
        #expect(text(ExtensionType(rawValue: 16).name) == "application_layer_protocol_negotiation")
        #expect(text(HandshakeType(rawValue: 4).name) == "new_session_ticket")
        #expect(text(ContentType(rawValue: 23).name) == "application_data")
        #expect(text(ProtocolVersion(rawValue: 0x0304).name) == "TLS 1.3")
        #expect(text(PSKKeyExchangeMode(rawValue: 1).name) == "psk_dhe_ke")
        #expect(text(AlertLevel(rawValue: 2).name) == "fatal")
        #expect(text(CompressionMethod(rawValue: 0).name) == "null")
        #expect(text(KeyUpdateRequest(rawValue: 1).name) == "update_requested")
        #expect(text(ServerNameType(rawValue: 0).name) == "host_name")
        #expect(HandshakeType(rawValue: 99).name == nil)
    }

    /// A number that two members shared would make one of them unreachable by its name.
    @Test func everyImplementedNameIsFoundAgain() {
        for name in ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
            #expect(text(CipherSuite(name: Array(name.utf8).span)?.name) == name)
        }
        for name in ["x25519", "secp256r1", "secp384r1"] {
            #expect(text(NamedGroup(name: Array(name.utf8).span)?.name) == name)
        }
        for name in ["ecdsa_secp384r1_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256"] {
            #expect(text(SignatureScheme(name: Array(name.utf8).span)?.name) == name)
        }
        #expect(ProtocolVersion(number: Array("1.2".utf8).span) == .tls12)
        #expect(ProtocolVersion(number: Array("1.3".utf8).span) == .tls13)
    }

    @Test func whatIsNotImplementedHasNoNameToConfigureItBy() {
        for name in ["", "x25519 ", "X25519", "secp521r1", "ffdhe2048"] {
            #expect(NamedGroup(name: Array(name.utf8).span) == nil)
        }
        #expect(CipherSuite(name: Array("TLS_AES_128_CCM_8_SHA256".utf8).span) == nil)
        #expect(SignatureScheme(name: Array("rsa_pkcs1_sha1".utf8).span) == nil)
        #expect(ProtocolVersion(number: Array("1.1".utf8).span) == nil)
    }

    @Test func suitesHaveTheirAEADAndHash() {
        let expected: [(CipherSuite, AEADAlgorithm, HashAlgorithm)] = [
            (.TLS_AES_128_GCM_SHA256, .aes128GCM, .sha256), (.TLS_AES_256_GCM_SHA384, .aes256GCM, .sha384),
            (.TLS_CHACHA20_POLY1305_SHA256, .chaCha20Poly1305, .sha256),
            (.TLS_AES_128_CCM_SHA256, .aes128CCM, .sha256),
            (.TLS_RSA_WITH_AES_128_GCM_SHA256, .aes128GCM, .sha256),
            (.TLS_RSA_WITH_AES_256_GCM_SHA384, .aes256GCM, .sha384),
            (.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .aes128GCM, .sha256),
            (.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .aes256GCM, .sha384),
            (.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .aes128GCM, .sha256),
            (.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, .aes256GCM, .sha384),
            (.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, .aes128CCM, .sha256),
            (.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, .chaCha20Poly1305, .sha256),
            (.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .chaCha20Poly1305, .sha256),
        ]
        for (suite, aead, hash) in expected {
            #expect(suite.parameters?.aead == aead)
            #expect(suite.parameters?.hash == hash)
        }
        let implemented = (0...UInt16.max).filter { CipherSuite(rawValue: $0).parameters != nil }
        #expect(implemented == expected.map(\.0.rawValue).sorted())
        for suite in expected { #expect(suite.0.version == (suite.0.rawValue >> 8 == 0x13 ? .tls13 : .tls12)) }
    }

    @Test func groupsGoThereAndBack() {
        let implemented = (0...UInt16.max).map(NamedGroup.init(rawValue:)).filter { $0.keyAgreement != nil }
        #expect(implemented == [.secp256r1, .secp384r1, .x25519])
        for group in implemented { #expect(group.keyAgreement.map(NamedGroup.init) == group) }
    }

    /// RFC 8446 §4.2.3: a scheme with ECDSA is bound to its curve; PKCS1-v1_5 and SHA-1 sign no handshake.
    @Test func schemesFitTheirKeysAlone() {
        let keys: [PublicKeyKind] = [.ec(.secp256r1), .ec(.secp384r1), .rsa(bits: 2048)]
        let allowed: [SignatureScheme: [Bool]] = [
            .ecdsa_secp256r1_sha256: [true, false, false], .ecdsa_secp384r1_sha384: [false, true, false],
            .rsa_pss_rsae_sha256: [false, false, true], .rsa_pss_rsae_sha384: [false, false, true],
            .rsa_pss_rsae_sha512: [false, false, true],
        ]
        for number in 0...UInt16.max {
            let scheme = SignatureScheme(rawValue: number)
            #expect(keys.map { scheme.canSignHandshake(with: $0) } == allowed[scheme] ?? [false, false, false])
        }
        #expect(SignatureScheme.rsa_pkcs1_sha256.signatureAlgorithm == .rsaPKCS1(.sha256))
        #expect(SignatureScheme.rsa_pss_rsae_sha384.signatureAlgorithm == .rsaPSS(.sha384))
        #expect(SignatureScheme.rsa_pkcs1_sha1.signatureAlgorithm == nil)
        // RFC 8017 §9.1.1: 1024 bits are too few for PSS with SHA-512, and enough with SHA-256.
        #expect(!SignatureScheme.rsa_pss_rsae_sha512.canSignHandshake(with: .rsa(bits: 1024)))
        #expect(SignatureScheme.rsa_pss_rsae_sha256.canSignHandshake(with: .rsa(bits: 1024)))
    }

    @Test func aListOfCodepointsIsReadWhereItLies() {
        let bytes: [UInt8] = [0x0A, 0x0A, 0, 29, 0, 23]
        let list = NamedGroupList(bytes.span)
        #expect(codepoints(list) == [NamedGroup(rawValue: 0x0A0A), .x25519, .secp256r1])
        let contains = [list?.contains(.secp256r1), list?.contains(.secp384r1)]
        #expect(contains == [true, false])
        let odd: [UInt8] = [1, 2, 3]
        let isOddRefused = NamedGroupList(odd.span) == nil
        #expect(isOddRefused)
    }

    @Test func maximumFragmentLengthsArePowersOfTwo() {
        #expect((0...5).map { MaxFragmentLength(rawValue: $0).byteCount } == [nil, 512, 1024, 2048, 4096, nil])
    }
}

extension SignatureScheme: Hashable {
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

private func text(_ name: StaticString?) -> String? { name.map { "\($0)" } }
