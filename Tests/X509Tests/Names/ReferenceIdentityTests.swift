// Names (RFC 9525 §6, threats: "Names").
import TestSupport
import Testing

@testable import X509

/// Whether a certificate with these names is one for `reference`.
private func fault(presented: [[UInt8]], _ reference: ReferenceIdentities) -> X509Error.Reason? {
    let names = presented.isEmpty ? [] : [certificateExtension("2.5.29.17", element(0x30, presented.flatMap { $0 }))]
    let der = Crafted.leaf { $0.extensions = [Extension.digitalSignature] + names }.signed(by: .root)
    do throws(X509Error) {
        try Certificate(der.span).requireName(among: reference)
        return nil
    } catch {
        return error.reason
    }
}

private func isMatch(_ presented: String, _ reference: String) -> Bool {
    fault(presented: [Extension.dns(presented)], ReferenceIdentities(identity(reference))) == nil
}

private func parse(_ text: String) -> ReferenceIdentity? { try? ReferenceIdentity(Array(text.utf8).span) }
private func pattern(_ text: String) -> ReferenceIdentity? { try? ReferenceIdentity(pattern: Array(text.utf8).span) }

@Suite struct DNSNameMatchTests {
    @Test func caseDoesNotCount() {
        #expect(isMatch("device.example", "device.example"))
        #expect(isMatch("DEVICE.Example", "device.eXAMPLE"))
        #expect(isMatch("localhost", "localhost"))
        #expect(isMatch("my_device.example", "my_device.example"))
        #expect(isMatch("xn--bcher-kva.example", "xn--bcher-kva.example"))
    }

    @Test func otherNamesDoNotMatch() {
        for other in ["device.example.com", "evice.example", "xdevice.example", "example", "device.exampl", "a"] {
            #expect(!isMatch(other, "device.example"))
        }
        // The bit that tells case apart tells other characters apart as well.
        #expect(!isMatch("a-b.example", "a\rb.example".replacing("\r", with: "m")))
    }

    /// RFC 9525 §6.3: the whole left-most label, exactly one label.
    @Test func aWildcardStandsForOneLabel() {
        #expect(isMatch("*.device.example", "a.device.example"))
        #expect(isMatch("*.DEVICE.example", "a.device.EXAMPLE"))
        #expect(!isMatch("*.device.example", "a.b.device.example"))
        #expect(!isMatch("*.device.example", "device.example"))
        #expect(!isMatch("*.device.example", "a.other.example"))
    }

    /// threats: "partial or top-label wildcards refused"
    @Test func partialAndTopLabelWildcardsNeverMatch() {
        for (presented, reference) in [
            ("a*.device.example", "ab.device.example"), ("*b.device.example", "ab.device.example"),
            ("a*b.device.example", "axb.device.example"), ("a.*.example", "a.device.example"),
            ("*.*.example", "a.device.example"), ("**.device.example", "a.device.example"),
            ("*.example", "device.example"), ("*", "localhost"), ("*.", "localhost"),
            ("xn--*.device.example", "xn--a.device.example"), ("*.com", "example.com"),
        ] {
            #expect(!isMatch(presented, reference), "\(presented)")
        }
    }

    /// threats: "trailing dot"
    @Test func aTrailingDotIsRefused() {
        #expect(!isMatch("device.example.", "device.example"))
        #expect(parse("device.example.") == nil)
        #expect(parse(".") == nil)
    }

    /// threats: "IP literals in dNSName"
    @Test func anAddressWrittenAsANameNeverMatches() {
        #expect(!isMatch("127.0.0.1", "127.0.0.1"))
        #expect(!isMatch("::1", "::1"))
        #expect(!isMatch("[::1]", "[::1]"))
        #expect(!isMatch("*.0.0.1", "127.0.0.1"))
    }

