// swiftlet inspect: what is in a PEM or DER file. Of a private key it says the kind and the pin, never the key.
import ArgumentParser
import Bytes
import Provisioning
import TLSCrypto
import X509

/// `swiftlet inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show certificates, requests, revocation lists and keys.",
        discussion: """
            Each file is PEM with any number of blocks, or one certificate, request, revocation list or key in DER. \
            Of a private key only its kind and its pin are shown.
            """)

    @Flag(help: "Print one JSON object on stdout.")
    var json = false

    @Argument(help: ArgumentHelp("The files to show.", valueName: "file"), completion: .file())
    var files: [String]

    func run() throws {
        let objects = try files.flatMap { path in try inspectFile(path) }
        if json {
            writeOutput(JSONValue.object([("objects", .array(objects.map(\.json)))]).text + "\n")
        } else {
            writeOutput(objects.map(\.text).joined(separator: "\n"))
        }
        let bad = objects.filter { $0.type == "unreadable" }
        guard bad.isEmpty else {
            throw fileError("\(bad.count) of \(objects.count) objects cannot be read; restore them").afterResult
        }
    }
}

/// What is known of one object: fields in the order in which they are shown.
struct InspectedObject {
    let file: String
    let type: String
    var fields: [(name: String, value: InspectedValue)] = []

    /// For programs.
    var json: JSONValue {
        .object([("file", .string(escaped(file))), ("type", .string(type))] + fields.map { ($0, $1.json) })
    }

    /// For people.
    var text: String {
        let lines = fields.compactMap { field in
            field.value.text.map { "  \(field.name.split(separator: "_").joined(separator: " ")): \($0)\n" }
        }
        return escaped(file) + ": " + type + "\n" + lines.joined()
    }
}

/// The value of a field.
enum InspectedValue {
    case text(String)
    case flag(Bool)
    case number(Int?)
    case list([String])

    /// For programs.
    var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .flag(let value): .bool(value)
        case .number(let value): value.map { .int(Int64($0)) } ?? .null
        case .list(let values): .array(values.map(JSONValue.string))
        }
    }

    /// For people; nil where there is nothing to say.
    var text: String? {
        switch self {
        case .text(let text): text
        case .flag(let value): value ? "yes" : "no"
        case .number(let value): value.map { String($0) }
        case .list(let values): values.isEmpty ? nil : values.joined(separator: ", ")
        }
    }
}

/// The objects in one file.
private func inspectFile(_ path: String) throws -> [InspectedObject] {
    let contents = try readSecretFile(path, "the file", limit: revocationListLimit)
    let what = "the file '\(escaped(path))'"
    let blocks = try pemBlocks(contents.bytes, what)
    guard blocks.isEmpty else {
        return try blocks.map { block in
            if block.label.hasSuffix("PRIVATE KEY") {
                return inspectKey(contents.bytes.extracting(block.range), path)
            }
            return inspectPublic(try decode(block, of: contents.bytes, what), block.label, path)
        }
    }
    guard let object = inspectDER(contents.bytes, path) else {
        throw fileError(
            "\(what) holds no PEM block and is no certificate, request, revocation list or key in DER; give such a file"
        )
    }
    return [object]
}

/// A file that is not PEM: a certificate, a request, a revocation list or a key, or nil.
private func inspectDER(_ der: Span<UInt8>, _ path: String) -> InspectedObject? {
    if let object = try? inspectCertificate(der, path) { return object }
    if let object = try? inspectRequest(der, path) { return object }
    if let object = try? inspectRevocationList(der, path) { return object }
    let key = inspectKey(der, path)
    return key.type == "private key" ? key : nil
}

private func inspectPublic(_ der: [UInt8], _ label: String, _ path: String) -> InspectedObject {
    do {
        switch label {
        case "CERTIFICATE": return try inspectCertificate(der.span, path)
        case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST": return try inspectRequest(der.span, path)
        case "X509 CRL": return try inspectRevocationList(der.span, path)
        case "PUBLIC KEY": return InspectedObject(file: path, type: "public key", fields: try keyFields(der.span))
        default: return InspectedObject(file: path, type: "other", fields: [("label", .text(escaped(label)))])
        }
    } catch {
        let why =
            switch error {
            case let error as X509Error: error.reason.description.description
            case let error as ProvisioningError: reason(error)
            default: "cannot be read"
            }
        return InspectedObject(
            file: path, type: "unreadable", fields: [("label", .text(escaped(label))), ("error", .text(why))])
    }
}

