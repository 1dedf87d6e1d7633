// Name constraints (RFC 5280 §4.2.1.10), kind by kind, and over a path.
import TestSupport
import Testing

@testable import X509

/// Why a leaf with `names` is refused under an intermediate with these constraints, or nil.
private func verdict(
    _ names: [[UInt8]], permitted: [[UInt8]] = [], excluded: [[UInt8]] = [], subject: [UInt8] = name("Leaf")
) -> X509Error.Reason? {
    let authority = Crafted.authority("A", issuer: "Root", key: .intermediate) {
        $0.extensions!.append(Extension.nameConstraints(permitted: permitted, excluded: excluded))
    }
    let leaf = Crafted.leaf {
        $0.issuer = name("A")
        $0.subject = subject
        $0.extensions =
            names.isEmpty
            ? [Extension.serverAuth] : [certificateExtension("2.5.29.17", element(0x30, names.flatMap { $0 }))]
    }
    return fault([leaf.signed(by: .intermediate), authority.signed(by: .root)])?.reason
}

private func attribute(_ type: String, _ value: String, tag: UInt8 = 0x0C) -> [UInt8] {
    element(0x31, sequence(oid(type), text(tag, value)))
}

@Suite struct NameConstraintTests {
    @Test(arguments: [
        // base, name, within it?
        ("example.com", "example.com", true), ("example.com", "a.example.com", true),
        ("example.com", "A.B.EXAMPLE.COM", true), ("example.com", "badexample.com", false),
        ("example.com", "example.com.evil.org", false), ("example.com", "com", false),
        (".example.com", "a.example.com", true), (".example.com", "example.com", false), ("", "anything.example", true),
        ("example.com", "*.example.com", true), ("example.com", "*.a.example.com", true),
        (".example.com", "*.example.com", true), ("com", "example.com", true),
    ])
    func dnsNames(_ base: String, _ presented: String, _ isWithin: Bool) {
        let (base, name) = (Extension.dns(base), Extension.dns(presented))
        #expect(verdict([name], permitted: [base]) == (isWithin ? nil : .nameNotPermitted))
        #expect(verdict([name], excluded: [base]) == (isWithin ? .nameExcluded : nil))
    }

    /// A wildcard that could stand for an excluded name is refused; one that could stand for others than the permitted
    /// one as well.
    @Test func wildcardsAreNeitherPermittedNorFreeOfWhatIsExcluded() {
        let (base, name) = (Extension.dns("host.example.com"), Extension.dns("*.example.com"))
        #expect(verdict([name], permitted: [base]) == .nameNotPermitted)
        #expect(verdict([name], excluded: [base]) == .nameExcluded)
        #expect(verdict([name], excluded: [Extension.dns("a.host.example.com")]) == nil)
    }

    /// threats.md: NUL and non-ASCII cannot be read at all; a trailing dot, partial wildcards and addresses in a dNSName are
    /// refused under any constraint on DNS names.
    @Test(arguments: ["a.example.com.", "a*.example.com", "192.0.2.1", "*.com", "a..example.com", "*"])
    func namesThatCannotBeUnderstoodAreRefused(_ presented: String) {
        let name = Extension.dns(presented)
        #expect(verdict([name], permitted: [Extension.dns("com")]) == .nameNotPermitted)
        #expect(verdict([name], excluded: [Extension.dns("other.org")]) == .nameExcluded)
    }

