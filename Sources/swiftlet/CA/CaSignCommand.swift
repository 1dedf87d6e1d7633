// swiftlet ca sign: answers a PKCS#10 request (RFC 2986). Subject, key and names are the request's; use, validity and
// everything else are the authority's.
import ArgumentParser
import Bytes
import Provisioning

/// `swiftlet ca sign`.
struct CaSignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a certificate request; the certificate goes to stdout as PEM.",
        discussion: """
            The request's signature is checked first. Subject, key and subjectAltName (DNS names and addresses only) \
            are taken from it. A request to be an authority is refused.
            """)

    @OptionGroup var options: IssuingOptions

    @Argument(help: ArgumentHelp("The request, as PEM.", valueName: "csr.pem"), completion: .file())
    var request: String

    func run() throws {
        let authority = try Authority(directory: options.ca)
        let der = try readRequest(request)
        let certificate = try sign(der, by: authority)
        let text = try certificatePEM(certificate)
        try authority.record(certificate)
        guard writeAll(text.span, to: 1) else {
            throw fileError("cannot write the certificate to stdout; it is recorded as issued, sign again")
        }
    }

    private func sign(_ der: [UInt8], by authority: borrowing Authority) throws -> [UInt8] {
        let what = "cannot sign the request '\(escaped(request))'"
        let parsed: CertificateRequest
        do throws(ProvisioningError) {
            parsed = try CertificateRequest(der.span)
            try parsed.checkProofOfPossession()
        } catch {
            throw provisioningError(what, error)
        }
        guard parsed.subject.count > 2 || !parsed.subjectAltNames.isEmpty else {
            throw fileError("\(what): it names nobody; give it a subject or a subjectAltName")
        }
        return try authority.sign(
            Authority.Request(
                subject: parsed.subject, publicKeyInfo: parsed.publicKeyInfo,
                subjectAltNames: parsed.subjectAltNames, options: options))
    }
}
