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

    /// Parses a message, down to the extensions of each entry.
    /// - Throws: `.malformed(.certificate)`, `.peerMisbehaved(.duplicateExtension)` or `(.tooManyExtensions)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .certificate)
        entry = .withExtensions
        requestContext = try reader.readVector8()
        entries = try reader.readVector24()
        try reader.finish()
        var entry = MessageReader(entries, of: .certificate)
        while !entry.isAtEnd {
            _ = try entry.readVector24(minimum: 1)
            _ = try entry.readExtensions()
        }
    }

    /// Parses a message of TLS 1.2 (RFC 5246 §7.4.2).
    /// - Throws: `.malformed(.certificate)`.
    @_lifetime(copy message)
    init(of12 message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .certificate)
        entry = .plain
        entries = try reader.readVector24()
        requestContext = entries.extracting(0..<0)
        try reader.finish()
        var certificate = MessageReader(entries, of: .certificate)
        while !certificate.isAtEnd { _ = try certificate.readVector24(minimum: 1) }
    }

    /// Parses a message of TLS 1.2 with a raw public key (RFC 7250 §3), or with nothing: a client that has none has no other
    /// way to say so.
    /// - Throws: `.malformed(.certificate)`.
    @_lifetime(copy message)
    private init(rawPublicKeyOf12 message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .certificate)
        entry = .plain
        let info = try reader.readVector24()
        let body = message.body
        entries = info.isEmpty ? body.extracting(0..<0) : body
        requestContext = body.extracting(0..<0)
        try reader.finish()
    }

    /// Parses a message of a version.
    /// - Parameter type: what it holds, as was negotiated.
    /// - Throws: `.malformed(.certificate)`, also for a raw public key with another behind it (RFC 8446 §4.4.2);
    ///   `.peerMisbehaved(.duplicateExtension)` or `(.tooManyExtensions)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage, in version: ProtocolVersion, _ type: CertificateType) throws(TLSError) {
        if version == .tls12 {
            if type == .RawPublicKey {
                try self.init(rawPublicKeyOf12: message)
            } else {
                try self.init(of12: message)
            }
            return
        }
        try self.init(message)
        guard type == .RawPublicKey else { return }
        var entry = MessageReader(entries, of: .certificate)
        guard !entry.isAtEnd else { return }
        _ = try entry.readVector24()
        _ = try entry.readExtensions()
        try entry.finish()
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
    /// CertificateEntry.
    static func appendBeforeEntries(entryBytes: Int, to writer: inout ByteWriter) {
        writer.append(HandshakeType.certificate.rawValue)
        writer.appendUInt24(1 + 3 + entryBytes)
        writer.append(0 as UInt8)  // §4.4.2: no context in the handshake
        writer.appendUInt24(entryBytes)
    }
}
