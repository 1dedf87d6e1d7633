// certificate_authorities (RFC 8446 §4.2.4): the names of authorities that the sender trusts. It is a hint, by which the
// other side chooses among its certificates.
import Bytes
import X509

/// The extension certificate_authorities.
enum CertificateAuthorities {
    /// DistinguishedName after DistinguishedName, at least one, each in DER with its length in front in two bytes; empty
    /// without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func read(in extensions: ExtensionBlock) throws(TLSError) -> Span<UInt8> {
        guard var reader = extensions.messageReader(.certificate_authorities) else { return Span() }
        // §4.2.4: DistinguishedName authorities<3..2^16-1>
        let authorities = try reader.readAuthorities(minimum: 3)
        try reader.finish()
        return authorities
    }

    /// Whether a name, in DER, is one of `authorities`, which `read` has checked.
    static func contains(_ authorities: Span<UInt8>, _ name: Span<UInt8>) -> Bool {
        var reader = ByteReader(authorities)
        while let authority = reader.readVector16() {
            if authority.hasSameBytes(as: name) { return true }
        }
        return false
    }

    /// Appends the names of the anchors.
    static func append(_ anchors: CertificateSequence, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.certificate_authorities)
        appendNames(anchors, to: &writer)
        writer.endExtension(mark)
    }

    /// Whether the names of the anchors can be sent: there are some, and they take no more than `Limits.authorities`. Otherwise
    /// none is: it is a hint, and a list of some would keep certificates of the others back.
    static func fits(_ anchors: CertificateSequence) -> Bool { 1...Limits.authorities ~= namesBytes(anchors) }

    /// Appends the names of the anchors with their length in front, as a CertificateRequest of TLS 1.2 has them, too.
    static func appendNames(_ anchors: CertificateSequence, to writer: inout ByteWriter) {
        let list = writer.beginVector(lengthBytes: 2)
        var reader = anchors.reader
        while let name = nextName(&reader) {
            writer.appendVector(name, lengthBytes: 2)
        }
        writer.endVector(list)
    }

    private static func namesBytes(_ anchors: CertificateSequence) -> Int {
        var reader = anchors.reader
        var sum = 0
        while let name = nextName(&reader) { sum += 2 + name.count }
        return sum
    }

    /// The subject of the next anchor. Anchors have been parsed when they were added, so nothing here fails.
    @_lifetime(copy reader)
    private static func nextName(_ reader: inout CertificateSequence.Reader) -> Span<UInt8>? {
        do throws(X509Error) {
            guard let der = try reader.next() else { return nil }
            return try Certificate(der).subject.der
        } catch {
            return nil
        }
    }
}

extension MessageReader {
    /// DistinguishedName after DistinguishedName, with the length of all in front: this extension and, with a minimum of
    /// none, a part of TLS 1.2's CertificateRequest (RFC 5246 §7.4.4).
    @_lifetime(copy self)
    mutating func readAuthorities(minimum: Int) throws(TLSError) -> Span<UInt8> {
        let authorities = try readVector16(minimum: minimum)
        var name = MessageReader(authorities, of: message)
        while !name.isAtEnd { _ = try name.readVector16(minimum: 1) }
        return authorities
    }
}

extension Configuration {
    /// Server: whether a CertificateRequest names the anchors.
    var namesAuthorities: Bool { announcesAuthorities && CertificateAuthorities.fits(trust.anchors) }
}
