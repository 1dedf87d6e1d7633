// supported_versions (RFC 8446 §4.2.1): the client's list of versions, and the one that the server selected.
import Bytes

/// Versions that a client knows.
typealias ProtocolVersionList = CodepointList16<ProtocolVersion>

/// The extension supported_versions.
enum SupportedVersions {
    /// The versions of a ClientHello, at least one, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func client(in extensions: ExtensionBlock) throws(TLSError) -> ProtocolVersionList? {
        guard let bytes = try extensions.readVector8(.supported_versions, minimum: 2) else { return nil }
        guard let versions = ProtocolVersionList(bytes) else { throw .malformed(extensions.message) }
        return versions
    }

    /// The version of a ServerHello or HelloRetryRequest, or nil without the extension.
    /// - Throws: `.malformed`.
    static func server(in extensions: ExtensionBlock) throws(TLSError) -> ProtocolVersion? {
        try extensions.readUInt16(.supported_versions).map { ProtocolVersion(rawValue: $0) }
    }

    /// Appends the extension of a client, its preferred version first.
    static func appendClient(_ versions: Span<ProtocolVersion>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.supported_versions)
        writer.appendCodepoints(versions, lengthBytes: 1)
        writer.endExtension(mark)
    }

    /// Appends the extension of a server that selected TLS 1.3; no other version is ever selected by it (§4.2.1).
    static func appendServer(to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.supported_versions)
        writer.append(ProtocolVersion.tls13.rawValue)
        writer.endExtension(mark)
    }
}
