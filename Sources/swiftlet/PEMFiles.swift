// Certificates and requests in PEM files (RFC 7468).
import Bytes
import TLSCrypto
import X509

/// What stands between the BEGIN and END lines that we write.
enum PEMLabel: String {
    case certificate = "CERTIFICATE"
}

/// One block of a PEM file.
struct PEMBlock {
    /// What the BEGIN line says.
    let label: String
    /// The bytes.
    let der: [UInt8]
}

/// `der` between BEGIN and END lines, in lines of 64 characters.
func pemText(_ label: PEMLabel, _ der: [UInt8]) -> [UInt8] {
    let base64 = (try? built { out throws(CryptoError) in try encodeBase64(der.span, into: &out) }) ?? []
    var text = "-----BEGIN \(label.rawValue)-----\n"
    for start in stride(from: 0, to: base64.count, by: 64) {
        text += String(decoding: base64[start..<min(start + 64, base64.count)], as: UTF8.self) + "\n"
    }
    text += "-----END \(label.rawValue)-----\n"
    return Array(text.utf8)
}

/// All blocks of a PEM text, in order. Text outside of them is passed over (§2).
/// - Throws: a sentence about the first block that has no end or no base64.
func pemBlocks(_ text: [UInt8], _ what: String) throws -> [PEMBlock] {
    var blocks: [PEMBlock] = []
    var label: String?
    var body: [UInt8] = []
    for line in text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
        let words = String(decoding: line, as: UTF8.self)
        if let open = label {
            guard words.hasPrefix("-----") else {
                body += line
                continue
            }
            guard words.hasPrefix("-----END \(open)-----"),
                let der = try? built({ out throws(CryptoError) in try decodeBase64(body.span, into: &out) })
            else {
                throw fileError("\(what) has a damaged block '\(escaped(open))'; restore the file")
            }
            blocks.append(PEMBlock(label: open, der: der))
            label = nil
            body = []
        } else if words.hasPrefix("-----BEGIN "), words.hasSuffix("-----") {
            label = String(words.dropFirst(11).dropLast(5))
        }
    }
    guard label == nil else { throw fileError("\(what) ends inside a block; restore the file") }
    return blocks
}

/// The certificates of a file, of which there is at least one.
func readCertificates(_ path: String, _ purpose: String) throws -> [[UInt8]] {
    let blocks = try pemBlocks(readFile(path, purpose), "\(purpose) '\(escaped(path))'")
    let certificates = blocks.filter { $0.label == "CERTIFICATE" }.map(\.der)
    guard !certificates.isEmpty else {
        throw fileError(
            "\(purpose) '\(escaped(path))' holds no certificate; "
                + "give a PEM file with a line -----BEGIN CERTIFICATE-----")
    }
    return certificates
}

/// The one request of a file.
func readRequest(_ path: String) throws -> [UInt8] {
    let blocks = try pemBlocks(readFile(path, "the request"), "the request '\(escaped(path))'")
    // The second label is what older programs write.
    let requests = blocks.filter { ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"].contains($0.label) }
    guard requests.count == 1 else {
        throw fileError(
            "'\(escaped(path))' holds \(requests.count) requests instead of one; "
                + "give a PEM file with a line -----BEGIN CERTIFICATE REQUEST-----")
    }
    return requests[0].der
}
