// What EST sends and takes: URLs, base64 in every shape, certificates in PKCS#7, attributes, and what becomes an anchor.
import Bytes
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import Provisioning

@Suite struct ESTFormatTests {
    private func path(_ url: String, _ operation: ESTOperation = .cacerts) -> String? {
        ESTLocation(Array(url.utf8).span).map { String(decoding: array($0.path(of: operation).bytes), as: UTF8.self) }
    }

    @Test func locations() {
        #expect(path("https://ca.example") == "/.well-known/est/cacerts")
        #expect(path("https://ca.example:8443/", .simpleenroll) == "/.well-known/est/simpleenroll")
        #expect(path("https://[::1]:8443/.well-known/est") == "/.well-known/est/cacerts")
        #expect(
            path("https://192.0.2.1/.well-known/est/a-Label_7.~/", .csrattrs) == "/.well-known/est/a-Label_7.~/csrattrs"
        )
        for url in [
            "", "http://ca.example", "https://", "https:///x", "https://ca.example/est", "https://ca.example:0",
            "https://ca.example:65536", "https://ca.example:", "https://a@b", "https://ca.example/.well-known/estx",
            "https://ca.example/.well-known/est/a/b", "https://ca.example/.well-known/est/a?b", "https://[::1",
            "https://ca.example\r\nX: y", "https://*.example", "HTTPS://ca.example", "https://::1",
        ] { #expect(path(url) == nil, "\(url)") }
        let (text, other) = (Array("https://[2001:db8::1]:8443".utf8), Array("https://ca.example:443".utf8))
        guard let location = ESTLocation(text.span), let usual = ESTLocation(other.span) else {
            Issue.record("no location")
            return
        }
        #expect(String(decoding: array(location.host.bytes), as: UTF8.self) == "[2001:db8::1]:8443")
        #expect(String(decoding: array(usual.host.bytes), as: UTF8.self) == "ca.example")
    }

    /// threats: no redirect to another host.
    @Test func redirections() {
        guard let location = ESTLocation(Array("https://ca.example:8443".utf8).span) else {
            Issue.record("no location")
            return
        }
        func follow(_ text: String) -> String? {
            location.pathOfRedirection(to: Array(text.utf8).span).map {
                String(decoding: array($0.bytes), as: UTF8.self)
            }
        }
        #expect(follow("/other?x=1") == "/other?x=1")
        #expect(follow("https://ca.example:8443/other") == "/other")
        for text in [
            "", "other", "//evil.example/x", "http://ca.example:8443/x", "https://ca.example/x",
            "https://evil.example:8443/x",
            "https://ca.example:8443", "https://ca.example:8443@evil.example/", "/a b", "/a\r\nHost: x",
            "\\\\evil.example",
        ] { #expect(follow(text) == nil, "\(text)") }
    }

    private func decoded(_ text: String, room: Int = 256) throws(ESTBodyError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: room)
        var memory = output.mutableSpan
        let count = try decodeESTBody(Array(text.utf8).span, into: &memory)
        return Array(output.prefix(count))
    }

