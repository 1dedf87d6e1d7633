// Text about certificates (RFC 4514, RFC 5952; contracts: escaped and cut at 128 bytes).
import Bytes
import TestSupport
import Testing
import X509

private func written(_ write: (inout ByteWriter) -> Void) -> String {
    var memory = [UInt8](repeating: 0, count: 1000)
    var writer = ByteWriter(memory.mutableSpan)
    write(&writer)
    let count = writer.count
    return String(decoding: memory[..<count], as: UTF8.self)
}

private func nameText(_ der: [UInt8]) -> String {
    let crafted = Crafted.leaf { $0.subject = der }.signed(by: .root)
    let certificate = try! Certificate(crafted.span)
    return written { certificate.subject.write(to: &$0) }
}

private func attribute(_ type: String, _ value: String, tag: UInt8 = 0x0C) -> [UInt8] {
    sequence(oid(type), text(tag, value))
}

private func set(_ parts: [UInt8]...) -> [UInt8] { element(0x31, parts.flatMap { $0 }) }

@Suite struct NameTextTests {
    /// RFC 4514 §2.1, §3
    @Test func theLastAttributeComesFirst() {
        let der = sequence(
            set(attribute("2.5.4.6", "DE", tag: 0x13)), set(attribute("2.5.4.8", "S")), set(attribute("2.5.4.7", "L")),
            set(attribute("2.5.4.10", "O")), set(attribute("2.5.4.11", "U"), attribute("2.5.4.9", "Street")),
            set(attribute("0.9.2342.19200300.100.1.25", "dc", tag: 0x16)),
            set(attribute("0.9.2342.19200300.100.1.1", "uid")), set(attribute("2.5.4.3", "device")))
        #expect(nameText(der) == "CN=device,UID=uid,DC=dc,OU=U+STREET=Street,O=O,L=L,ST=S,C=DE")
        #expect(nameText(sequence()) == "")
    }

    @Test func otherTypesAreNumbers() {
        #expect(nameText(sequence(set(attribute("2.5.4.5", "SN")))) == "2.5.4.5=SN")
        #expect(
            nameText(sequence(set(attribute("1.2.840.113549.1.9.1", "a@b", tag: 0x16)))) == "1.2.840.113549.1.9.1=a@b")
        #expect(nameText(sequence(set(sequence(oid("2.5.4.3"), element(0x1E, [0, 65]))))) == "CN=#1E020041")
        #expect(nameText(sequence(set(attribute("2.999.1", "x")))) == "2.999.1=x")
        let huge = element(0x06, [0x2A] + [UInt8](repeating: 0xFF, count: 20) + [0x7F])
        #expect(nameText(sequence(set(sequence(huge, text(0x0C, "x"))))) == "1.2...=x")
    }

    /// RFC 4514 §2.4
    @Test func specialCharactersAreEscaped() {
        #expect(nameText(name("a,b+c\"d\\e<f>g;h")) == "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h")
        #expect(nameText(name(" a b ")) == "CN=\\ a b\\ ")
        #expect(nameText(name("#a#")) == "CN=\\#a#")
    }

    /// threats: "Log, terminal … injection"
    @Test func controlAndNonASCIIBytesAreEscaped() {
        #expect(nameText(name("\u{1B}[2J\r\n\u{7F}é\0")) == "CN=\\1B[2J\\0D\\0A\\7F\\C3\\A9\\00")
        let injected = Array("a\u{1B}]0;x\u{07}\\\n\u{9B}".utf8)
        #expect(written { $0.appendEscaped(injected.span) } == "a\\1B]0;x\\07\\\\\\0A\\C2\\9B")
    }

    @Test func textIsCutAt128Bytes() {
        let exact = String(repeating: "a", count: 125)
        #expect(nameText(name(exact)) == "CN=" + exact)
        #expect(nameText(name(exact + "a")) == "CN=" + exact.dropLast(3) + "...")
        #expect(nameText(name(String(repeating: "a", count: 5000))).utf8.count == 128)
        // An escape is never split.
        for prefix in 0..<6 {
            let shown = nameText(name(String(repeating: "a", count: prefix) + String(repeating: "\n", count: 100)))
            #expect(shown.utf8.count <= 128)
            #expect(shown.hasSuffix("\\0A..."))
        }
        let many = element(0x30, (0..<64).flatMap { set(attribute("2.5.4.3", "\($0)")) })
        #expect(nameText(many).utf8.count <= 128)
        #expect(nameText(many).hasPrefix("CN=63,CN=62,"))
    }

    @Test func theWriterMayBeTooSmall() {
        var memory = [UInt8](repeating: 0, count: 4)
        var writer = ByteWriter(memory.mutableSpan)
        let long = Array("device".utf8)
        writer.appendEscaped(long.span)
        let isTooSmall = writer.overflowed
        #expect(isTooSmall)
    }
}

@Suite struct GeneralNameTextTests {
    private func text(_ encoded: [UInt8]) -> String {
        let der = Crafted.leaf { $0.extensions = [Extension.names(encoded)] }.signed(by: .root)
        let certificate = try! Certificate(der.span)
        var names = certificate.extensions.subjectAltNames
        guard let name = names.next() else { return "none" }
        return written { name.write(to: &$0) }
    }

    @Test func namesAreWrittenWithTheirKind() {
        #expect(text(Extension.dns("a.example")) == "DNS:a.example")
        #expect(text(Extension.dns("a\n")) == "DNS:a\\0A")
        #expect(text(Extension.ip(192, 0, 2, 1)) == "IP:192.0.2.1")
        #expect(text(element(0x81, Array("a@b".utf8))) == "email:a@b")
        #expect(text(element(0x86, Array("urn:x".utf8))) == "URI:urn:x")
        #expect(text(element(0xA4, name("x"))) == "other")
        #expect(text(element(0x88, [0x2A])) == "other")
    }

    /// RFC 5952 §4 has these rules, and the reader has to read back what is written.
    @Test(arguments: [
        "::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:db8::1:0:0:1", "1:0:0:2::3", "1:2:3:4:5:6:7:8",
        "::2:3:4:5:6:7", "1:2:3:4:5:6::", "abcd:ef01::", "0:1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0", "::ffff:7f00:1",
    ])
    func ipv6(_ address: String) throws {
        let text = Array(address.utf8)
        let parsed = IPAddressText.parse(text.span)
        let bytes = try #require(parsed)
        #expect(written { IPAddressText.write(bytes.bytes, to: &$0) } == address)
    }
}
