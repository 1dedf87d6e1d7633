// An authority's directory: loading it, issuing a certificate with it, and the record of what was issued.
import Bytes
import CLinux
import Glibc
import Provisioning
import TLSCrypto
import X509

/// An authority that has been loaded and found consistent.
struct Authority: ~Copyable {
    static let certificateFile = "ca.pem"
    static let keyFile = "ca-key.pem"
    static let recordFile = "issued.jsonl"
    /// Certificates begin this many seconds before they are made, so that a clock that is a little slow accepts them.
    static let backdating: Int64 = 300

    let directory: String
    let certificate: [UInt8]
    let key: SigningKey

    /// Loads the authority in `directory` and checks that key and certificate belong together and may issue now.
    init(directory: String) throws {
        let path = "\(directory)/\(Self.certificateFile)"
        let blocks = try readCertificates(path, "the authority's certificate")
        guard blocks.count == 1 else {
            throw fileError("'\(escaped(path))' must hold one certificate; restore it as 'ca init' made it")
        }
        let keyPath = "\(directory)/\(Self.keyFile)"
        let key = try loadKey(readSecretFile(keyPath, "the authority's key"), from: keyPath)
        try Self.check(blocks[0], key, directory)
        self.directory = directory
        certificate = blocks[0]
        self.key = key
    }

    private static func check(_ certificate: [UInt8], _ key: borrowing SigningKey, _ directory: String) throws {
        let parsed = try Certificate(certificate.span)
        guard try key.matches(publicKeyInfo: parsed.subjectPublicKeyInfo) else {
            throw fileError(
                "ca.pem and ca-key.pem in '\(escaped(directory))' do not belong together; restore the pair")
        }
        let now = swl_realtime_seconds()
        guard parsed.notBefore <= now, now <= parsed.notAfter else {
            throw fileError(
                "the authority in '\(escaped(directory))' is valid from \(timeText(parsed.notBefore)) to "
                    + "\(timeText(parsed.notAfter)) only; check the clock or make a new one with 'ca init'")
        }
    }

    /// What a new certificate is to say, beside what the authority itself decides.
    struct Request: ~Escapable {
        let subject: Span<UInt8>
        let publicKeyInfo: Span<UInt8>
        let subjectAltNames: Span<UInt8>
        let options: IssuingOptions

        @_lifetime(copy subject, copy publicKeyInfo, copy subjectAltNames)
        init(
            subject: Span<UInt8>, publicKeyInfo: Span<UInt8>, subjectAltNames: Span<UInt8>, options: IssuingOptions
        ) {
            self.subject = subject
            self.publicKeyInfo = publicKeyInfo
            self.subjectAltNames = subjectAltNames
            self.options = options
        }
    }

    /// Signs a certificate. It is not recorded yet: see `record`.
    /// - Returns: its DER.
    func sign(_ request: borrowing Request) throws -> [UInt8] {
        let issuer = try Certificate(certificate.span)
        let now = swl_realtime_seconds()
        let notAfter = now + Int64(request.options.days) * 86_400
        guard notAfter <= issuer.notAfter else {
            throw usageError(
                "the certificate would outlive the authority, which ends \(timeText(issuer.notAfter)); "
                    + "give --days \((issuer.notAfter - now) / 86_400) or fewer")
        }
        try checkKey(of: request)
        let both = request.options.server == request.options.client
        do throws(ProvisioningError) {
            var contents = CertificateContents(
                serialNumber: try randomSerialNumber(.system), issuer: issuer.subject.der, subject: request.subject,
                publicKeyInfo: request.publicKeyInfo, subjectAltNames: request.subjectAltNames)
            contents.notBefore = now - Self.backdating
            contents.notAfter = notAfter
            contents.use =
                request.options.keyTransport
                ? .keyTransportServer
                : .endEntity(server: request.options.server || both, client: request.options.client || both)
            contents.authorityKeyIdentifier = try keyIdentifier(ofPublicKeyInfo: issuer.subjectPublicKeyInfo)
            return try built { out throws(ProvisioningError) in
                try writeCertificate(contents, signedBy: key, into: &out)
            }
        } catch {
            throw provisioningError("cannot write the certificate", error)
        }
    }

    /// RSA key transport takes an RSA key.
    private func checkKey(of request: borrowing Request) throws {
        guard request.options.keyTransport else { return }
        if case .rsa = try PublicKey(subjectPublicKeyInfo: request.publicKeyInfo).kind { return }
        throw usageError("RSA key transport takes an RSA key; give one, such as --key-type rsa2048 makes")
    }

    /// Appends a line about `certificate` to the record, synced. Whoever hands out a certificate records it first, so
    /// that none is ever missing there.
    func record(_ certificate: [UInt8]) throws {
        try append(try recordLine(certificate), to: Self.recordFile, "no certificate was issued")
    }

    /// Appends a line to a file, synced.
    /// - Parameter outcome: what follows from a failure.
    func append(_ line: String, to file: String, _ outcome: String) throws {
        let path = "\(directory)/\(file)"
        func failure(_ code: Int32) -> CommandError {
            fileError("cannot add to '\(escaped(directory))/\(file)': \(systemError(code)); \(outcome)")
        }
        let descriptor = unsafe withPath(path) {
            unsafe swl_open(
                directoryOfProcess, $0, $1, Int32(SWL_OPEN_APPEND | SWL_OPEN_NO_FOLLOW), 0o600)
        }
        guard descriptor >= 0 else { throw failure(-descriptor) }
        defer { swl_close(descriptor) }
        var status = swl_file_status()
        // One process at a time, so that a failed write can be taken back.
        let ready = min(swl_lock(descriptor, 1), unsafe swl_descriptor_status(descriptor, &status))
        guard ready >= 0 else { throw failure(-ready) }
        let written = writeAll(Array((line + "\n").utf8).span, to: descriptor)
        let synced = swl_sync(descriptor)
        guard written, synced >= 0 else {
            _ = ftruncate(descriptor, Int(status.size))
            throw failure(written ? -synced : ENOSPC)
        }
    }

    private func recordLine(_ certificate: [UInt8]) throws -> String {
        let view = try Certificate(certificate.span)
        return try JSONValue.object([
            ("serial", .string(hexadecimal(view.serialNumber))),
            ("subject", .string(describe(view.subject))),
            ("names", .array(describe(view.extensions.subjectAltNames).map(JSONValue.string))),
            ("not_before", .string(timeText(view.notBefore))),
            ("not_after", .string(timeText(view.notAfter))),
            ("issued_at", .string(timeText(swl_realtime_seconds()))),
            ("sha256", .string(fingerprint(view.der))),
        ]).text
    }
}