    /// threats: "NUL, non-ASCII": the whole certificate is refused.
    @Test func nulAndNonASCIIAreRefused() {
        for wrong in ["device.example\0.evil.example", "b\u{fc}cher.example", "\0"] {
            #expect(
                parseFault(Crafted.leaf { $0.extensions = [Extension.names(Extension.dns(wrong))] }.signed(by: .root))
                    == .badName)
            #expect(parse(wrong) == nil)
        }
    }

    @Test func malformedNamesNeverMatch() {
        let long = String(repeating: "a", count: 64)
        for wrong in ["", ".device.example", "device..example", "-a.example", "a-.example", "a b.example", "a/b", long]
        {
            #expect(parse(wrong) == nil, "\(wrong)")
            #expect(!isMatch(wrong, "device.example"))
        }
        #expect(parse(String(repeating: "a", count: 63)) != nil)
        let label = String(repeating: "a", count: 49)
        let longest = [label, label, label, label, label].joined(separator: ".") + ".abc"
        #expect(longest.utf8.count == 253)
        #expect(parse(longest) != nil)
        #expect(parse(longest + "d") == nil)
        #expect(isMatch(longest, longest))
    }
}

@Suite struct ReferenceIdentityTests {
    @Test func addressesAndNamesAreToldApart() {
        #expect(parse("127.0.0.1").map(kind) == "ip 4")
        #expect(parse("::1").map(kind) == "ip 16")
        #expect(parse("[fe80::1]").map(kind) == "ip 16")
        #expect(parse("device.example").map(kind) == "dns")
        #expect(parse("1.2.3.4.example").map(kind) == "dns")
        for neither in ["1.2.3", "256.1.1.1", "1.2.3.4.5", "0x7f.1", "example.123", "fe80::1%eth0", "*.example.com"] {
            #expect(parse(neither) == nil || neither == "0x7f.1" && parse(neither) == nil, "\(neither)")
        }
    }

    private func kind(_ identity: ReferenceIdentity) -> String {
        switch identity {
        case .any: "any"
        case .dns: "dns"
        case .dnsPattern: "pattern"
        case .ip(let address): "ip \(address.count)"
        }
    }

    @Test func addressesMatchByteForByte() {
        let localhost4 = ReferenceIdentities(identity("127.0.0.1"))
        let localhost6 = ReferenceIdentities(identity("::1"))
        #expect(fault(presented: [Extension.ip(127, 0, 0, 1)], localhost4) == nil)
        #expect(fault(presented: [Extension.ip(127, 0, 0, 2)], localhost4) == .nameMismatch)
        let one = element(0x87, [UInt8](repeating: 0, count: 15) + [1])
        #expect(fault(presented: [one], localhost6) == nil)
        // IPv4 does not match its mapped IPv6 form.
        let mapped = element(0x87, hex("00000000000000000000FFFF7F000001"))
        #expect(fault(presented: [mapped], localhost4) == .nameMismatch)
        #expect(fault(presented: [Extension.dns("127.0.0.1")], localhost4) == .nameMismatch)
        // A dNSName of four bytes is no address.
        #expect(
            fault(presented: [element(0x82, [127, 1, 1, 1])], ReferenceIdentities(identity("127.1.1.1")))
                == .nameMismatch)
    }

    @Test func anyOfThePresentedNamesWillDo() {
        let presented = [Extension.dns("a.example"), Extension.ip(10, 0, 0, 1), Extension.dns("b.example")]
        for right in ["a.example", "b.example", "10.0.0.1"] {
            #expect(fault(presented: presented, ReferenceIdentities(identity(right))) == nil)
        }
        #expect(fault(presented: presented, ReferenceIdentities(identity("c.example"))) == .nameMismatch)
    }

    @Test func anyOfTheReferenceNamesWillDo() throws {
        var references = ReferenceIdentities()
        let patterns = ["*.devices.example", "a.example", "10.0.0.1"]
        for text in patterns {
            let isAdded = references.append(try #require(pattern(text)))
            #expect(isAdded)
        }
        #expect(fault(presented: [Extension.dns("a.example")], references) == nil)
        #expect(fault(presented: [Extension.ip(10, 0, 0, 1)], references) == nil)
        #expect(fault(presented: [Extension.dns("pi.devices.example")], references) == nil)
        #expect(fault(presented: [Extension.dns("*.devices.example")], references) == nil)
        #expect(fault(presented: [Extension.dns("x.pi.devices.example")], references) == .nameMismatch)
        #expect(fault(presented: [Extension.dns("devices.example")], references) == .nameMismatch)
        #expect(fault(presented: [Extension.dns("b.example")], references) == .nameMismatch)
    }

    @Test func patternsHaveTwoLabelsUnderTheWildcard() {
        for wrong in ["*", "*.example", "a*.b.example", "*.*.example", "*.0.0.1", "*.a.example."] {
            #expect(pattern(wrong) == nil, "\(wrong)")
        }
        #expect(pattern("*.a.example").map(kind) == "pattern")
        #expect(pattern("a.example").map(kind) == "dns")
    }

    /// contracts: the common name is never looked at.
    @Test func commonNamesAreNeverUsed() {
        let der = Crafted.leaf {
            $0.subject = name("device.example")
            $0.extensions = [Extension.digitalSignature]
        }.signed(by: .root)
        #expect(X509Tests.fault([der], requirements(name: "device.example"))?.reason == .noComparableName)
    }

    @Test func withoutAReferenceNothingMatches() {
        let presented = [Extension.dns("a.example")]
        #expect(fault(presented: presented, ReferenceIdentities()) == .badReferenceIdentity)
        #expect(fault(presented: presented, ReferenceIdentities(.any)) == nil)
        #expect(fault(presented: [], ReferenceIdentities(.any)) == nil)
        let email = element(0x81, Array("a@a.example".utf8))
        #expect(fault(presented: [email], ReferenceIdentities(identity("a.example"))) == .noComparableName)
    }

    @Test func theListHasAnEnd() {
        let label = String(repeating: "a", count: 60)
        let long = identity([label, label, label, label].joined(separator: "."))
        var references = ReferenceIdentities()
        let added = [long, long, long, identity("a.example")].map { references.append($0) }
        #expect(added == [true, true, false, true])
        #expect(fault(presented: [Extension.dns("a.example")], references) == nil)
    }
}