private func inspectCertificate(_ der: Span<UInt8>, _ path: String) throws -> InspectedObject {
    let certificate = try Certificate(der)
    let extensions = certificate.extensions
    let constraints = extensions.basicConstraints
    return try InspectedObject(
        file: path, type: "certificate",
        fields: [
            ("subject", .text(describe(certificate.subject))), ("issuer", .text(describe(certificate.issuer))),
            ("serial", .text(hexadecimal(certificate.serialNumber))),
            ("not_before", .text(timeText(certificate.notBefore))),
            ("not_after", .text(timeText(certificate.notAfter))),
            ("names", .list(describe(extensions.subjectAltNames))),
            ("authority", .flag(constraints?.isCertificateAuthority ?? false)),
            ("path_length", .number(constraints?.pathLength)),
            ("key_usage", .list(extensions.keyUsage.map(describe) ?? [])),
            ("extended_key_usage", .list(extensions.extendedKeyUsage.map(describe) ?? [])),
        ] + extensionFields(certificate) + keyFields(certificate.subjectPublicKeyInfo) + [
            ("sha256", .text(fingerprint(der)))
        ])
}

/// The entries are counted, and only the first are shown: there may be many thousands.
private func inspectRevocationList(_ der: Span<UInt8>, _ path: String) throws -> InspectedObject {
    let list = try RevocationList(der)
    var entries = list.entries
    var count = 0
    var shown: [String] = []
    var number = "(none)"
    if let digits = list.extensions.number { number = hexadecimal(digits) }
    while let entry = try entries.next() {
        count += 1
        guard count <= 32 else { continue }
        shown.append("\(hexadecimal(entry.serialNumber)) since \(timeText(entry.revocationDate)) (\(entry.reason))")
    }
    return try InspectedObject(
        file: path, type: "revocation list",
        fields: [
            ("issuer", .text(describe(list.issuer))), ("this_update", .text(timeText(list.thisUpdate))),
            ("next_update", .text(list.nextUpdate.map(timeText) ?? "(none)")),
            ("number", .text(number)),
        ] + extensionFields(list) + [
            ("revoked_count", .number(count)), ("revoked", .list(shown)), ("sha256", .text(fingerprint(der))),
        ])
}

private func inspectRequest(_ der: Span<UInt8>, _ path: String) throws -> InspectedObject {
    let request = try CertificateRequest(der)
    var names: [String] = []
    if !request.subjectAltNames.isEmpty { names = describe(try GeneralNames(extensionValue: request.subjectAltNames)) }
    var reader = DERReader(request.subject)
    let subject = describe(try reader.readDistinguishedName())
    let isProven = (try? request.checkProofOfPossession()) != nil
    return InspectedObject(
        file: path, type: "certificate request",
        fields: [("subject", .text(subject)), ("names", .list(names)), ("proof_of_possession", .flag(isProven))]
            + (try keyFields(request.publicKeyInfo)))
}

private func inspectKey(_ contents: Span<UInt8>, _ path: String) -> InspectedObject {
    do {
        let key = try SigningKey(pemOrDER: contents)
        let publicKeyInfo = try built { out throws(CryptoError) in try key.publicKeyInfo(into: &out) }
        return InspectedObject(file: path, type: "private key", fields: try keyFields(publicKeyInfo.span))
    } catch {
        if error as? CryptoError == .encryptedKey { return InspectedObject(file: path, type: "encrypted private key") }
        let why = (error as? CryptoError).map { reason($0) } ?? "cannot be read"
        return InspectedObject(
            file: path, type: "unreadable", fields: [("label", .text("PRIVATE KEY")), ("error", .text(why))])
    }
}

/// The kind of a public key and its pin.
private func keyFields(_ publicKeyInfo: Span<UInt8>) throws -> [(name: String, value: InspectedValue)] {
    let kind: String
    do throws(X509Error) {
        kind = describe(try PublicKey(subjectPublicKeyInfo: publicKeyInfo).kind)
    } catch {
        kind = "unsupported"
    }
    return [("key_type", .text(kind)), ("pin", .text(try pin(ofPublicKeyInfo: publicKeyInfo)))]
}

private func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }
