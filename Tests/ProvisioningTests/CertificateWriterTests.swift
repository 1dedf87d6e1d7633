// What we write is read by programs that are not ours: openssl and certtool.
import Bytes
import Provisioning
import TLSCrypto
import TestSupport
import Testing
import X509

@Suite struct CertificateWriterTests {
    /// What one certificate is to say.
    struct Plan {
        var subject = "device"
        var names = ["device.example", "*.b.example", "192.0.2.1", "2001:db8::1"]
        var notBefore: Int64 = 1_700_000_000
        var notAfter: Int64 = 4_000_000_000
        var use = CertificateUse.endEntity(server: true, client: true)
        var serial: [UInt8]?
    }

    /// A certificate for `key`, signed by `issuerKey`.
    func write(
        _ plan: Plan, for key: borrowing SigningKey, by issuerKey: borrowing SigningKey, issuer: String = "root"
    ) throws -> [UInt8] {
        let issuerName = try name(issuer)
        let subject = try name(plan.subject)
        let info = try publicKeyInfo(of: key)
        let names: [UInt8] = plan.names.isEmpty ? [] : try generalNames(plan.names)
        var serial = try randomSerialNumber(.system)
        if let chosen = plan.serial { serial = BoundedBytes<20>(chosen.span) ?? serial }
        let issuerInfo = try publicKeyInfo(of: issuerKey)
        var contents = CertificateContents(
            serialNumber: serial, issuer: issuerName.span, subject: subject.span, publicKeyInfo: info.span,
            subjectAltNames: names.span)
        contents.notBefore = plan.notBefore
        contents.notAfter = plan.notAfter
        contents.use = plan.use
        contents.authorityKeyIdentifier = try keyIdentifier(ofPublicKeyInfo: issuerInfo.span)
        return try built { out throws(ProvisioningError) in
            try writeCertificate(contents, signedBy: issuerKey, into: &out)
        }
    }

    private func root(_ key: borrowing SigningKey) throws -> [UInt8] {
        let plan = Plan(subject: "root", names: [], use: .authority(pathLength: 0))
        return try write(plan, for: key, by: key)
    }

    @Test(arguments: [KeyType.p256, .p384, .rsa2048])
    func otherProgramsAcceptTheChain(_ type: KeyType) throws {
        let rootKey = try makeKey(type)
        let leafKey = try makeKey()
        let files = try TemporaryDirectory()
        let rootPath = try files.write("root.pem", pem(root(rootKey), "CERTIFICATE"))
        let leafPath = try files.write("leaf.pem", pem(write(Plan(), for: leafKey, by: rootKey), "CERTIFICATE"))
        try runProgram(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", rootPath, leafPath])
        try runProgram(["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", rootPath, leafPath])
        try runProgram(["openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", rootPath, rootPath])
        try runProgram(["certtool", "--verify", "--load-ca-certificate", rootPath, "--infile", leafPath])
    }

    @Test func opensslReadsEveryField() throws {
        let rootKey = try makeKey()
        let plan = Plan(subject: "Gerät 7", serial: [0x80, 1, 2])
        let der = try write(plan, for: try makeKey(.p384), by: rootKey)
        let text = try runProgram(
            ["openssl", "x509", "-inform", "DER", "-noout", "-text", "-nameopt", "utf8"], input: der
        ).output
        for line in [
            "Version: 3 (0x2)", "Serial Number: 8388866 (0x800102)", "ecdsa-with-SHA256", "Issuer: CN=root",
            "Subject: CN=Gerät 7",
            "Not Before: Nov 14 22:13:20 2023 GMT", "Not After : Oct  2 07:06:40 2096 GMT",
            "X509v3 Basic Constraints: critical\n                CA:FALSE",
            "X509v3 Key Usage: critical\n                Digital Signature\n",
            "TLS Web Server Authentication, TLS Web Client Authentication",
            "DNS:device.example, DNS:*.b.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1",
            "X509v3 Subject Key Identifier:", "X509v3 Authority Key Identifier:",
        ] {
            #expect(text.contains(line), "\(line) is not in\n\(text)")
        }
    }

    @Test func ourReaderAgrees() throws {
        let key = try makeKey()
        let der = try write(Plan(use: .endEntity(server: false, client: true)), for: key, by: key)
        let view = try Certificate(der.span)
        let usage = view.extensions.keyUsage
        let purposes = view.extensions.extendedKeyUsage
        let isAuthority = view.extensions.basicConstraints?.isCertificateAuthority
        #expect(usage == .digitalSignature)
        #expect(purposes == .clientAuth)
        #expect(isAuthority == false)
        let (notBefore, notAfter) = (view.notBefore, view.notAfter)
        #expect(notBefore == 1_700_000_000)
        #expect(notAfter == 4_000_000_000)
    }

    /// RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050.
    @Test(
        arguments: [
            (2_524_607_999, "UTCTIME           :491231235959Z"),
            (2_524_608_000, "GENERALIZEDTIME   :20500101000000Z"),
            (253_402_300_799, "GENERALIZEDTIME   :99991231235959Z"),
        ] as [(Int64, String)])
    func timesHaveTheirForm(_ notAfter: Int64, _ expected: String) throws {
        let key = try makeKey()
        let der = try write(Plan(notAfter: notAfter), for: key, by: key)
        let text = try runProgram(["openssl", "asn1parse", "-inform", "DER"], input: der).output
        #expect(text.contains(expected), "\(text)")
    }

    @Test func anEmptySubjectMakesTheNamesCritical() throws {
        let key = try makeKey()
        let der = try write(Plan(subject: ""), for: key, by: key)
        let text = try runProgram(["openssl", "x509", "-inform", "DER", "-noout", "-text"], input: der).output
        #expect(text.contains("X509v3 Subject Alternative Name: critical"))
    }

    @Test func serialNumbersArePositiveAndDiffer() throws {
        var seen: Set<String> = []
        for _ in 0..<64 {
            let serial = try randomSerialNumber(.system)
            let bytes = array(serial.bytes)
            #expect(bytes.count == 16)
            #expect((0x40...0x7F).contains(bytes[0]))
            seen.insert(hex(bytes))
        }
        #expect(seen.count == 64)
    }

    @Test(arguments: [[], [0], [0, 1], [UInt8](repeating: 0xFF, count: 20)] as [[UInt8]])
    func badSerialNumbersAreRefused(_ serial: [UInt8]) throws {
        let key = try makeKey()
        #expect(throws: ProvisioningError.invalidSerialNumber) {
            try write(Plan(serial: serial), for: key, by: key)
        }
    }