@Suite struct IPAddressTextTests {
    private func parse(_ text: String) -> String? {
        IPAddressText.parse(Array(text.utf8).span).map { hex(array($0.bytes)) }
    }

    /// RFC 4291 §2.2 has the examples.
    @Test(arguments: [
        ("127.0.0.1", "7f000001"), ("0.0.0.0", "00000000"), ("255.255.255.255", "ffffffff"),
        ("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcdef0123456789abcdef0123456789"),
        ("2001:DB8:0:0:8:800:200C:417A", "20010db80000000000080800200c417a"),
        ("2001:DB8::8:800:200C:417A", "20010db80000000000080800200c417a"),
        ("FF01::101", "ff010000000000000000000000000101"), ("::1", "00000000000000000000000000000001"),
        ("::", "00000000000000000000000000000000"), ("0:0:0:0:0:0:13.1.68.3", "0000000000000000000000000d014403"),
        ("::13.1.68.3", "0000000000000000000000000d014403"),
        ("::FFFF:129.144.52.38", "00000000000000000000ffff81903426"),
        ("1::", "00010000000000000000000000000000"), ("1:2:3:4:5:6:7::", "00010002000300040005000600070000"),
        ("::2:3:4:5:6:7:8", "00000002000300040005000600070008"), ("[::1]", "00000000000000000000000000000001"),
        ("1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"),
        ("64:ff9b::192.0.2.1", "0064ff9b0000000000000000c0000201"),
    ])
    func addressesAreRead(_ text: String, _ bytes: String) {
        #expect(parse(text) == bytes)
    }

    @Test(arguments: [
        "", ".", "1.2.3", "1.2.3.4.", ".1.2.3.4", "1..2.3", "01.2.3.4", "1.2.3.256", "1.2.3.1000", "1.2.3.4 ",
        "1.2.3.a",
        ":", ":::", "1", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", "1::2::3", "::1::",
        "12345::", "g::", "::1%1", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4::5:6:7:8",
        "[::1", "::1]", "[]", "[1.2.3.4]", "1:::2", "::1 ", "1:2:3:4:5:6:7:8::",
    ])
    func othersAreNot(_ text: String) {
        #expect(parse(text) == nil)
    }
}
