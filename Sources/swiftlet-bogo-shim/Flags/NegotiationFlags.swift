// Flags that say what is offered and accepted in the handshake.
import TLS

extension Flag {
    static let negotiationFlags: [String: Flag] = [
        "-port": .number { (settings, port: UInt16) in
            settings.port = port
            return true
        },
        "-ipv6": .set { $0.isIPv6 = true },
        "-shim-id": .number { (settings, identifier: UInt64) in
            settings.shimID = identifier
            return true
        },
        "-is-handshaker-supported": .set { $0.asksForHandshaker = true },
        "-server": .set { $0.isServer = true },
        "-resume-count": .number { (settings, count: Int) in
            settings.resumeCount = count
            return true
        },
        "-resumption-delay": .number { (settings, seconds: Int64) in
            settings.delayAfterwards = seconds
            return true
        },
        "-min-version": .number { (settings, version: UInt16) in
            settings.minimumVersion = version
            return version <= ProtocolVersion.tls13.rawValue
        },
        "-max-version": .number { (settings, version: UInt16) in
            settings.maximumVersion = version
            return version >= ProtocolVersion.tls12.rawValue
        },
        "-no-tls13": .set { $0.excludedVersions.append(0x0304) },
        "-no-tls12": .set { $0.excludedVersions.append(0x0303) },
        "-no-tls11": .set { $0.excludedVersions.append(0x0302) },
        "-no-tls1": .set { $0.excludedVersions.append(0x0301) },
        "-no-legacy-server-connect": .set { $0.requiresRenegotiationInfo = true },
        "-renegotiate-freely": .set { $0.renegotiates = true },
        "-renegotiate-once": .set { $0.renegotiates = true },
        "-renegotiate-ignore": .set { $0.renegotiates = true },
        "-renegotiate-explicit": .set { $0.renegotiates = true },
        "-cipher": Flag(hasParameter: true) { (settings, names) throws(ShimError) in
            // Of BoringSSL's language of lists, the one that a test of what we have is written in.
            let names = names == "DEFAULT:!AES" ? CipherSuite.defaultWithoutAES : names
            settings.cipherSuites = names.split(separator: ":").compactMap { CipherSuite.implemented[String($0)] }
            return settings.cipherSuites.count == names.split(separator: ":").count
        },
        "-curves": .number { (settings, group: UInt16) in
            settings.groups.append(NamedGroup(rawValue: group))
            return NamedGroup.implemented.contains(NamedGroup(rawValue: group))
        },
        "-key-shares": .number { (settings, group: UInt16) in
            settings.keyShares = (settings.keyShares ?? []) + [NamedGroup(rawValue: group)]
            return true
        },
        "-verify-prefs": .number { (settings, scheme: UInt16) in
            settings.verifySchemes.append(SignatureScheme(rawValue: scheme))
            return SignatureScheme.implemented.contains(SignatureScheme(rawValue: scheme))
        },
        "-advertise-alpn": .text { $0.advertisedProtocols = Array($1.utf8) },
        "-select-alpn": .text { $0.selectedProtocol = $1 },
        "-reject-alpn": .set { $0.rejectsProtocols = true },
        "-host-name": .text { $0.hostName = $1 },
        "-enable-ocsp-stapling": .set { $0.requestsOCSPStaple = true },
        "-max-cert-list": .number { (settings, count: Int) in
            settings.largestMessage = count
            return Limits.handshakeMessageRange.contains(count)
        },
        "-max-send-fragment": .number { (settings, count: Int) in
            settings.largestFragment = count
            return Limits.fragmentRange.contains(count)
        },
        // The names that we announce are those of the anchors, and there are none here: only "none" can be had.
        "-use-client-ca-list": Flag(hasParameter: true) { (_, names) throws(ShimError) in
            names == "<NULL>" || names == "<EMPTY>"
        },
        "-enable-early-data": .set { $0.enablesEarlyData = true },
        "-no-ticket": .set { $0.allowsTickets = false },
    ]
}

extension CipherSuite {
    /// The suites that we have, by their names; of TLS 1.3's there is none, since the flag is about TLS 1.2's.
    static let implemented = Dictionary(
        uniqueKeysWithValues: [
            TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_256_GCM_SHA384,
        ].map { ("\($0.name ?? "")", $0) })
}

extension CipherSuite {
    fileprivate static let defaultWithoutAES =
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256:TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
}

extension NamedGroup {
    /// The groups that we have.
    static let implemented: [NamedGroup] = [.x25519, .secp256r1, .secp384r1]
}

extension SignatureScheme {
    /// The schemes that we verify, in handshakes or in certificates alone.
    static let implemented: [SignatureScheme] = [
        .ecdsa_secp256r1_sha256, .ecdsa_secp384r1_sha384, .rsa_pss_rsae_sha256, .rsa_pss_rsae_sha384,
        .rsa_pss_rsae_sha512, .rsa_pkcs1_sha256, .rsa_pkcs1_sha384, .rsa_pkcs1_sha512,
    ]

    /// Those, and the ones that TLS 1.3 forbids: a key that may use nothing else cannot sign.
    static let known = implemented + [.rsa_pkcs1_sha1, .ecdsa_sha1]
}
