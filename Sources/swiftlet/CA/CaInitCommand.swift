// swiftlet ca init: makes an authority: a key and a self-signed certificate (RFC 5280 §3.2).
import ArgumentParser
import Bytes
import CLinux
import Provisioning
import TLSCrypto

/// `swiftlet ca init`.
struct CaInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make an authority: ca.pem, ca-key.pem and issued.jsonl in a directory.",
        discussion: "Nothing that is there already is overwritten.")

    @Option(
        help: ArgumentHelp("Where the authority is to be; made where it does not exist.", valueName: "directory"),
        completion: .directory)
    var dir: String

    @Option(help: ArgumentHelp("The authority's common name.", valueName: "name"))
    var name: String

    @Option(help: "The kind of key: p256, p384 or rsa2048.")
    var keyType = KeyTypeOption.p256

    @Option(help: ArgumentHelp("Days of validity from now.", valueName: "n"))
    var days: Int = 3650

    func validate() throws {
        guard isCommonName(Array(name.utf8).span) else {
            throw ValidationError(
                "--name '\(escaped(name))' is no common name; give 1 to 64 characters without control characters")
        }
        try requireDays(days)
    }

    func run() throws {
        var files = try NewFiles(directory: dir)
        try files.requireAbsent(
            [Authority.certificateFile, Authority.keyFile, Authority.recordFile], advice: "choose another --dir")
        let keyPEM = try generateKey(keyType)
        let certificateText = try certificatePEM(selfSigned(keyPEM))
        try files.stage(Authority.keyFile, permissions: 0o600, keyPEM.bytes)
        try files.stage(Authority.recordFile, permissions: 0o600, Span())
        try files.stage(Authority.certificateFile, permissions: 0o644, certificateText.span)
        try files.commit()
    }

    /// The authority's own certificate.
    private func selfSigned(_ keyPEM: borrowing SecretBuffer) throws -> [UInt8] {
        let key = try loadKey(keyPEM, from: Authority.keyFile)
        let publicKeyInfo = try built { out throws(CryptoError) in try key.publicKeyInfo(into: &out) }
        let commonName = Array(name.utf8)
        let now = swl_realtime_seconds()
        do throws(ProvisioningError) {
            let subject = try built { out throws(ProvisioningError) in
                try writeDistinguishedName(commonName: commonName.span, into: &out)
            }
            var contents = CertificateContents(
                serialNumber: try randomSerialNumber(.system), issuer: subject.span, subject: subject.span,
                publicKeyInfo: publicKeyInfo.span, subjectAltNames: Span())
            contents.notBefore = now - Authority.backdating
            contents.notAfter = now + Int64(days) * 86_400
            // `ca` makes end entities only, so nothing is lost by a path length of zero.
            contents.use = .authority(pathLength: 0)
            contents.authorityKeyIdentifier = try keyIdentifier(ofPublicKeyInfo: publicKeyInfo.span)
            return try built { out throws(ProvisioningError) in
                try writeCertificate(contents, signedBy: key, into: &out)
            }
        } catch {
            throw provisioningError("cannot write the authority's certificate", error)
        }
    }
}
