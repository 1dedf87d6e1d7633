// Chains made by the openssl command, with the verdict that they deserve. Where openssl has an opinion on the same
// question, it is asked as well.
import Foundation
import TestSupport
import Testing
import X509

/// One question to a validator.
struct Scenario: Sendable {
    let title: String
    let leaf: TestCertificate
    var untrusted: [TestCertificate] = []
    let anchors: [TestCertificate]
    var purpose = Purpose.server
    var name: String?
    /// Days from now at which the question is asked.
    var day = 0
    /// nil where the chain is good.
    let expected: X509Error.Reason?
    /// Whether openssl accepts it; nil where it has no opinion, or one that depends on how it was built.
    let openssl: Bool?

    var time: Int64 { Int64(Date().timeIntervalSince1970) + Int64(day) * 86_400 }

    /// Our verdict.
    func ours() -> X509Error.Reason? {
        fault(
            [leaf.der] + untrusted.map(\.der), anchors: anchors.map(\.der),
            requirements(name: name, purpose: purpose, time: .known(time)))?.reason
    }

    /// What openssl says: whether it accepts, and its words.
    func opensslVerdict() throws -> (isAccepted: Bool, words: String) {
        let directory = try TemporaryDirectory()
        let anchorFile = try directory.write("anchors.pem", try anchors.flatMap { try readFile($0.certificatePath) })
        let otherFile = try directory.write("untrusted.pem", try untrusted.flatMap { try readFile($0.certificatePath) })
        var arguments = ["openssl", "verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", anchorFile]
        arguments += ["-purpose", purpose == .server ? "sslserver" : "sslclient", "-attime", "\(time)"]
        if !untrusted.isEmpty { arguments += ["-untrusted", otherFile] }
        if let name {
            let isAddress = IPAddressText.parse(Array(name.utf8).span) != nil
            arguments += [isAddress ? "-verify_ip" : "-verify_hostname", name]
        }
        let result = try runProgram(arguments + [leaf.certificatePath], mustSucceed: false)
        return (result.status == 0, result.output + result.errors)
    }
}

/// Makes the certificates of all scenarios.
struct ScenarioMaker {
    /// Keeps the files as long as it lives.
    let factory: CertificateFactory
    /// For names that `factory` has given to others.
    let impostors: CertificateFactory

    func all() throws -> [Scenario] {
        try chains() + faultyIssuers() + faultyLeaves() + names() + unsupported()
    }

    private static let authorityExtensions = [
        "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash",
        "authorityKeyIdentifier=keyid:always",
    ]
    private static let leafExtensions = [
        "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth", "subjectKeyIdentifier=hash",
        "authorityKeyIdentifier=keyid",
    ]

    /// Chains of one to four certificates under an anchor, of every kind of key and signature.
    private func chains() throws -> [Scenario] {
        var scenarios: [Scenario] = []
        let kinds: [(String, TestKey, [String])] = [
            ("P-256", .p256, ["-sha256"]), ("P-384", .p384, ["-sha384"]), ("P-256 SHA-512", .p256, ["-sha512"]),
            ("RSA", .rsa2048, ["-sha256"]), ("RSA SHA-384", .rsa2048, ["-sha384"]),
            ("RSA SHA-512", .rsa2048, ["-sha512"]), ("RSA-PSS SHA-256", .rsa2048, pss("sha256")),
            ("RSA-PSS SHA-384", .rsa2048, pss("sha384")), ("RSA-PSS SHA-512", .rsa2048, pss("sha512")),
        ]
        for (index, (title, key, extra)) in kinds.enumerated() {
            let length = index % 4 + 1
            let root = try authority("\(title) root", key: key, issuer: nil, extra: extra)
            var issuers = [root]
            for level in 1..<length {
                issuers.append(try authority("\(title) \(level)", key: key, issuer: issuers[level - 1], extra: extra))
            }
            let leaf = try factory.make(
                "\(title) leaf", key: key, issuer: issuers.last, extensions: Self.leafExtensions, extra: extra)
            // Upside down: the order in the chain does not matter.
            scenarios.append(
                Scenario(
                    title: "\(title), \(length) certificates", leaf: leaf,
                    untrusted: Array(issuers.dropFirst()),
                    anchors: [root], expected: nil, openssl: true))
        }
        return scenarios
    }

