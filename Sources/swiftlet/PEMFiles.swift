// Certificates, revocation lists and requests in files, as PEM (RFC 7468) or DER.
import Bytes
import X509

/// The certificates of a PEM file, of which there is at least one, or the one certificate of a file in DER.
/// - Parameter purpose: what the file is, for the error: "the anchor file".
func readCertificates(_ path: String, _ purpose: String) throws -> [[UInt8]] {
    try readObjects(path, purpose, label: "CERTIFICATE")
}

/// The SubjectPublicKeyInfos of a PEM file, of which there is at least one, or the one of a file in DER.
func readPublicKeys(_ path: String) throws -> [[UInt8]] {
    try readObjects(path, "the public key", label: "PUBLIC KEY")
}

/// The revocation lists of a PEM file, of which there is at least one, or the one list of a file in DER.
func readRevocationLists(_ path: String) throws -> [[UInt8]] {
    try readObjects(path, "the revocation list", label: "X509 CRL", limit: revocationListLimit)
}

private func readObjects(
    _ path: String, _ purpose: String, label: StaticString, limit: Int = usualLimit
) throws -> [[UInt8]] {
    let text = try readFile(path, purpose, limit: limit)
    // No text begins with the tag of a SEQUENCE and a length of two octets or more, or ends where a length of one says.
    if text.count > 2, text[0] == DERTag.sequence.rawValue, text[1] >= 0x80 || text.count == 2 + Int(text[1]) {
        return [text]
    }
    let sequence: [UInt8]
    do throws(PEMError) {
        sequence = try built(text.count + 4) { out throws(PEMError) in
            try PEM.decode(text.span, label: label, into: &out)
        }
    } catch {
        throw pemError("\(purpose) '\(escaped(path))'", error, label: label.description)
    }
    var objects: [[UInt8]] = []
    var reader = ByteReader(sequence.span)
    while let der = reader.readVector24() { objects.append(array(der)) }
    return objects
}

/// The first request of a PEM file.
func readRequest(_ path: String) throws -> [UInt8] {
    let text = try readFile(path, "the request")
    do throws(PEMError) {
        return try firstBlock(text, label: "CERTIFICATE REQUEST")
    } catch {
        // What older programs write.
        if error.reason == .noBlock, let der = try? firstBlock(text, label: "NEW CERTIFICATE REQUEST") { return der }
        throw pemError("the request '\(escaped(path))'", error, label: "CERTIFICATE REQUEST")
    }
}

private func firstBlock(_ text: [UInt8], label: StaticString) throws(PEMError) -> [UInt8] {
    try built(text.count) { out throws(PEMError) in try PEM.decodeFirst(text.span, label: label, into: &out) }
}

private func pemError(_ what: String, _ error: PEMError, label: String) -> CommandError {
    let place = error.line > 0 ? " (line \(error.line))" : ""
    return fileError(
        "cannot read \(what): \(error.reason.description)\(place); give a PEM file with -----BEGIN \(label)-----")
}

/// `der` as a PEM certificate.
func certificatePEM(_ der: [UInt8]) throws -> [UInt8] {
    try built(PEM.encodedCount(der.count, label: "CERTIFICATE")) { out throws(PEMError) in
        try PEM.encode(der.span, label: "CERTIFICATE", into: &out)
    }
}

/// Certificates as the path validation takes them: each with its length in front.
func sequenceBytes(_ certificates: [[UInt8]]) -> [UInt8] {
    var bytes: [UInt8] = []
    for der in certificates {
        for shift in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: der.count >> shift)) }
        bytes += der
    }
    return bytes
}