    @Test func badValidityIsRefused() throws {
        let key = try makeKey()
        #expect(throws: ProvisioningError.invalidValidity) {
            try write(Plan(notBefore: 2, notAfter: 1), for: key, by: key)
        }
        #expect(throws: ProvisioningError.invalidValidity) {
            try write(Plan(notAfter: .max), for: key, by: key)
        }
    }

    /// Every buffer that is too small is an error and nothing else; the first that is large enough gives the whole.
    @Test func aBufferOfAnySizeIsSafe() throws {
        let key = try makeKey()
        let subject = try name("device")
        let info = try publicKeyInfo(of: key)
        let names = try generalNames(["device.example"])
        var contents = CertificateContents(
            serialNumber: try randomSerialNumber(.system), issuer: subject.span, subject: subject.span,
            publicKeyInfo: info.span, subjectAltNames: names.span)
        contents.notAfter = 1
        let whole = try built { out throws(ProvisioningError) in
            try writeCertificate(contents, signedBy: key, into: &out)
        }
        for size in 0...(whole.count + 1) {
            var buffer = [UInt8](repeating: 0xA5, count: size + 1)
            var span = buffer.mutableSpan
            var room = span._mutatingExtracting(0..<size)
            do throws(ProvisioningError) {
                let count = try writeCertificate(contents, signedBy: key, into: &room)
                #expect(Array(buffer.prefix(count)) == whole)
                #expect(size >= whole.count)
            } catch {
                #expect(error == .outputTooSmall)
                #expect(size < whole.count)
            }
            #expect(buffer[size] == 0xA5)
        }
    }
}

@Suite struct NameWriterTests {
    private func isName(_ text: [UInt8]) -> Bool { isCommonName(text.span) }

    @Test(arguments: [
        "\u{0}", "a\nb", "\u{7F}", "\u{85}", String(repeating: "x", count: 65),
    ])
    func badCommonNamesAreRefused(_ text: String) {
        #expect(throws: ProvisioningError.invalidName) { try name(text) }
    }

    @Test(
        arguments: [
            [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xC3], [0x80],
            [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80], [0xC3, 0x28],
        ] as [[UInt8]])
    func illFormedUTF8IsRefused(_ bytes: [UInt8]) {
        #expect(!isName(bytes))
    }

    @Test func sixtyFourCharactersFit() {
        #expect(isName(Array(String(repeating: "€", count: 64).utf8)))
        #expect(isName(Array("𝄞 ü".utf8)))
        #expect(!isName([]))
    }

    @Test func noNamesAreNoExtension() {
        #expect(throws: ProvisioningError.invalidName) { try generalNames([]) }
    }
}
