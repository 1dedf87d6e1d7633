// Keys and signatures against a peer that we did not write: the openssl command makes keys that we read, verifies what
// we sign, and signs what we verify.
import Bytes
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct OpenSSLTests {
    let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    enum Kind: String, CaseIterable, Sendable {
        case p256, p384, rsa2048, rsa4096

        var options: [String] {
            switch self {
            case .p256: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            case .p384: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
            case .rsa2048: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            case .rsa4096: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]
            }
        }

        var kind: PublicKeyKind {
            switch self {
            case .p256: .ec(.secp256r1)
            case .p384: .ec(.secp384r1)
            case .rsa2048: .rsa(bits: 2048)
            case .rsa4096: .rsa(bits: 4096)
            }
        }

        var algorithms: [SignatureAlgorithm] {
            switch self {
            case .p256, .p384: HashAlgorithm.allCases.map { .ecdsa($0) }
            case .rsa2048, .rsa4096:
                HashAlgorithm.allCases.map { .rsaPKCS1($0) } + HashAlgorithm.allCases.map { .rsaPSS($0) }
            }
        }
    }

    private func generate(_ options: [String], _ name: String = "key.pem") throws -> String {
        try runProgram(["openssl", "genpkey", "-out", files.file(name)] + options)
        return files.file(name)
    }

    private func publicKey(_ path: String) throws -> [UInt8] {
        try runProgram(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"]).standardOutput
    }

    /// Options of `openssl dgst` for an algorithm; `salt` instead of the hash's length.
    private func options(_ algorithm: SignatureAlgorithm, salt: String = "digest") -> [String] {
        guard case .rsaPSS = algorithm else { return ["-\(algorithm.hash)"] }
        return ["-\(algorithm.hash)", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:\(salt)"]
    }

    private func sign(_ path: String, _ options: [String], _ message: [UInt8]) throws -> [UInt8] {
        try runProgram(["openssl", "dgst", "-sign", path] + options, input: message).standardOutput
    }

    private func verify(
        _ key: borrowing SigningKey, _ algorithm: SignatureAlgorithm, _ message: [UInt8], _ signature: [UInt8]
    ) throws {
        let value = try key.publicValue()
        switch key.kind {
        case .ec(let curve):
            let key = PublicKey(curve: curve, point: value.span)
            try key.verify(algorithm, message: message.span, signature: signature.span)
        case .rsa:
            let exponent: [UInt8] = [1, 0, 1]
            let key = PublicKey(rsaModulus: value.span, exponent: exponent.span)
            try key.verify(algorithm, message: message.span, signature: signature.span)
        }
    }

    @Test(arguments: Kind.allCases)
    func signaturesGoBothWays(_ kind: Kind) throws {
        let path = try generate(kind.options)
        let key = try SigningKey(try readFile(path))
        let publicPath = try files.write("public.der", try key.publicKeyInfo())
        let message = text("what is signed")
        for algorithm in kind.algorithms {
            let theirs = try sign(path, options(algorithm), message)
            try verify(key, algorithm, message, theirs)
            for index in [0, theirs.count / 2, theirs.count - 1] {
                var changed = theirs
                changed[index] ^= 0x01
                #expect(throws: CryptoError.badSignature) { try verify(key, algorithm, message, changed) }
            }
            #expect(throws: CryptoError.badSignature) { try verify(key, algorithm, message + [0], theirs) }
            let ours = try files.write("signature", try key.sign(algorithm, message))
            let verdict = try runProgram(
                ["openssl", "dgst", "-keyform", "DER", "-verify", publicPath, "-signature", ours]
                    + options(algorithm), input: message)
            #expect(verdict.output.contains("Verified OK"))
        }
    }

    @Test(arguments: Kind.allCases)
    func readsEveryUnencryptedFormat(_ kind: Kind) throws {
        let path = try generate(kind.options)
        let info = try publicKey(path)
        let traditional = try runProgram(["openssl", "pkey", "-in", path, "-traditional"]).standardOutput
        let forms: [String: [UInt8]] = [
            "PKCS#8 PEM": try readFile(path),
            "PKCS#8 DER": try runProgram(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", path, "-outform", "DER"])
                .standardOutput,
            "SEC1 or PKCS#1 PEM": traditional,
            "SEC1 or PKCS#1 DER": try runProgram(
                ["openssl", "pkey", "-in", path, "-traditional", "-outform", "DER"]
            ).standardOutput,
            "with text around it": text("a comment\n") + (try readFile(path)) + text("and more\n"),
            "with CRLF": text(String(decoding: traditional, as: UTF8.self).replacing("\n", with: "\r\n")),
        ]
        for (form, bytes) in forms {
            let key = try SigningKey(bytes)
            #expect(key.kind == kind.kind, "\(form)")
            #expect(try key.publicKeyInfo() == info, "\(form)")
            let matches = try key.matches(publicKeyInfo: info.span)
            #expect(matches, "\(form)")
        }
    }

    @Test func readsAnECKeyWithParametersInFront() throws {
        let file = try runProgram(["openssl", "ecparam", "-name", "prime256v1", "-genkey"]).standardOutput
        #expect(String(decoding: file, as: UTF8.self).contains("EC PARAMETERS"))
        let key = try SigningKey(file)
        #expect(key.kind == .ec(.secp256r1))
    }

    @Test(arguments: Kind.allCases)
    func refusesEncryptedKeys(_ kind: Kind) throws {
        let path = try generate(kind.options)
        let pkcs8 = ["openssl", "pkcs8", "-topk8", "-in", path, "-passout", "pass:secret"]
        let pem = try runProgram(pkcs8).standardOutput
        #expect(throws: CryptoError.encryptedKey) { _ = try SigningKey(pem) }
        let der = try runProgram(pkcs8 + ["-outform", "DER"]).standardOutput
        #expect(throws: CryptoError.encryptedKey) { _ = try SigningKey(der) }
        let old = try runProgram(
            ["openssl", "pkey", "-in", path, "-traditional", "-aes128", "-passout", "pass:secret"]
        ).standardOutput
        #expect(String(decoding: old, as: UTF8.self).contains("Proc-Type: 4,ENCRYPTED"))
        #expect(throws: CryptoError.encryptedKey) { _ = try SigningKey(old) }
    }

    static let foreign: [[String]] = [
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
        ["-algorithm", "ED25519"], ["-algorithm", "X25519"],
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2040"],
    ]

    @Test(arguments: foreign)
    func refusesOtherAlgorithmsCurvesAndSizes(_ options: [String]) throws {
        let path = try generate(options)
        #expect(throws: CryptoError.unsupported) { _ = try SigningKey(try readFile(path)) }
    }

    @Test func tellsKeysApart() throws {
        let first = try SigningKey(try readFile(try generate(Kind.p256.options, "first")))
        let second = try SigningKey(try readFile(try generate(Kind.p256.options, "second")))
        let secondInfo = try second.publicKeyInfo()
        let sameInfo = try first.matches(publicKeyInfo: secondInfo.span)
        #expect(!sameInfo)
        let firstPoint = try first.publicValue()
        let secondPoint = try second.publicValue()
        let itself = try first.matches(PublicKey(curve: .secp256r1, point: firstPoint.span))
        #expect(itself)
        let another = try first.matches(PublicKey(curve: .secp256r1, point: secondPoint.span))
        #expect(!another)
    }

    @Test func anRSAKeyMatchesItsModulusAndExponent() throws {
        let key = try SigningKey(try readFile(try generate(Kind.rsa2048.options)))
        let modulus = try key.publicValue()
        let padded = [0] + modulus
        let exponent: [UInt8] = [1, 0, 1]
        let other: [UInt8] = [3]
        let same = try key.matches(PublicKey(rsaModulus: padded.span, exponent: exponent.span))
        #expect(same)
        let different = try key.matches(PublicKey(rsaModulus: modulus.span, exponent: other.span))
        #expect(!different)
    }

    // RFC 8446 §4.2.3: the salt is as long as the hash, and the mask's hash is the signature's.
    @Test func refusesOtherSaltsAndMasks() throws {
        let path = try generate(Kind.rsa2048.options)
        let key = try SigningKey(try readFile(path))
        let message = text("what is signed")
        for salt in ["0", "20", "31", "33", "max"] {
            let signature = try sign(path, options(.rsaPSS(.sha256), salt: salt), message)
            #expect(throws: CryptoError.badSignature, "a salt of \(salt)") {
                try verify(key, .rsaPSS(.sha256), message, signature)
            }
        }
        let mask = ["-sigopt", "rsa_mgf1_md:sha384"]
        let masked = try sign(path, options(.rsaPSS(.sha256)) + mask, message)
        #expect(throws: CryptoError.badSignature) { try verify(key, .rsaPSS(.sha256), message, masked) }
        // One scheme is not the other.
        let pkcs1 = try sign(path, options(.rsaPKCS1(.sha256)), message)
        #expect(throws: CryptoError.badSignature) { try verify(key, .rsaPSS(.sha256), message, pkcs1) }
    }

    @Test func refusesShortModuliUnlessATestAdmitsThem() throws {
        let path = try generate(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"])
        let message = text("what is signed")
        let signature = try sign(path, options(.rsaPKCS1(.sha256)), message)
        let info = try publicKey(path)
        // SubjectPublicKeyInfo of RSA-1024 with 65537 ends with the modulus and 02 03 01 00 01.
        let modulus = Array(info.dropLast(5).suffix(128))
        let exponent: [UInt8] = [1, 0, 1]
        let strict = PublicKey(rsaModulus: modulus.span, exponent: exponent.span)
        let kind = strict.kind
        #expect(kind == .rsa(bits: 1024))
        #expect(throws: CryptoError.unsupported) {
            try PublicKey(rsaModulus: modulus.span, exponent: exponent.span)
                .verify(.rsaPKCS1(.sha256), message: message.span, signature: signature.span)
        }
        try PublicKey(unsafeRSAModulus: modulus.span, exponent: exponent.span, minimumBits: 1024)
            .verify(.rsaPKCS1(.sha256), message: message.span, signature: signature.span)
    }

    static let badExponents: [([UInt8], CryptoError)] = [
        ([], .invalidKey), ([0], .invalidKey), ([1], .invalidKey), ([2], .invalidKey), ([1, 0, 0], .invalidKey),
        ([1, 0, 0, 0, 1], .unsupported), ([UInt8](repeating: 0xFF, count: 256), .unsupported),
    ]

    @Test(arguments: badExponents)
    func refusesBadExponents(_ exponent: [UInt8], _ expected: CryptoError) throws {
        let key = try SigningKey(try readFile(try generate(Kind.rsa2048.options)))
        let modulus = try key.publicValue()
        let signature = try key.sign(.rsaPSS(.sha256), [1])
        #expect(throws: expected) {
            try PublicKey(rsaModulus: modulus.span, exponent: exponent.span)
                .verify(.rsaPSS(.sha256), message: [1].span, signature: signature.span)
        }
    }

    @Test func refusesBadModuli() throws {
        let exponent: [UInt8] = [1, 0, 1]
        let one: [UInt8] = [1]
        let moduli: [([UInt8], CryptoError)] = [
            ([], .unsupported), ([UInt8](repeating: 0, count: 256), .unsupported),
            ([UInt8](repeating: 0xFF, count: 513), .unsupported),
            // Even.
            ([UInt8](repeating: 0xFF, count: 255) + [0xFE], .invalidKey),
        ]
        for (modulus, expected) in moduli {
            #expect(throws: expected) {
                try PublicKey(rsaModulus: modulus.span, exponent: exponent.span)
                    .verify(.rsaPSS(.sha256), message: one.span, signature: modulus.span)
            }
        }
    }

    @Test(arguments: [KeyType.p256, .p384, .rsa2048, .rsa3072])
    func opensslReadsTheKeysThatWeMake(_ type: KeyType) throws {
        let pem = try SigningKey.pem(type)
        #expect(pem.starts(with: text("-----BEGIN PRIVATE KEY-----\n")))
        let path = try files.write("ours.pem", pem)
        let check = try runProgram(["openssl", "pkey", "-in", path, "-check", "-noout"])
        #expect(check.output.contains("valid"))
        let key = try SigningKey(pem)
        #expect(try key.publicKeyInfo() == publicKey(path))
        // PEM text: 64 characters a line (RFC 7468 §2).
        let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 64 })
        // What openssl would write itself.
        #expect(try runProgram(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", path]).standardOutput == pem)
    }
}
