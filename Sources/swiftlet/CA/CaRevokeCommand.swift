// swiftlet ca revoke: takes a certificate back; swiftlet ca crl: says so to the world (RFC 5280 §5).
import ArgumentParser
import Bytes
import CLinux
import Provisioning
import X509

/// `swiftlet ca revoke`.
struct CaRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Record that a certificate is revoked; the next 'ca crl' tells it.",
        discussion: "A certificate is revoked once and for all.")

    @Option(help: ArgumentHelp("The authority's directory.", valueName: "directory"), completion: .directory)
    var ca: String

    @Option(
        help:
            "Why: unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation or privilegeWithdrawn."
    )
    var reason = ReasonOption.unspecified

    @Option(help: ArgumentHelp("The serial number, as issued.jsonl has it, in place of a file.", valueName: "hex"))
    var serial: String?

    @Argument(help: ArgumentHelp("The certificate, as PEM.", valueName: "cert.pem"), completion: .file())
    var certificate: String?

    func validate() throws {
        guard (serial == nil) != (certificate == nil) else {
            throw ValidationError("give a certificate or --serial, one of the two")
        }
    }

    func run() throws {
        let authority = try Authority(directory: ca)
        let number = try serialNumber()
        try authority.revoke(RevokedEntry(serialNumber: number, date: swl_realtime_seconds(), reason: reason.reason))
    }

    private func serialNumber() throws -> BoundedBytes<20> {
        if let serial {
            guard let number = Revocations.serialNumber(serial) else {
                throw usageError("--serial '\(escaped(serial))' is no serial number; give 2 to 40 hexadecimal digits")
            }
            return number
        }
        let path = certificate ?? ""
        let der = try readCertificates(path, "the certificate")[0]
        guard let number = BoundedBytes<20>(try Certificate(der.span).serialNumber) else {
            throw fileError("'\(escaped(path))' has a serial number of more than 20 bytes; it is not of this authority")
        }
        return number
    }
}

/// `swiftlet ca crl`.
struct CaCrlCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crl", abstract: "Sign a revocation list of all that was revoked; it goes to stdout as PEM.",
        discussion: """
            Whoever verifies with --crl, or a daemon with crls, refuses everything once the list is out of date: make a \
            new one before --days have passed.
            """)

    @Option(help: ArgumentHelp("The authority's directory.", valueName: "directory"), completion: .directory)
    var ca: String

    @Option(help: ArgumentHelp("Days until the next list.", valueName: "n"))
    var days: Int = 30

    func validate() throws { try requireDays(days) }

    func run() throws {
        let authority = try Authority(directory: ca)
        let list = try authority.revocationList(days: days)
        let text = try built(PEM.encodedCount(list.count, label: "X509 CRL")) { out throws(PEMError) in
            try PEM.encode(list.span, label: "X509 CRL", into: &out)
        }
        guard writeAll(text.span, to: 1) else { throw fileError("cannot write the list to stdout; make it again") }
    }
}

extension Authority {
    /// Records a revocation, synced.
    func revoke(_ entry: RevokedEntry) throws {
        let serial = hexadecimal(entry.serialNumber.bytes)
        guard try hasIssued(serial) else {
            throw fileError(
                "the authority in '\(escaped(directory))' has issued no certificate with the serial number \(serial); "
                    + "see its issued.jsonl")
        }
        let known = try Revocations(directory: directory).entries
        guard !known.contains(where: { $0.serialNumber == entry.serialNumber }) else {
            throw fileError(
                "the certificate with the serial number \(serial) is revoked already; nothing is to be done")
        }
        try append(Revocations.line(entry), to: Revocations.recordFile, "nothing was revoked")
    }

    private func hasIssued(_ serial: String) throws -> Bool {
        let record = try readFile("\(directory)/\(Self.recordFile)", "the record of what was issued")
        return record.split(separator: UInt8(ascii: "\n")).contains { line in
            line.starts(with: Array("{\"serial\":\"\(serial)\",".utf8))
        }
    }

    /// Signs a list of everything that was revoked.
    /// - Returns: its DER.
    func revocationList(days: Int) throws -> [UInt8] {
        let revocations = try Revocations(directory: directory)
        let issuer = try Certificate(certificate.span)
        let now = swl_realtime_seconds()
        var contents = RevocationListContents(issuer: issuer.subject.der, entries: revocations.entries.span)
        contents.thisUpdate = now - Self.backdating
        contents.nextUpdate = now + Int64(days) * 86_400
        contents.number = try revocations.takeNumber()
        do throws(ProvisioningError) {
            contents.authorityKeyIdentifier = try keyIdentifier(ofPublicKeyInfo: issuer.subjectPublicKeyInfo)
            return try built(4096 + 64 * revocations.entries.count) { out throws(ProvisioningError) in
                try writeRevocationList(contents, signedBy: key, into: &out)
            }
        } catch {
            throw provisioningError("cannot write the revocation list", error)
        }
    }
}
