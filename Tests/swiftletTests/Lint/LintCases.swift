// For each check of `swiftlet lint` something that openssl has made and that breaks this rule and no other.
import Foundation
import TestSupport

/// What to look at, and what must be found.
struct LintCase {
    /// The check that must be the only one to find something.
    let check: String
    /// The file's contents, PEM or DER.
    let file: [UInt8]
    var time: String?
}

/// Makes the cases.
struct LintCaseMaker {
    let factory: CertificateFactory
    let root: TestCertificate
    let authority: TestCertificate
    let leaf: TestCertificate
    /// A revocation list on which the leaf is, in DER.
    let list: [UInt8]
    /// A request that asks for a name, in DER, and its key.
    let request: [UInt8]

    init() throws {
        factory = try CertificateFactory()
        root = try Self.authority("root", factory)
        authority = try Self.authority("authority", factory, issuer: root)
        leaf = try factory.leaf("leaf", issuer: authority, names: ["DNS:a.example", "IP:192.0.2.1"])
        list = try makeRevocationList(factory, issuer: authority, revoked: leaf)
        request = try runProgram([
            "openssl", "req", "-new", "-key", leaf.keyPath, "-subj", "/CN=device", "-addext",
            "subjectAltName=DNS:a.example", "-outform", "DER",
        ]).standardOutput
    }

    /// An authority that outlives what it issues, also when that is made a second later.
    static func authority(
        _ name: String, _ factory: CertificateFactory, issuer: TestCertificate? = nil
    ) throws -> TestCertificate {
        try factory.make(
            name, issuer: issuer,
            extensions: [
                "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
                "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always",
            ], days: issuer == nil ? 50 : 40)
    }

    private func changed(_ check: String, _ der: [UInt8], _ change: (inout DERTree) throws -> Void) rethrows -> LintCase
    {
        var tree = DERTree(der)
        try change(&tree)
        return LintCase(check: check, file: tree.bytes)
    }

    private func leaf(_ check: String, _ change: (inout DERTree) throws -> Void) rethrows -> LintCase {
        try changed(check, leaf.der, change)
    }

    private func authority(_ check: String, _ change: (inout DERTree) -> Void) -> LintCase {
        changed(check, authority.der, change)
    }

    private func list(_ check: String, _ change: (inout DERTree) -> Void) -> LintCase { changed(check, list, change) }

    /// The leaf with other names.
    private func names(_ check: String, _ tag: UInt8, _ name: [UInt8]) -> LintCase {
        leaf(check) { $0.setExtension(17, critical: false, .sequence(DERTree(tag, name))) }
    }

    private func dns(_ check: String, _ name: String) -> LintCase { names(check, 0x82, Array(name.utf8)) }

    func all() throws -> [LintCase] {
        try encoding() + fields() + distinguishedNames() + keys() + extensions() + authorities() + endEntities()
            + alternativeNames() + chains() + requests() + lists()
    }

    private func encoding() -> [LintCase] {
        [
            leaf("malformed") { $0[0].children.remove(at: 4) },
            leaf("not-der") { $0.serial.content.insert(0, at: 0) },
            // An indefinite length (X.690 §8.1.3.6).
            LintCase(check: "not-der", file: [0x30, 0x80] + leaf.der.dropFirst(4) + [0, 0]),
            // FALSE, which DER leaves out.
            leaf("not-der") { tree in
                tree.extensions.append(.sequence(.identifier([0x2A, 3]), DERTree(0x01, [0]), .octets([5, 0])))
            },
            leaf("malformed-extension") { $0.setExtension(37, critical: false, .sequence()) },
            leaf("duplicate-extension") { $0.extensions.append($0.extensions[0]) },
            leaf("unknown-critical-extension") { tree in
                tree.extensions.append(.sequence(.identifier([0x2A, 3]), .yes, .octets([5, 0])))
            },
        ]
    }

    private func fields() -> [LintCase] {
        var inverted = DERTree(leaf.der)
        inverted.validity.children.reverse()
        return [
            leaf("version") { $0.version[0].content = [1] },
            leaf("serial-not-positive") { $0.serial.content = [0] },
            leaf("serial-not-positive") { $0.serial.content = [0x81, 2] },
            leaf("serial-too-long") { $0.serial.content = [UInt8](repeating: 0x11, count: 21) },
            leaf("time-form") { $0.validity[1] = DERTree(0x18, Array("20400101000000Z".utf8)) },
            leaf("time-form") { $0.validity[1] = DERTree(0x17, Array("4001010000Z".utf8)) },
            LintCase(check: "validity-inverted", file: inverted.bytes),
            LintCase(check: "expired", file: leaf.der, time: "2900-01-01T00:00:00Z"),
            LintCase(check: "not-yet-valid", file: leaf.der, time: "2001-01-01T00:00:00Z"),
            LintCase(check: "expired", file: list, time: "2900-01-01T00:00:00Z"),
        ]
    }