    @Test func bodiesInEveryShape() throws {
        for count in [0, 1, 2, 3, 47, 48, 49, 57, 96, 200] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            var text = [UInt8](repeating: 0, count: 512)
            var memory = text.mutableSpan
            let length = try #require(encodeESTBody(bytes.span, into: &memory))
            let written = String(decoding: text.prefix(length), as: UTF8.self)
            #expect(try decoded(written) == bytes)
            let plain = written.replacing("\r\n", with: "")
            #expect(try decoded(plain) == bytes)
            // libest counts the terminator of its text in.
            #expect(try decoded(plain + "\0") == bytes)
            #expect(try decoded(" \t\n" + plain.map { "\($0)\n" }.joined()) == bytes)
        }
        for text in ["A", "AAA", "AA==AA==", "AAAA=", "AA-_", "A A*A", "====", "AA=A", "AAAA\0\0", "AA\0AA"] {
            #expect(throws: ESTBodyError.notBase64) { try decoded(text) }
        }
        #expect(throws: ESTBodyError.notBase64) { try decoded(String(repeating: "AAA=", count: 17)) }
        #expect(throws: ESTBodyError.tooLarge) { try decoded(String(repeating: "AAAA", count: 32), room: 95) }
    }

    private func certificates(_ der: [UInt8], room: Int = 16384) throws(ESTBodyError) -> [[UInt8]] {
        var output = [UInt8](repeating: 0, count: room)
        var memory = output.mutableSpan
        let count = try CertsOnly(der.span).write(to: &memory)
        var reader = ByteReader(output.span.extracting(0..<count))
        var all: [[UInt8]] = []
        while let one = reader.readVector24() { all.append(array(one)) }
        return all
    }

    @Test func certificatesInPKCS7() throws {
        let stage = try ESTStage()
        let files = [stage.authority.certificatePath, stage.server.certificatePath].flatMap { ["-certfile", $0] }
        func pkcs7(_ more: [String]) throws -> [UInt8] {
            try runProgram(["openssl", "crl2pkcs7", "-nocrl", "-outform", "DER"] + more).standardOutput
        }
        let both = try pkcs7(files)
        #expect(try Set(certificates(both)) == [stage.authority.der, stage.server.der])
        let list = try stage.factory.revocationList("list", issuer: stage.authority)
        let withList = try runProgram(["openssl", "crl2pkcs7", "-in", list, "-outform", "DER"] + files).standardOutput
        #expect(try certificates(withList).count == 2)
        let none = try pkcs7([])
        #expect(throws: ESTBodyError.noCertificates) { try certificates(none) }
        #expect(throws: ESTBodyError.indefiniteLength) { try certificates([0x30, 0x80] + both[4...]) }
        #expect(throws: ESTBodyError.tooLarge) { try certificates(both, room: 500) }
        let many = try pkcs7((0..<65).flatMap { _ in ["-certfile", stage.server.certificatePath] })
        #expect(throws: ESTBodyError.tooManyCertificates) { try certificates(many, room: 100_000) }
        // No truncation of it is taken, and nothing is read beyond its end.
        for count in stride(from: 0, to: both.count, by: 37) {
            #expect(throws: ESTBodyError.notCertificates) { try certificates(Array(both[0..<count])) }
        }
        #expect(throws: ESTBodyError.notCertificates) { try certificates(both + [0]) }
        // A signed message and a certificate alone are something else.
        #expect(throws: ESTBodyError.notCertificates) { try certificates(stage.server.der) }
    }

    @Test func attributes() throws {
        #expect(try CSRAttributes([UInt8]().span).wantsChannelBinding == false)
        #expect(try CSRAttributes(hex("3000").span).keyType == nil)
        let password = "06092a864886f70d010907"
        #expect(try CSRAttributes(hex("300b" + password).span).wantsChannelBinding)
        #expect(try CSRAttributes(hex("300906072a8648ce3d0201").span).keyType == .p256)
        // The example of RFC 7030 §4.5.2: challengePassword, id-ecPublicKey with secp384r1, a MAC address, ecdsa-with-SHA384.
        let example =
            "304106092a864886f70d010907301206072a8648ce3d0201310706052b81040022301606092a864886f70d01090e310906072b06010101011606082a8648ce3d040303"
        let wanted = try CSRAttributes(hex(example).span)
        #expect(wanted.wantsChannelBinding && wanted.keyType == .p384)
        // P-521 alone cannot be had; beside another it is passed over.
        let other = "301206072a8648ce3d0201310706052b81040023"
        #expect(throws: ESTBodyError.unsupportedKey) { _ = try CSRAttributes(hex("3014" + other).span) }
        #expect(
            try CSRAttributes(hex("3028" + other + "301206072a8648ce3d0201310706052b81040022").span).keyType == .p384)
        // RFC 9908 §3.4: a template with secp384r1 and an extension without a value.
        let template =
            "30463044060b2a864886f70d010910023d31353033020100a012301006072a8648ce3d020106052b81040022a11a3018060b2a864886f70d010910023e3109300730050603551d11"
        let templated = try CSRAttributes(hex(template).span)
        #expect(templated.keyType == .p384)
        var extensions = RequestedExtensionReader(templated.extensions)
        guard let names = try extensions.next() else {
            Issue.record("no extension")
            return
        }
        let isEmpty = names.isSubjectAltName && names.value.isEmpty
        #expect(isEmpty)
        for text in ["30", "3001", "300b06092a864886f70d01090700", "0400", "3003020101", "300430023100", "31020500"] {
            #expect(throws: ESTBodyError.notAttributes) { _ = try CSRAttributes(hex(text).span) }
        }
    }
}
