// ClientHello (RFC 8446 §4.1.2). A hello of a client that knows only TLS 1.2 parses as well, even without extensions: it
// is for the negotiation to refuse it with protocol_version.
import Bytes

/// What a client offers.
struct ClientHello: ~Escapable {
    /// The version for servers that know only TLS 1.2; supported_versions says the true ones (§4.2.1).
    let legacyVersion: ProtocolVersion
    /// The client's 32 random bytes.
    let random: Span<UInt8>
    /// At most 32 bytes that the server must send back (Appendix D.4).
    let legacySessionID: Span<UInt8>
    /// The suites in the client's order of preference; never empty.
    let cipherSuites: CipherSuiteList
    /// The compression methods; never empty.
    let legacyCompressionMethods: Span<UInt8>
    /// The extensions, each type at most once.
    let extensions: ExtensionBlock
    /// Everything before the extensions: what may not change after a HelloRetryRequest (§4.1.2).
    let fixedPart: Span<UInt8>

    /// Parses a message.
    /// - Throws: `.malformed(.client_hello)`, `.peerMisbehaved(.duplicateExtension)` or `(.tooManyExtensions)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .client_hello)
        legacyVersion = ProtocolVersion(rawValue: try reader.readUInt16())
        random = try reader.readBytes(Hello.randomBytes)
        legacySessionID = try reader.readVector8(maximum: Hello.sessionIDBytes)
        cipherSuites = try reader.readCodepoints16()
        legacyCompressionMethods = try reader.readVector8(minimum: 1)
        fixedPart = message.body.extracting(0..<reader.offset)
        // RFC 5246 §7.4.1.2: before TLS 1.3 the block itself may be missing.
        extensions =
            reader.isAtEnd ? try ExtensionBlock(Span(), of: .client_hello) : try reader.readExtensions()
        try reader.finish()
    }

    /// Whether "null" is the one compression method, as a hello for TLS 1.3 must have it (§4.1.2).
    var hasNullCompressionOnly: Bool {
        legacyCompressionMethods.count == 1 && legacyCompressionMethods[0] == CompressionMethod.null.rawValue
    }

    /// Whether "null" is among the compression methods, as a hello for TLS 1.2 must have it (RFC 5246 §7.4.1.2).
    var offersNullCompression: Bool {
        legacyCompressionMethods.has(CompressionMethod.null.rawValue)
    }

    /// Appends everything of the body up to the extension block, whose length and extensions come next.
    static func appendBeforeExtensions(
        random: Span<UInt8>, sessionID: Span<UInt8>, cipherSuites: Span<CipherSuite>, to writer: inout ByteWriter
    ) {
        writer.append(ProtocolVersion.tls12.rawValue)
        writer.append(random)
        writer.appendVector(sessionID, lengthBytes: 1)
        writer.appendCodepoints(cipherSuites, lengthBytes: 2)
        writer.append(1 as UInt8)
        writer.append(CompressionMethod.null.rawValue)
    }
}

/// What ClientHello and ServerHello have in common.
enum Hello {
    /// Bytes of a random (§4.1.2).
    static let randomBytes = 32
    /// Bytes of the longest session identifier (§4.1.2).
    static let sessionIDBytes = 32
}
