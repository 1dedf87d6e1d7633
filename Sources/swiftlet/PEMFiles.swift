// Certificates and requests in PEM files (RFC 7468).
import Bytes
import X509

/// The certificates of a PEM file, of which there is at least one.
/// - Parameter purpose: what the file is, for the error: "the anchor file".
func readCertificates(_ path: String, _ purpose: String) throws -> [[UInt8]] {
    let text = try readFile(path, purpose)
    let sequence: [UInt8]
    do throws(PEMError) {
        sequence = try built(text.count + 4) { out throws(PEMError) in
            try PEM.decode(text.span, label: "CERTIFICATE", into: &out)
        }
    } catch {
        throw pemError("\(purpose) '\(escaped(path))'", error, label: "CERTIFICATE")
    }
    var certificates: [[UInt8]] = []
    var reader = ByteReader(sequence.span)
    while let der = reader.readVector24() { certificates.append(array(der)) }
    return certificates
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