    @Test func addresses() {
        let range = element(0x87, [192, 0, 2, 0, 255, 255, 255, 0])
        #expect(verdict([Extension.ip(192, 0, 2, 9)], permitted: [range]) == nil)
        #expect(verdict([Extension.ip(192, 0, 3, 9)], permitted: [range]) == .nameNotPermitted)
        #expect(verdict([Extension.ip(192, 0, 2, 9)], excluded: [range]) == .nameExcluded)
        #expect(verdict([Extension.ip(192, 0, 3, 9)], excluded: [range]) == nil)
        let v6 = [UInt8](repeating: 0x20, count: 16)
        let v6Range = element(0x87, v6 + [UInt8](repeating: 0xFF, count: 15) + [0xF0])
        #expect(verdict([element(0x87, v6)], permitted: [v6Range]) == nil)
        #expect(verdict([element(0x87, v6.dropLast() + [0x30])], permitted: [v6Range]) == .nameNotPermitted)
        // One family permitted permits nothing of the other.
        #expect(verdict([element(0x87, v6)], permitted: [range]) == .nameNotPermitted)
        // The whole of a family.
        #expect(
            verdict([Extension.ip(1, 2, 3, 4)], excluded: [element(0x87, [UInt8](repeating: 0, count: 8))])
                == .nameExcluded)
    }

    @Test(arguments: [
        ("a@host.example", "a@host.example", true), ("a@host.example", "A@host.example", false),
        ("a@host.example", "a@HOST.example", true), ("host.example", "b@host.example", true),
        ("host.example", "b@sub.host.example", false), (".host.example", "b@sub.host.example", true),
        (".host.example", "b@host.example", false), ("host.example", "b@evil@host.example", true),
    ])
    func mailboxes(_ base: String, _ presented: String, _ isWithin: Bool) {
        let (base, name) = (Extension.email(base), Extension.email(presented))
        #expect(verdict([name], permitted: [base]) == (isWithin ? nil : .nameNotPermitted))
        #expect(verdict([name], excluded: [base]) == (isWithin ? .nameExcluded : nil))
    }

    /// RFC 5280 §4.2.1.10: also an emailAddress in the subject's name.
    @Test func mailboxesInTheSubject() {
        let subject = sequence(attribute("1.2.840.113549.1.9.1", "a@other.example", tag: 0x16))
        #expect(verdict([], permitted: [Extension.email("host.example")], subject: subject) == .nameNotPermitted)
        #expect(verdict([], excluded: [Extension.email("other.example")], subject: subject) == .nameExcluded)
        #expect(verdict([], permitted: [Extension.email("other.example")], subject: subject) == nil)
    }

    @Test(arguments: [
        ("host.example", "https://host.example/a", true), ("host.example", "https://host.example:8443?a", true),
        ("host.example", "https://a.host.example/", false), (".host.example", "https://a.host.example", true),
        (".host.example", "https://host.example", false), ("host.example", "https://host.example@evil.org/", false),
        ("host.example", "https://evil.org@host.example/", true),
        ("host.example", "https://evil.org#@host.example", false),
    ])
    func uris(_ base: String, _ presented: String, _ isWithin: Bool) {
        let (base, name) = (Extension.uri(base), Extension.uri(presented))
        #expect(verdict([name], permitted: [base]) == (isWithin ? nil : .nameNotPermitted))
        #expect(verdict([name], excluded: [base]) == (isWithin ? .nameExcluded : nil))
    }

    /// RFC 5280 §4.2.1.10: "MUST reject the certificate".
    @Test(arguments: ["urn:a:b", "https://192.0.2.1/", "https://[2001:db8::1]/", "https:///a", "host.example"])
    func urisWithoutAHostAreRefused(_ presented: String) {
        let name = Extension.uri(presented)
        #expect(verdict([name], permitted: [Extension.uri("host.example")]) == .nameNotPermitted)
        #expect(verdict([name], excluded: [Extension.uri("host.example")]) == .nameExcluded)
    }

    /// RFC 5280 §7.1: case, spaces and the type of string do not count; the order of relative names does.
    @Test func directoryNames() {
        func directory(_ sets: [UInt8]...) -> [UInt8] { sequence(sets.flatMap { $0 }) }
        let (country, organization) = (attribute("2.5.4.6", "DE", tag: 0x13), attribute("2.5.4.10", "Good  Org"))
        let base = Extension.directory(directory(country, organization))
        let common = attribute("2.5.4.3", "Leaf")
        let within = [
            directory(country, organization, common),
            directory(attribute("2.5.4.6", "de"), attribute("2.5.4.10", " good ORG ", tag: 0x13), common),
        ]
        let outside = [
            directory(country, attribute("2.5.4.10", "GoodOrg"), common), directory(organization, country, common),
            directory(country), directory(country, attribute("2.5.4.11", "Good Org")),
        ]
        for subject in within {
            #expect(verdict([], permitted: [base], subject: subject) == nil)
            #expect(verdict([], excluded: [base], subject: subject) == .nameExcluded)
            #expect(verdict([Extension.directory(subject)], excluded: [base]) == .nameExcluded)
        }
        for subject in outside {
            #expect(verdict([], permitted: [base], subject: subject) == .nameNotPermitted)
            #expect(verdict([], excluded: [base], subject: subject) == nil)
        }
        // An empty subject names nobody.
        #expect(verdict([Extension.dns("a.example")], permitted: [base], subject: sequence()) == nil)
    }

    @Test func excludedGoesBeforePermittedAndOtherKindsAreFree() {
        let (all, part) = (Extension.dns("example"), Extension.dns("bad.example"))
        #expect(verdict([Extension.dns("a.bad.example")], permitted: [all], excluded: [part]) == .nameExcluded)
        #expect(verdict([Extension.dns("a.example")], permitted: [all], excluded: [part]) == nil)
        #expect(verdict([Extension.ip(1, 2, 3, 4)], permitted: [all], excluded: [part]) == nil)
        // Every name, not only one of them.
        #expect(verdict([Extension.dns("a.example"), Extension.dns("b.org")], permitted: [all]) == .nameNotPermitted)
    }

    /// RFC 5280 §4.2.1.10: "either process the constraint or reject the certificate".
    @Test func aKindThatIsNotSupportedIsRefusedWhereSuchANameIs() {
        let registered = element(0x88, [0x2A, 0x03])
        #expect(verdict([registered], permitted: [registered]) == .unsupportedNameConstraints)
        #expect(verdict([registered], excluded: [element(0x88, [0x2A, 0x04])]) == .unsupportedNameConstraints)
        #expect(verdict([Extension.dns("a.example")], excluded: [registered]) == nil)
    }

    /// A base that nothing matches would exclude nothing.
    @Test(arguments: [
        Extension.dns("*.example.com"), Extension.dns("example.com."), Extension.dns("a b"), Extension.dns("."),
        Extension.email("@example.com"), Extension.email("a@"), Extension.uri("https://example.com"),
        element(0x87, [1, 2, 3, 4]), element(0x87, [1, 2, 3, 4, 255, 0, 255, 0]),
        element(0x87, [1, 2, 3, 4, 0, 0, 0, 1]),
    ])
    func basesThatCannotBeUnderstoodAreRefused(_ base: [UInt8]) {
        #expect(verdict([Extension.dns("a.example")], excluded: [base]) == .badName)
    }

    /// Constraints of all authorities above hold; self-issued intermediates are exempt, a self-issued leaf is not.
    @Test func constraintsAccumulate() {
        func path(_ upper: [UInt8], _ lower: [UInt8]) -> X509Error.Reason? {
            let top = Crafted.authority("A", issuer: "Root", key: .intermediate) { $0.extensions!.append(upper) }
            let below = Crafted.authority("B", issuer: "A", key: .other) { $0.extensions!.append(lower) }
            let leaf = Crafted.leaf { $0.issuer = name("B") }
            return fault([
                leaf.signed(by: .other), below.signed(by: .intermediate), top.signed(by: .root),
            ])?.reason
        }
        let good = Extension.nameConstraints(permitted: [Extension.dns("example")])
        let bad = Extension.nameConstraints(permitted: [Extension.dns("other")])
        let subtree = Extension.nameConstraints(excluded: [Extension.directory(name("B"))])
        #expect(path(good, good) == nil)
        #expect(path(bad, good) == .nameNotPermitted)
        #expect(path(good, bad) == .nameNotPermitted)
        // An intermediate's own name counts.
        #expect(path(subtree, good) == .nameExcluded)
    }

    @Test func selfIssuedIntermediatesAreExempt() {
        let excluded = Extension.nameConstraints(excluded: [Extension.directory(name("A"))])
        let upper = Crafted.authority("A", issuer: "Root", key: .intermediate) { $0.extensions!.append(excluded) }
        let rollover = Crafted.authority("A", issuer: "A", key: .other)
        let leaf = Crafted.leaf { $0.issuer = name("A") }
        let above = [rollover.signed(by: .intermediate), upper.signed(by: .root)]
        #expect(fault([leaf.signed(by: .other)] + above) == nil)
        let selfIssued = Crafted.leaf {
            $0.issuer = name("A")
            $0.subject = name("A")
        }
        #expect(fault([selfIssued.signed(by: .other)] + above)?.reason == .nameExcluded)
    }

    /// threats.md: CN only where asked, only without SAN, and then under DNS constraints.
    @Test func theCommonNameIsAskedForAndConstrained() {
        func verdict(_ leaf: (inout Crafted) -> Void, _ accepts: Bool, _ constraints: [UInt8]? = nil) -> X509Error
            .Reason?
        {
            var requirements = requirements(name: "old.example")
            requirements.acceptsCommonName = accepts
            let certificate = Crafted.leaf {
                $0.subject = name("old.example")
                $0.extensions = [Extension.serverAuth]
                leaf(&$0)
            }
            let anchor = Crafted.authority("Root", issuer: "Root", key: .root) {
                if let constraints { $0.extensions!.append(constraints) }
            }
            return fault([certificate.signed(by: .root)], anchors: [anchor.signed(by: .root)], requirements)?.reason
        }
        #expect(verdict({ _ in }, false) == .noComparableName)
        #expect(verdict({ _ in }, true) == nil)
        #expect(
            verdict({ $0.extensions!.append(Extension.names(Extension.dns("new.example"))) }, true) == .nameMismatch)
        #expect(
            verdict({ $0.extensions!.append(Extension.names(Extension.email("a@b.example"))) }, true)
                == .noComparableName)
        #expect(verdict({ $0.subject = name("old.example.") }, true) == .noComparableName)
        let elsewhere = Extension.nameConstraints(permitted: [Extension.dns("other.example")])
        #expect(verdict({ _ in }, true, elsewhere) == .nameNotPermitted)
        #expect(
            verdict({ _ in }, true, Extension.nameConstraints(excluded: [Extension.dns("example")])) == .nameExcluded)
    }

    /// A way that constraints close does not close the others.
    @Test func theSearchGoesOnWhereConstraintsFail() throws {
        let bad = Extension.nameConstraints(permitted: [Extension.dns("other")])
        let narrow = Crafted.authority("A", issuer: "Root", key: .intermediate) { $0.extensions!.append(bad) }
        let wide = Crafted.authority("A", issuer: "Root", key: .intermediate) { $0.serial = integer(2) }
        let leaf = Crafted.leaf { $0.issuer = name("A") }.signed(by: .intermediate)
        let path = try verify([leaf, narrow.signed(by: .root), wide.signed(by: .root)]).get()
        #expect(path.depth == 1)
        #expect(fault([leaf, narrow.signed(by: .root)]) == X509Error(.nameNotPermitted, certificate: 0))
    }
}
