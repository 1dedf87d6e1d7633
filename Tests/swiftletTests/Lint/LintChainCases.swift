// The cases of chains, requests and revocation lists.
import Foundation
import TestSupport

extension LintCaseMaker {
    /// A file of two certificates, of which the first is wrong beside the second.
    func chains() throws -> [LintCase] {
        let other = try Self.authority("other", factory, issuer: root)
        let long = try factory.make(
            "long", issuer: authority, extensions: leafExtensions(keyIdentifier: "keyid"), days: 60)
        let misled = try factory.make(
            "misled", issuer: authority, extensions: leafExtensions(keyIdentifier: "DER:30:06:80:04:01:02:03:04"))
        let below = try factory.make(
            "below", issuer: leaf, extensions: leafExtensions(keyIdentifier: "keyid"), days: 20)
        let direct = try factory.leaf("direct", issuer: root, names: ["DNS:a.example"])
        var damaged = leaf.der
        damaged[damaged.count - 1] ^= 1
        return [
            LintCase(check: "chain-order", file: try chain(leaf.der, other.der)),
            LintCase(check: "chain-key-identifier", file: try chain(misled.der, authority.der)),
            LintCase(check: "chain-signature", file: try chain(damaged, authority.der)),
            LintCase(check: "chain-not-authority", file: try chain(below.der, leaf.der)),
            LintCase(check: "chain-outlives-issuer", file: try chain(long.der, authority.der)),
            LintCase(check: "chain-root", file: try chain(direct.der, root.der)),
        ]
    }

    private func leafExtensions(keyIdentifier: String) -> [String] {
        [
            "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth",
            "subjectAltName=DNS:a.example", "subjectKeyIdentifier=hash", "authorityKeyIdentifier=\(keyIdentifier)",
        ]
    }

    private func chain(_ certificates: [UInt8]...) throws -> [UInt8] {
        try certificates.flatMap { der in
            try runProgram(["openssl", "x509", "-inform", "DER"], input: der).standardOutput
        }
    }

    func requests() throws -> [LintCase] {
        var versionTwo = DERTree(request)
        versionTwo[0][0].content = [1]
        versionTwo[2].content =
            [0]
            + (try runProgram(
                ["openssl", "dgst", "-sha256", "-sign", leaf.keyPath], input: versionTwo[0].bytes
            ).standardOutput)
        var unproven = request
        unproven[unproven.count - 1] ^= 1
        let asking = try runProgram([
            "openssl", "req", "-new", "-key", leaf.keyPath, "-subj", "/CN=device", "-addext",
            "subjectAltName=DNS:a.example", "-addext", "basicConstraints=critical,CA:TRUE",
        ]).standardOutput
        return [
            LintCase(check: "request-version", file: versionTwo.bytes),
            LintCase(check: "request-signature", file: unproven),
            LintCase(check: "request-names-missing", file: try readFile(factory.directory.file("leaf.csr"))),
            LintCase(check: "request-authority", file: asking),
        ]
    }

    func lists() -> [LintCase] {
        func list(_ check: String, _ change: (inout DERTree) -> Void) -> LintCase {
            var tree = DERTree(self.list)
            change(&tree)
            return LintCase(check: check, file: tree.bytes)
        }
        // What is signed: version, algorithm, issuer, thisUpdate, nextUpdate, entries, extensions.
        func reason(_ check: String, _ code: UInt8) -> LintCase {
            list(check) { tree in
                tree[0][5][0].children[2] = .sequence(.extension(21, critical: false, DERTree(0x0A, [code])))
            }
        }
        return [
            list("list-version") { $0[0].children.remove(at: 0) },
            list("list-next-update-missing") { $0[0].children.remove(at: 4) },
            list("list-number-missing") { $0.removeExtension(20) },
            list("list-number") { $0.setExtension(20, critical: false, DERTree(0x02, [0x80])) },
            list("list-key-identifier-missing") { $0.removeExtension(35) },
            list("list-empty") { $0[0][5].children = [] },
            list("list-serial-twice") { $0[0][5].children.append($0[0][5][0]) },
            list("list-unsupported") { $0.setExtension(27, critical: true, DERTree(0x02, [1])) },
            // issuingDistributionPoint: indirectCRL [4] TRUE
            list("list-unsupported") { $0.setExtension(28, critical: true, .sequence(DERTree(0x84, [0xFF]))) },
            reason("list-reason", 7), reason("list-reason-unspecified", 0),
        ]
    }
}

/// A revocation list that openssl has made.
/// - Returns: its DER.
func makeRevocationList(
    _ factory: CertificateFactory, issuer: TestCertificate, revoked: TestCertificate?
) throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    let configuration = """
        [ca]
        default_ca = own
        [own]
        database = \(directory.file("index.txt"))
        crlnumber = \(directory.file("number"))
        default_md = sha256
        default_crl_days = 20
        crl_extensions = extensions
        [extensions]
        authorityKeyIdentifier = keyid:always
        """
    try directory.write("ca.cnf", Array(configuration.utf8))
    try directory.write("index.txt", [])
    try directory.write("number", Array("01\n".utf8))
    let openssl = [
        "openssl", "ca", "-config", directory.file("ca.cnf"), "-cert", issuer.certificatePath, "-keyfile",
        issuer.keyPath,
    ]
    if let revoked {
        try runProgram(openssl + ["-revoke", revoked.certificatePath, "-crl_reason", "keyCompromise"])
    }
    try runProgram(openssl + ["-gencrl", "-out", directory.file("list.pem")])
    return try runProgram(["openssl", "crl", "-in", directory.file("list.pem"), "-outform", "DER"]).standardOutput
}