    private func distinguishedNames() -> [LintCase] {
        [
            leaf("empty-issuer") { $0.issuer = .sequence() },
            leaf("country-code") { $0.subject = .name(6, 0x13, "de") },
            leaf("country-code") { $0.subject = .name(6, 0x0C, "DE") },
            leaf("name-too-long") { $0.subject = .name(3, 0x0C, String(repeating: "x", count: 65)) },
            leaf("printable-string") { $0.subject = .name(10, 0x13, "a@b") },
            leaf("obsolete-string") { $0.subject = .name(10, 0x14, "Example") },
        ]
    }

    private func keys() throws -> [LintCase] {
        func key(_ check: String, _ arguments: String...) throws -> LintCase {
            let pem = try runProgram(["openssl", "genpkey"] + arguments).standardOutput
            let info = try runProgram(["openssl", "pkey", "-pubout", "-outform", "DER"], input: pem).standardOutput
            return leaf(check) { $0.publicKey = DERTree(info) }
        }
        return [
            leaf("malformed-key") { $0.publicKey[1].content.removeLast() },
            try key("rsa-size", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
            try key(
                "rsa-exponent", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                "rsa_keygen_pubexp:3"),
            try key("unsupported-key", "-algorithm", "ED25519"),
            // ecdsa-with-SHA1, ecdsa-with-SHA224, ecdsa-with-SHA384.
            leaf("weak-signature") { $0.setAlgorithm([0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1]) },
            list("weak-signature") { $0.setAlgorithm([0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1]) },
            leaf("unsupported-signature") { $0.setAlgorithm([0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 1]) },
            leaf("algorithm-mismatch") { $0.setAlgorithm([0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3], insideOnly: true) },
        ]
    }

    private func extensions() -> [LintCase] {
        // permittedSubtrees [0]: dNSName a.example
        let constraints = DERTree.sequence(
            DERTree(0xA0, [.sequence(DERTree(0x82, Array("a.example".utf8)))]))
        return [
            leaf("key-usage-not-critical") { $0.setCritical(15, false) },
            leaf("key-usage-unfit") { $0.setExtension(15, critical: true, DERTree(0x03, [5, 0xA0])) },
            leaf("key-identifier-critical") { $0.setCritical(14, true) },
            leaf("authority-key-identifier-missing") { $0.removeExtension(35) },
            authority("constraints-not-critical") { $0.setExtension(30, critical: false, constraints) },
            leaf("constraints-on-end-entity") { $0.setExtension(30, critical: true, constraints) },
        ]
    }

    private func authorities() -> [LintCase] {
        [
            authority("basic-constraints-not-critical") { $0.setCritical(19, false) },
            authority("authority-without-key-usage") { $0.removeExtension(15) },
            authority("authority-without-key-cert-sign") {
                $0.setExtension(15, critical: true, DERTree(0x03, [1, 0x02]))
            },
            authority("authority-without-subject") { $0.subject = .sequence() },
            authority("subject-key-identifier-missing") { $0.removeExtension(14) },
        ]
    }

    private func endEntities() throws -> [LintCase] {
        let selfSigned = try factory.make(
            "self-signed",
            extensions: [
                "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth", "subjectAltName=DNS:a.example",
            ])
        return [
            leaf("path-length-without-authority") {
                $0.setExtension(19, critical: true, .sequence(DERTree(0x02, [0])))
            },
            leaf("key-cert-sign-without-authority") { $0.setExtension(15, critical: true, DERTree(0x03, [2, 0x84])) },
            leaf("no-digital-signature") { $0.setExtension(15, critical: true, DERTree(0x03, [3, 0x08])) },
            leaf("purpose-missing") { $0.removeExtension(37) },
            leaf("purpose-any") {
                $0.setExtension(37, critical: false, .sequence(.identifier([0x55, 0x1D, 37, 0])))
            },
            leaf("names-missing") { $0.removeExtension(17) },
            leaf("common-name-not-in-names") { $0.subject = .name(3, 0x0C, "b.example") },
            leaf("common-name-not-in-names") { $0.subject = .name(3, 0x0C, "192.0.2.2") },
            leaf("names-not-critical") { $0.subject = .sequence() },
            leaf("names-critical") { $0.setCritical(17, true) },
            LintCase(check: "self-signed", file: selfSigned.der),
        ]
    }

    private func alternativeNames() -> [LintCase] {
        [
            dns("dns-name-malformed", "a..example"), dns("dns-name-malformed", "a.example\0.b.example"),
            dns("dns-name-malformed", "-a.example"), dns("dns-name-malformed", "a b.example"),
            dns("dns-name-malformed", String(repeating: "a", count: 64) + ".example"),
            dns("dns-name-underscore", "my_device.example"), dns("dns-name-is-address", "192.0.2.1"),
            dns("dns-name-is-address", "2001:db8::1"), dns("dns-name-trailing-dot", "a.example."),
            dns("dns-name-wildcard", "a*.b.example"), dns("dns-name-wildcard", "*.example"),
            dns("dns-name-wildcard", "a.*.example"), names("ip-address-length", 0x87, [192, 0, 2, 1, 5]),
        ]
    }
}
