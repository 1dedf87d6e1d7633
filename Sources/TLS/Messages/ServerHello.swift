// ServerHello (RFC 8446 §4.1.3), and HelloRetryRequest (§4.1.4), which is a ServerHello with a fixed random. A ServerHello
// of TLS 1.2 parses as well, even without extensions: the random then tells whether somebody forced the version down.
import Bytes

/// What a server chose.
struct ServerHello: ~Escapable {
    /// TLS 1.2 in every ServerHello of TLS 1.3; supported_versions says the true one (§4.2.1).
    let legacyVersion: ProtocolVersion
    /// The server's 32 random bytes.
    let random: Span<UInt8>
    /// The client's session identifier, sent back.
    let legacySessionIDEcho: Span<UInt8>
    /// The suite chosen.
    let cipherSuite: CipherSuite
    /// "null" in every ServerHello of TLS 1.3.
    let legacyCompressionMethod: CompressionMethod
    /// The extensions, each type at most once.
    let extensions: ExtensionBlock

    /// Parses a message.
    /// - Throws: `.malformed(.server_hello)`, `.peerMisbehaved(.duplicateExtension)` or `(.tooManyExtensions)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .server_hello)
        legacyVersion = ProtocolVersion(rawValue: try reader.readUInt16())
        random = try reader.readBytes(Hello.randomBytes)
        legacySessionIDEcho = try reader.readVector8(maximum: Hello.sessionIDBytes)
        cipherSuite = CipherSuite(rawValue: try reader.readUInt16())
        legacyCompressionMethod = CompressionMethod(rawValue: try reader.readUInt8())
        // RFC 5246 §7.4.1.3: before TLS 1.3 the block itself may be missing.
        extensions =
            reader.isAtEnd ? try ExtensionBlock(Span(), of: .server_hello) : try reader.readExtensions()
        try reader.finish()
    }

    /// Whether this is a HelloRetryRequest (§4.1.3).
    var isHelloRetryRequest: Bool { random.hasSameBytes(as: Self.helloRetryRequestRandom.span) }

    /// The random of every HelloRetryRequest: SHA-256 of "HelloRetryRequest" (§4.1.3).
    static var helloRetryRequestRandom: InlineArray<32, UInt8> {
        [
            0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
            0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
        ]
    }

    /// Appends a message, header included.
    /// - Parameter extensions: appends what stands in the extension block.
    static func append(
        random: Span<UInt8>, sessionID: Span<UInt8>, cipherSuite: CipherSuite, to writer: inout ByteWriter,
        extensions: (inout ByteWriter) -> Void
    ) {
        let message = writer.beginHandshakeMessage(.server_hello)
        appendBeforeExtensions(random: random, sessionID: sessionID, cipherSuite: cipherSuite, to: &writer)
        let block = writer.beginVector(lengthBytes: 2)
        extensions(&writer)
        writer.endVector(block)
        writer.endHandshakeMessage(message)
    }

    /// Appends everything of the body up to the extension block, whose length and extensions come next.
    static func appendBeforeExtensions(
        random: Span<UInt8>, sessionID: Span<UInt8>, cipherSuite: CipherSuite, to writer: inout ByteWriter
    ) {
        writer.append(ProtocolVersion.tls12.rawValue)
        writer.append(random)
        writer.appendVector(sessionID, lengthBytes: 1)
        writer.append(cipherSuite.rawValue)
        writer.append(CompressionMethod.null.rawValue)
    }
}