    private func pss(_ hash: String, salt: String = "digest") -> [String] {
        ["-\(hash)", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:\(salt)"]
    }

    private func authority(
        _ name: String, key: TestKey = .p256, issuer: TestCertificate?, extra: [String] = [],
        replacing replaced: [String: String] = [:], adding: [String] = []
    ) throws -> TestCertificate {
        let extensions = Self.authorityExtensions.compactMap { line in
            let type = String(line.prefix { $0 != "=" })
            guard let value = replaced[type] else { return line }
            return value.isEmpty ? nil : "\(type)=\(value)"
        }
        return try factory.make(name, key: key, issuer: issuer, extensions: extensions + adding, extra: extra)
    }

    /// An intermediate that is wrong in one way.
    private func faultyIssuers() throws -> [Scenario] {
        let root = try authority("Issuers' root", issuer: nil)
        let faults: [(String, [String: String], [String], X509Error.Reason?, Bool?)] = [
            ("a good intermediate", [:], [], nil, true),
            (
                "CA:FALSE", ["basicConstraints": "critical,CA:FALSE", "keyUsage": "critical,digitalSignature"], [],
                .notCertificateAuthority, false
            ),
            ("no basicConstraints", ["basicConstraints": "", "keyUsage": ""], [], .notCertificateAuthority, false),
            ("no keyCertSign", ["keyUsage": "critical,cRLSign"], [], .missingKeyCertSign, false),
            ("EKU of clients", [:], ["extendedKeyUsage=clientAuth"], .wrongPurpose, false),
            ("EKU of servers", [:], ["extendedKeyUsage=serverAuth"], nil, true),
            ("an unknown critical extension", [:], ["1.2.3.4=critical,ASN1:NULL"], .unknownCriticalExtension, false),
            ("an unknown extension", [:], ["1.2.3.4=ASN1:NULL"], nil, true),
            (
                "name constraints", [:], ["nameConstraints=critical,permitted;DNS:example"], nil, true
            ),
        ]
        var scenarios: [Scenario] = []
        for (title, replaced, adding, expected, openssl) in faults {
            let issuer = try authority("Issuer: \(title)", issuer: root, replacing: replaced, adding: adding)
            let leaf = try factory.make("Under \(title)", issuer: issuer, extensions: Self.leafExtensions)
            scenarios.append(
                Scenario(
                    title: "issuer with \(title)", leaf: leaf, untrusted: [issuer], anchors: [root],
                    expected: expected, openssl: openssl))
        }
        return scenarios + (try pathFaults(root))
    }

    private func pathFaults(_ root: TestCertificate) throws -> [Scenario] {
        let narrow = try authority(
            "Narrow", issuer: root, replacing: ["basicConstraints": "critical,CA:TRUE,pathlen:0"])
        let below = try authority("Below", issuer: narrow)
        let leaf = try factory.make("Under Below", issuer: below, extensions: Self.leafExtensions)
        let direct = try factory.make("Under Narrow", issuer: narrow, extensions: Self.leafExtensions)
        let impostor = try impostors.make("Issuers' root", extensions: Self.authorityExtensions)
        return [
            Scenario(
                title: "pathLen 0 with one below", leaf: leaf, untrusted: [below, narrow], anchors: [root],
                expected: .pathLengthExceeded, openssl: false),
            Scenario(
                title: "pathLen 0 with none below", leaf: direct, untrusted: [narrow], anchors: [root],
                expected: nil, openssl: true),
            Scenario(
                title: "no intermediate", leaf: leaf, anchors: [root], expected: .unknownIssuer,
                openssl: false),
            // Its key identifier differs, so it is no candidate.
            Scenario(
                title: "another anchor of the same name", leaf: direct, untrusted: [narrow],
                anchors: [impostor], expected: .unknownIssuer, openssl: false),
            Scenario(
                title: "both anchors of the same name", leaf: direct, untrusted: [narrow],
                anchors: [impostor, root], expected: nil, openssl: true),
            Scenario(
                title: "expired", leaf: direct, untrusted: [narrow], anchors: [root], day: 31,
                expected: .expired, openssl: false),
            Scenario(
                title: "not yet valid", leaf: direct, untrusted: [narrow], anchors: [root], day: -1,
                expected: .notYetValid, openssl: false),
        ]
    }

    /// A leaf that is wrong in one way, directly under the anchor.
    private func faultyLeaves() throws -> [Scenario] {
        let root = try authority("Leaves' root", issuer: nil)
        let common = ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"]
        let leaves: [(String, [String], Purpose, X509Error.Reason?, Bool?)] = [
            ("no EKU", ["keyUsage=digitalSignature"], .server, nil, true),
            ("EKU of clients, for a server", ["extendedKeyUsage=clientAuth"], .server, .wrongPurpose, false),
            ("EKU of servers, for a client", ["extendedKeyUsage=serverAuth"], .client, .wrongPurpose, false),
            ("EKU of clients, for a client", ["extendedKeyUsage=clientAuth"], .client, nil, true),
            ("anyExtendedKeyUsage", ["extendedKeyUsage=anyExtendedKeyUsage"], .server, .wrongPurpose, false),
            // openssl takes a server's keyEncipherment, as TLS 1.2 has it.
            ("keyEncipherment alone", ["keyUsage=keyEncipherment"], .server, .missingDigitalSignature, nil),
            (
                "a client's keyEncipherment alone", ["keyUsage=keyEncipherment"], .client, .missingDigitalSignature,
                false
            ),
            (
                "an unknown critical extension", ["1.2.3.4=critical,ASN1:NULL"], .server, .unknownCriticalExtension,
                false
            ),
        ]
        var scenarios: [Scenario] = []
        for (title, extensions, purpose, expected, openssl) in leaves {
            let leaf = try factory.make("Leaf with \(title)", issuer: root, extensions: common + extensions)
            scenarios.append(
                Scenario(
                    title: "leaf with \(title)", leaf: leaf, anchors: [root], purpose: purpose,
                    expected: expected, openssl: openssl))
        }
        let pinned = try factory.make("Pinned", extensions: common + ["extendedKeyUsage=serverAuth"])
        scenarios.append(
            Scenario(title: "a pinned leaf", leaf: pinned, anchors: [pinned], expected: nil, openssl: true))
        return scenarios
    }

    /// Names in subjectAltName, and what is asked for.
    private func names() throws -> [Scenario] {
        let root = try authority("Names' root", issuer: nil)
        let questions: [(String, String, X509Error.Reason?, Bool?)] = [
            ("DNS:a.example.com", "a.example.com", nil, true), ("DNS:a.example.com", "A.EXAMPLE.com", nil, true),
            ("DNS:a.example.com", "b.example.com", .nameMismatch, false),
            ("DNS:*.example.com", "a.example.com", nil, true),
            ("DNS:*.example.com", "a.b.example.com", .nameMismatch, false),
            ("DNS:*.example.com", "example.com", .nameMismatch, false),
            ("DNS:*.com", "example.com", .nameMismatch, false),
            ("DNS:a.*.com", "a.example.com", .nameMismatch, false),
            // openssl takes partial wildcards unless told otherwise; RFC 9525 §6.3 has abolished them.
            ("DNS:a*.example.com", "ab.example.com", .nameMismatch, nil),
            ("IP:192.0.2.1", "192.0.2.1", nil, true), ("IP:192.0.2.1", "192.0.2.2", .nameMismatch, false),
            ("IP:2001:db8::1", "2001:db8::1", nil, true), ("IP:2001:db8::1", "2001:db8::2", .nameMismatch, false),
            ("DNS:192.0.2.1", "192.0.2.1", .nameMismatch, false),
            ("email:a@a.example.com", "a.example.com", .noComparableName, false),
            ("DNS:a.example.com,DNS:b.example.com,IP:192.0.2.1", "b.example.com", nil, true),
        ]
        var made: [String: TestCertificate] = [:]
        return try questions.map { presented, asked, expected, openssl in
            let leaf =
                try made[presented]
                ?? factory.make(
                    "Named \(made.count)", issuer: root,
                    extensions: Self.leafExtensions + ["subjectAltName=\(presented)"])
            made[presented] = leaf
            return Scenario(
                title: "\(presented) asked for \(asked)", leaf: leaf, anchors: [root], name: asked,
                expected: expected, openssl: openssl)
        }
    }

    /// What openssl takes and we do not.
    private func unsupported() throws -> [Scenario] {
        let root = try authority("Old root", key: .rsa2048, issuer: nil)
        let p521 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]
        let rsa1024 = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]
        let edwards = ["-algorithm", "ED25519"]
        let weak = try factory.make("SHA-1", issuer: root, extensions: Self.leafExtensions, extra: ["-sha1"])
        let shortSalt = try factory.make(
            "Salt of 20", issuer: root, extensions: Self.leafExtensions, extra: pss("sha256", salt: "20"))
        let cases: [(TestCertificate, X509Error.Reason)] = [
            (weak, .weakSignatureAlgorithm), (shortSalt, .unsupportedSignatureAlgorithm),
            (try make("P-521", p521, issuer: root), .unsupportedPublicKey),
            (try make("RSA 1024", rsa1024, issuer: root), .badPublicKeySize),
            (try make("Ed25519", edwards, issuer: root), .unsupportedPublicKey),
            (try make("Version 1", TestKey.p256, issuer: root), .unsupportedVersion),
        ]
        return cases.map { leaf, reason in
            Scenario(
                title: "unsupported: \(reason)", leaf: leaf, anchors: [root], expected: reason, openssl: nil)
        }
    }

    /// A leaf for a key that the factory does not make.
    private func make(_ name: String, _ key: [String], issuer: TestCertificate) throws -> TestCertificate {
        let keyPath = factory.directory.file("\(name).key")
        try runProgram(["openssl", "genpkey", "-out", keyPath] + key)
        let section = try factory.directory.write(
            "\(name).ext", Array(Self.leafExtensions.joined(separator: "\n").utf8))
        return try sign(name, keyPath, ["-extfile", section], issuer: issuer)
    }

    /// A leaf of version 1: one without extensions.
    private func make(_ name: String, _ key: TestKey, issuer: TestCertificate) throws -> TestCertificate {
        let donor = try factory.authority("\(name) key", key: key)
        return try sign(name, donor.keyPath, [], issuer: issuer)
    }

    private func sign(
        _ name: String, _ keyPath: String, _ extra: [String], issuer: TestCertificate
    ) throws -> TestCertificate {
        let request = factory.directory.file("\(name).csr")
        let path = factory.directory.file("\(name).pem")
        try runProgram(["openssl", "req", "-new", "-key", keyPath, "-subj", "/CN=\(name)", "-out", request])
        try runProgram(
            [
                "openssl", "x509", "-req", "-in", request, "-days", "30", "-CA", issuer.certificatePath, "-CAkey",
                issuer.keyPath, "-CAcreateserial", "-out", path,
            ] + extra)
        let der = try runProgram(["openssl", "x509", "-in", path, "-outform", "DER"]).standardOutput
        return TestCertificate(keyPath: keyPath, certificatePath: path, der: der, keyPEM: try readFile(keyPath))
    }
}
