// Requests made by openssl, whole and damaged.
import Bytes
import Provisioning
import TLSCrypto
import TestSupport
import Testing
import X509

@Suite struct CertificateRequestTests {
    /// A request in DER, made by openssl.
    func request(_ key: [String] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], _ more: [String]) throws
        -> [UInt8]
    {
        let files = try TemporaryDirectory()
        return try runProgram(
            ["openssl", "req", "-new", "-nodes", "-keyout", files.file("key.pem"), "-outform", "DER"] + key + more
        ).standardOutput
    }

    private func failure(_ der: [UInt8]) -> ProvisioningError? {
        do throws(ProvisioningError) {
            let request = try CertificateRequest(der.span)
            try request.checkProofOfPossession()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"], ["-newkey", "rsa:2048"],
        ["-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"],
    ])
    func opensslsRequestsAreRead(_ key: [String]) throws {
        let der = try request(key, ["-subj", "/CN=device", "-addext", "subjectAltName=DNS:a.example,IP:192.0.2.1"])
        let parsed = try CertificateRequest(der.span)
        try parsed.checkProofOfPossession()
        let subject = array(parsed.subject)
        let names = array(parsed.subjectAltNames)
        #expect(subject == (try name("device")))
        #expect(names == (try generalNames(["a.example", "192.0.2.1"])))
    }

    @Test func aRequestWithoutExtensionsHasNoNames() throws {
        let der = try request(["-newkey", "rsa:2048"], ["-subj", "/CN=device"])
        let parsed = try CertificateRequest(der.span)
        let isEmpty = parsed.subjectAltNames.isEmpty
        #expect(isEmpty)
        #expect(failure(der) == nil)
    }

    @Test func whatIsNotGivenIsRefused() throws {
        let ca = try request(["-newkey", "rsa:2048"], ["-subj", "/CN=x", "-addext", "basicConstraints=CA:TRUE"])
        #expect(failure(ca) == .unsupportedRequest(.certificateAuthority))
        let mail = try request(["-newkey", "rsa:2048"], ["-subj", "/CN=x", "-addext", "subjectAltName=email:a@b.c"])
        #expect(failure(mail) == .unsupportedRequest(.nameKind))
        let sha1 = try request(["-newkey", "rsa:2048"], ["-subj", "/CN=x", "-sha1"])
        #expect(failure(sha1) == .unsupportedRequest(.signatureAlgorithm))
        let small = try request(["-newkey", "rsa:1024"], ["-subj", "/CN=x"])
        #expect(failure(small) == .unsupportedKey)
        let curve = try request(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"], ["-subj", "/CN=x"])
        #expect(failure(curve) == .unsupportedKey)
    }

    @Test(arguments: ["DNS:a..b", "DNS:192.0.2.1", "DNS:*.com", "DNS:a*.example.com", "DNS:a.example."])
    func badNamesAreRefused(_ name: String) throws {
        let der = try request(["-newkey", "rsa:2048"], ["-subj", "/CN=x", "-addext", "subjectAltName=\(name)"])
        #expect(failure(der) == .invalidName)
    }

    @Test func aNULInANameIsRefused() throws {
        var der = try request(["-newkey", "rsa:2048"], ["-subj", "/CN=x", "-addext", "subjectAltName=DNS:a.example"])
        let place = try #require(der.indices.last { Array(der[$0...].prefix(9)) == Array("a.example".utf8) })
        der[place + 1] = 0
        #expect(failure(der) == .invalidName)
    }

    /// Whatever bit of a request is turned, it is refused or its signature is found bad; nothing traps.
    @Test func noDamageIsAccepted() throws {
        let der = try request(
            _: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            [
                "-subj", "/CN=device", "-addext", "subjectAltName=DNS:a.example",
            ])
        #expect(failure(der) == nil)
        for index in der.indices {
            for bit in 0..<8 {
                var damaged = der
                damaged[index] ^= 1 << UInt8(bit)
                #expect(failure(damaged) != nil, "byte \(index), bit \(bit)")
            }
            #expect(failure(Array(der.prefix(index))) == .malformedRequest)
        }
        #expect(failure(der + [0]) == .malformedRequest)
    }

    /// What we write ourselves, openssl and we read alike.
    @Test(arguments: [KeyType.p256, .p384, .rsa2048], [["a.example", "192.0.2.1"], []])
    func ourOwnRequests(_ type: KeyType, _ names: [String]) throws {
        let key = try makeKey(type)
        let subject = try name(names.isEmpty ? "device" : "")
        let asked: [UInt8] = names.isEmpty ? [] : try generalNames(names)
        let der = try built { out throws(ProvisioningError) in
            try writeCertificateRequest(
                subject: subject.span, RequestAttributes(subjectAltNames: asked.span), signedBy: key, into: &out)
        }
        #expect(failure(der) == nil)
        let parsed = try CertificateRequest(der.span)
        let isWhole = array(parsed.subjectAltNames) == asked && array(parsed.subject) == subject
        #expect(isWhole)
        let text = try runProgram(["openssl", "req", "-inform", "DER", "-noout", "-verify", "-text"], input: der)
        #expect((text.errors + text.output).contains("verify OK"))
        #expect(text.output.contains("DNS:a.example, IP Address:192.0.2.1") == !names.isEmpty)
        let files = try TemporaryDirectory()
        let path = try files.write("r.pem", pem(der, "CERTIFICATE REQUEST"))
        let gnutls = try runProgram(["certtool", "--crq-info", "--infile", path])
        #expect(gnutls.output.contains("Self signature: verified"))
    }

    @Test func aSignatureByAnotherKeyIsNoProof() throws {
        let one = try request(["-newkey", "rsa:2048"], ["-subj", "/CN=x"])
        let other = try request(["-newkey", "rsa:2048"], ["-subj", "/CN=x"])
        // The signature is the last 256 bytes.
        #expect(failure(Array(one.dropLast(256)) + other.suffix(256)) == .badProofOfPossession)
    }
}
