// Certificate (RFC 8446 §4.4.2): a chain, leaf first, each certificate with extensions of its own; in TLS 1.2 (RFC 5246
// §7.4.2) the certificates alone. With a raw public key (RFC 7250 §3) there is one entry, a SubjectPublicKeyInfo, and in TLS 1.2
// nothing around it. Only the structure is read here; what the certificates and keys say is for X509.
import Bytes
import X509

/// A peer's chain of certificates, or its raw public key.
struct CertificateMessage: ~Escapable {
    /// The context of the CertificateRequest; empty in the handshake.
    let requestContext: Span<UInt8>
    /// CertificateEntry after CertificateEntry, each well-formed; empty where the peer has no certificate.
    let entries: Span<UInt8>
    /// What the entries look like.
    private let entry: CertificateSequence.Entry

    /// Parses a message of a version, down to the extensions of each entry.
    /// - Parameter type: what it holds, as was negotiated.
    /// - Throws: `.malformed(.certificate)`, also for a raw public key with another behind it (RFC 8446 §4.4.2);
    ///   `.peerMisbehaved(.duplicateExtension)` or `(.tooManyExtensions)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage, in version: ProtocolVersion, _ type: CertificateType) throws(TLSError) {
        var reader = try MessageReader(message, .certificate)
        let is12 = version == .tls12
        entry = is12 ? .plain : .withExtensions
        requestContext = is12 ? message.body.extracting(0..<0) : try reader.readVector8()
        let list = try reader.readVector24()
        try reader.finish()
        if is12, type == .RawPublicKey {
            // RFC 7250 §3: no list, but the one entry; or nothing: a client that has none has no other way to say so.
            entries = list.isEmpty ? list : message.body
            return
        }
        entries = list
        var left = MessageReader(list, of: .certificate)
        while !left.isAtEnd {
            _ = try left.readVector24(minimum: 1)
            if !is12 { _ = try left.readExtensions() }
            if type == .RawPublicKey { try left.finish() }
        }
    }

    /// The first certificate, or the SubjectPublicKeyInfo of a raw public key; empty where there is nothing.
    var first: Span<UInt8> {
        @_lifetime(copy self)
        get {
            var reader = ByteReader(entries)
            guard let first = reader.readVector24() else { return entries.extracting(0..<0) }
            return first
        }
    }

    /// The certificates.
    var chain: CertificateSequence {
        @_lifetime(copy self)
        get { CertificateSequence(entries, entry) }
    }

    /// Checks the extensions of the entries, each of which answers one of the ClientHello or the CertificateRequest (§4.4.2).
    /// - Parameter mayHaveStaple: whether an OCSP response was asked for.
    /// - Throws: `.malformed(.certificate)`; `.illegalParameter(.extensionNotAllowed)` for one that never belongs here;
    ///   `.peerMisbehaved(.unsolicitedExtension)` for any other.
    func checkExtensions(mayHaveStaple: Bool) throws(TLSError) {
        let offered = OfferedExtensions.nothing.with(.status_request, if: mayHaveStaple)
        var entry = MessageReader(entries, of: .certificate)
        while !entry.isAtEnd {
            _ = try entry.readVector24(minimum: 1)
            let extensions = try entry.readExtensions()
            try extensions.validate(in: .certificate, offered: offered)
            _ = try StatusRequest.response(in: extensions)
        }
    }

    /// The OCSP response beside the first certificate (§4.4.2.1); empty where there is none, and in TLS 1.2.
    var ocspStaple: Span<UInt8> {
        @_lifetime(copy self)
        get {
            let nothing = entries.extracting(0..<0)
            guard entry == .withExtensions, !entries.isEmpty else { return nothing }
            var reader = MessageReader(entries, of: .certificate)
            do throws(TLSError) {
                _ = try reader.readVector24()
                guard let response = try StatusRequest.response(in: try reader.readExtensions()) else { return nothing }
                return response
            } catch {
                return nothing
            }
        }
    }

    /// Appends a message, header included, up to its entries, of which `entryBytes` follow: CertificateEntry after
    /// CertificateEntry, or what TLS 1.2 has.
    static func appendBeforeEntries(
        entryBytes: Int, in version: ProtocolVersion, _ type: CertificateType, to writer: inout ByteWriter
    ) {
        let is12 = version == .tls12
        // RFC 7250 §3: of a raw public key TLS 1.2 has no list.
        let hasList = !is12 || type == .X509
        writer.appendHandshakeHeader(.certificate, bodyBytes: (is12 ? 0 : 1) + (hasList ? 3 : 0) + entryBytes)
        if !is12 { writer.append(0 as UInt8) }  // §4.4.2: no context in the handshake
        if hasList { writer.appendUInt24(entryBytes) }
    }
}
