// ServerKeyExchange of TLS 1.2 (RFC 8422 §5.4): the server's public value in a group of its choice, signed together with both
// randoms.
import Bytes
import TLSCrypto

/// The server's half of an ECDHE key exchange.
struct ServerKeyExchange: ~Escapable {
    /// The group.
    let group: NamedGroup
    /// The public value, never empty.
    let publicValue: Span<UInt8>
    /// ServerECDHParams as they stand in the message: what is signed behind the randoms.
    let parameters: Span<UInt8>
    /// How it was signed.
    let scheme: SignatureScheme
    /// The signature, in the encoding of the scheme.
    let signature: Span<UInt8>

    /// ECCurveType named_curve, the only one left (§5.4).
    private static let namedCurve: UInt8 = 3

    /// Parses a message.
    /// - Throws: `.malformed`; `.illegalParameter(.groupNotOffered)` for a curve that is not named (§5.4).
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .server_key_exchange_RESERVED)
        let curveType = try reader.readUInt8()
        guard curveType == Self.namedCurve else { throw .illegalParameter(.groupNotOffered) }
        group = NamedGroup(rawValue: try reader.readUInt16())
        publicValue = try reader.readVector8(minimum: 1)
        parameters = message.body.extracting(0..<reader.offset)
        scheme = SignatureScheme(rawValue: try reader.readUInt16())
        signature = try reader.readVector16()
        try reader.finish()
    }

    /// Appends ServerECDHParams.
    static func appendParameters(_ group: NamedGroup, _ publicValue: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(namedCurve)
        writer.append(group.rawValue)
        writer.appendVector(publicValue, lengthBytes: 1)
    }

    /// The hash of what is signed: both randoms and the parameters (§5.4).
    static func signedHash(
        _ hash: HashAlgorithm, _ randoms: Span<UInt8>, _ parameters: Span<UInt8>
    ) throws(TLSError) -> Digest {
        try hashed(hash) { (writer: inout ByteWriter) in
            writer.append(randoms)
            writer.append(parameters)
        }
    }

    /// Appends a message, header included.
    static func append(
        _ group: NamedGroup, _ publicValue: Span<UInt8>, _ scheme: SignatureScheme, _ signature: Span<UInt8>,
        to writer: inout ByteWriter
    ) {
        let message = writer.beginHandshakeMessage(.server_key_exchange_RESERVED)
        appendParameters(group, publicValue, to: &writer)
        writer.append(scheme.rawValue)
        writer.appendVector(signature, lengthBytes: 2)
        writer.endHandshakeMessage(message)
    }
}
