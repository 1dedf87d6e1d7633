// What `identity status` and `identity history` say about a store: text for people, one line a fact, or one JSON object.
import Bytes
import TLSCrypto
import X509

/// What is told about an identity.
struct IdentityReport: ~Escapable {
    let loaded: LoadedIdentity
    let certificate: Certificate
    let store: Span<UInt8>

    /// At most so many names are told.
    private static var maximumNames: Int { 32 }

    @_lifetime(copy certificate, copy store)
    init(_ loaded: LoadedIdentity, _ certificate: Certificate, store: Span<UInt8>) {
        self.loaded = loaded
        self.certificate = certificate
        self.store = store
    }

    /// The lines of `identity status`.
    func write(to writer: inout ByteWriter) {
        Self.line("store", to: &writer) { $0.appendEscaped(store) }
        Self.line("generation", to: &writer) { $0.append(generation: loaded.metadata.generation) }
        Self.line("stored", to: &writer) { $0.append(time: loaded.metadata.created) }
        Self.line("subject", to: &writer) { certificate.subject.write(to: &$0) }
        var names = certificate.extensions.subjectAltNames
        var count = 0
        while let name = names.next(), count < Self.maximumNames {
            Self.line("name", to: &writer) { name.write(to: &$0) }
            count += 1
        }
        Self.line("key", to: &writer) { $0.append(keyOf: certificate) }
        Self.line("valid from", to: &writer) { $0.append(time: certificate.notBefore) }
        Self.line("valid until", to: &writer) { $0.append(time: certificate.notAfter) }
        Self.line("renew at", to: &writer) { $0.append(time: RenewalSchedule(certificate).renewAt) }
        Self.line("sha256", to: &writer) { $0.append(sha256Of: certificate.der) }
    }

    private static func line(_ name: StaticString, to writer: inout ByteWriter, _ value: (inout ByteWriter) -> Void) {
        writer.append(name)
        for _ in name.utf8CodeUnitCount..<13 { writer.append(UInt8(ascii: " ")) }
        value(&writer)
        writer.append("\n")
    }

    /// The object of `identity status --json`.
    func writeJSON(to writer: inout ByteWriter) {
        writer.append("{")
        writer.appendMember("store", first: true) { $0.appendEscaped(store) }
        writer.appendMember("generation")
        writer.append(decimal: UInt64(loaded.metadata.generation))
        writer.appendMember("stored") { $0.append(time: loaded.metadata.created) }
        writer.appendMember("subject") { certificate.subject.write(to: &$0) }
        writer.appendMember("names")
        writer.append("[")
        var names = certificate.extensions.subjectAltNames
        var count = 0
        while let name = names.next(), count < Self.maximumNames {
            if count > 0 { writer.append(",") }
            writer.appendJSON { name.write(to: &$0) }
            count += 1
        }
        writer.append("]")
        writer.appendMember("key") { $0.append(keyOf: certificate) }
        writer.appendMember("not_before") { $0.append(time: certificate.notBefore) }
        writer.appendMember("not_after") { $0.append(time: certificate.notAfter) }
        writer.appendMember("renew_at") { $0.append(time: RenewalSchedule(certificate).renewAt) }
        writer.appendMember("sha256") { $0.append(sha256Of: certificate.der) }
        writer.appendMember("fell_back", loaded.failure != nil)
        writer.appendMember("another_board", loaded.isFromAnotherBoard)
        writer.append("}\n")
    }
}

/// One generation in `identity history`.
enum GenerationState: UInt8 {
    case current, kept, damaged

    var text: StaticString {
        switch self {
        case .current: "current"
        case .kept: "kept"
        case .damaged: "damaged"
        }
    }
}

extension ByteWriter {
    /// Appends a time in RFC 3339, in UTC.
    @_lifetime(self: copy self)
    mutating func append(time seconds: Int64) { UTCDate(secondsSince1970: seconds).write(to: &self) }

    /// Appends a SHA-256 in hexadecimal.
    @_lifetime(self: copy self)
    mutating func append(sha256Of bytes: Span<UInt8>) {
        do throws(CryptoError) {
            let hash = try digest(.sha256, bytes)
            append(hexadecimal: hash.bytes)
        } catch {
            append("(not computed)")
        }
    }

    /// Appends the kind of a certificate's key.
    @_lifetime(self: copy self)
    mutating func append(keyOf certificate: borrowing Certificate) {
        do throws(X509Error) { append(try certificate.publicKey.kind) } catch { append("(unknown)") }
    }

    @_lifetime(self: copy self)
    private mutating func append(_ kind: PublicKeyKind) {
        switch kind {
        case .ec(.secp256r1): append("P-256")
        case .ec(.secp384r1): append("P-384")
        case .rsa(let bits):
            append("RSA-")
            append(decimal: UInt64(max(bits, 0)))
        }
    }
}
