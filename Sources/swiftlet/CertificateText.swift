// How certificates, names and times are shown to people and to programs.
import Bytes
import Provisioning
import TLSCrypto
import X509

/// A time in RFC 3339, in UTC.
func timeText(_ seconds: Int64) -> String {
    textBuilt { writer in UTCDate(secondsSince1970: seconds).write(to: &writer) }
}

/// What `body` writes, as a string.
func textBuilt(_ body: (inout ByteWriter) -> Void) -> String {
    var storage = [UInt8](repeating: 0, count: 4096)
    var writer = ByteWriter(storage.mutableSpan)
    body(&writer)
    let count = min(writer.count, writer.capacity)
    return String(decoding: storage.prefix(count), as: UTF8.self)
}

/// SHA-256 in hexadecimal.
func fingerprint(_ bytes: Span<UInt8>) throws -> String { hexadecimal(try digest(.sha256, bytes).bytes) }

/// The pin of a key: `sha256/` and the base64 of the hash of its SubjectPublicKeyInfo.
func pin(ofPublicKeyInfo publicKeyInfo: Span<UInt8>) throws -> String {
    pin(ofHash: try digest(.sha256, publicKeyInfo).bytes)
}

/// The pin of the key whose SubjectPublicKeyInfo has this hash.
func pin(ofHash hash: Span<UInt8>) -> String {
    // 64 bytes are enough for the base64 of 32.
    let text = (try? built(64) { out throws(CryptoError) in try encodeBase64(hash, into: &out) }) ?? []
    return "sha256/" + String(decoding: text, as: UTF8.self)
}

/// The names of a subjectAltName, such as `DNS:device.example` and `IP:192.0.2.1`.
func describe(_ names: GeneralNames) -> [String] {
    var names = names
    var result: [String] = []
    while let name = names.next() { result.append(textBuilt { name.write(to: &$0) }) }
    return result
}

/// A name in the form of RFC 4514.
func describe(_ name: DistinguishedName) -> String {
    let text = textBuilt { name.write(to: &$0) }
    return text.isEmpty ? "(empty)" : text
}

/// The kind of a key: `P-256`, `P-384`, `RSA-2048`.
func describe(_ kind: PublicKeyKind) -> String {
    switch kind {
    case .ec(.secp256r1): "P-256"
    case .ec(.secp384r1): "P-384"
    case .rsa(let bits): "RSA-\(bits)"
    }
}

/// The uses by their names in RFC 5280 §4.2.1.3.
func describe(_ usage: KeyUsage) -> [String] {
    let names: [(KeyUsage, String)] = [
        (.digitalSignature, "digitalSignature"), (.nonRepudiation, "nonRepudiation"),
        (.keyEncipherment, "keyEncipherment"), (.dataEncipherment, "dataEncipherment"),
        (.keyAgreement, "keyAgreement"), (.keyCertSign, "keyCertSign"), (.cRLSign, "cRLSign"),
        (.encipherOnly, "encipherOnly"), (.decipherOnly, "decipherOnly"),
    ]
    return names.filter { usage.contains($0.0) }.map(\.1)
}

/// The purposes by their names in RFC 5280 §4.2.1.12.
func describe(_ usage: ExtendedKeyUsage) -> [String] {
    let names: [(ExtendedKeyUsage, String)] = [
        (.serverAuth, "serverAuth"), (.clientAuth, "clientAuth"), (.any, "anyExtendedKeyUsage"), (.other, "other"),
    ]
    return names.filter { usage.contains($0.0) }.map(\.1)
}

/// The subject of a certificate, or what stands for it where it cannot be read.
func nameOfCertificate(_ der: [UInt8]) -> String {
    do throws(X509Error) { return describe(try Certificate(der.span).subject) } catch { return "(unreadable)" }
}

/// A certificate in a few words, for a list of several.
func certificateSummary(_ der: [UInt8]) -> JSONValue {
    guard let sha256 = try? fingerprint(der.span) else { return .null }
    do throws(X509Error) {
        let view = try Certificate(der.span)
        return .object([
            ("subject", .string(describe(view.subject))), ("issuer", .string(describe(view.issuer))),
            ("not_before", .string(timeText(view.notBefore))), ("not_after", .string(timeText(view.notAfter))),
            ("sha256", .string(sha256)),
        ])
    } catch {
        return .object([("error", .string("\(error.reason)")), ("sha256", .string(sha256))])
    }
}
