// swiftlet ca issue: makes a key and a certificate for it, for somebody who will be handed both.
import ArgumentParser
import Bytes
import Provisioning
import TLSCrypto
import X509

/// `swiftlet ca issue`.
struct CaIssueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Make a key and a certificate: key.pem and cert.pem in a directory.",
        discussion: """
            The first name is also the subject's common name. Nothing that is there already is overwritten. A key that \
            never leaves its device is better: make a request there and use 'ca sign'.
            """)

    @OptionGroup var options: IssuingOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A DNS name or an IP address that the certificate is for.", valueName: "dns|ip"))
    var name: [String]

    @Option(help: "The kind of key: p256, p384 or rsa2048.")
    var keyType = KeyTypeOption.p256

    @Option(
        help: ArgumentHelp("Where to write; made where it does not exist.", valueName: "directory"),
        completion: .directory)
    var out: String

    func validate() throws {
        _ = try names()
    }

    private func names() throws -> [ReferenceIdentity] {
        try name.map { text in
            guard let name = try? ReferenceIdentity(pattern: Array(text.utf8).span) else {
                throw ValidationError(
                    "--name '\(escaped(text))' is no DNS name and no IP address; "
                        + "give a name such as device.example or 192.0.2.1")
            }
            return name
        }
    }

    func run() throws {
        let authority = try Authority(directory: options.ca)
        var files = try NewFiles(directory: out)
        try files.requireAbsent(["key.pem", "cert.pem"], advice: "choose another --out")
        let keyPEM = try generateKey(keyType)
        let certificate = try issue(by: authority, loadKey(keyPEM, from: "key.pem"))
        let certificateText = try certificatePEM(certificate)
        try files.stage("key.pem", permissions: 0o600, keyPEM.bytes)
        try files.stage("cert.pem", permissions: 0o644, certificateText.span)
        try authority.record(certificate)
        try files.commit()
    }

    private func issue(by authority: borrowing Authority, _ key: borrowing SigningKey) throws -> [UInt8] {
        let names = try names()
        // What is too long for a common name stands in the subjectAltName alone, which is then critical.
        let commonName = Array(name[0].utf8)
        let subjectName = isCommonName(commonName.span) ? commonName : []
        let subject = try built { out throws(ProvisioningError) in
            try writeDistinguishedName(commonName: subjectName.span, into: &out)
        }
        let alternatives = try built { out throws(ProvisioningError) in
            try writeSubjectAltNames(names.span, into: &out)
        }
        let publicKeyInfo = try built { out throws(CryptoError) in try key.publicKeyInfo(into: &out) }
        return try authority.sign(
            Authority.Request(
                subject: subject.span, publicKeyInfo: publicKeyInfo.span, subjectAltNames: alternatives.span,
                options: options))
    }
}
