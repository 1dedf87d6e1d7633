// application_layer_protocol_negotiation (RFC 7301 §3.1): the protocols that a client would speak, and the server's choice.
import Bytes

/// The extension application_layer_protocol_negotiation.
enum ApplicationLayerProtocolNegotiation {
    /// The protocols of a ClientHello, at least one, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func client(in extensions: ExtensionBlock) throws(TLSError) -> Names? {
        // §3.1: ProtocolName protocol_name_list<2..2^16-1>
        let list = try extensions.readVector16(.application_layer_protocol_negotiation, minimum: 2)
        guard let list else { return nil }
        return try Names(list, of: extensions.message)
    }

    /// The protocol of EncryptedExtensions, or nil without the extension.
    /// - Throws: `.malformed`; `.illegalParameter(.alpnNotSingle)` for more than one (§3.1).
    @_lifetime(copy extensions)
    static func server(in extensions: ExtensionBlock) throws(TLSError) -> Span<UInt8>? {
        guard let names = try client(in: extensions) else { return nil }
        var reader = ByteReader(names.bytes)
        guard let name = reader.readVector8() else { throw .malformed(extensions.message) }
        guard reader.isAtEnd else { throw .illegalParameter(.alpnNotSingle) }
        return name
    }

    /// Appends the extension of a ClientHello.
    /// - Parameter names: each with its length in front in one byte.
    static func append(_ names: Span<UInt8>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.application_layer_protocol_negotiation)
        writer.appendVector(names, lengthBytes: 2)
        writer.endExtension(mark)
    }

    /// Appends the extension of EncryptedExtensions with the one protocol chosen.
    static func appendServer(_ name: Span<UInt8>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.application_layer_protocol_negotiation)
        let names = writer.beginVector(lengthBytes: 2)
        writer.appendVector(name, lengthBytes: 1)
        writer.endVector(names)
        writer.endExtension(mark)
    }

    /// A ProtocolNameList: each name whole and not empty.
    struct Names: ~Escapable {
        /// The names, each with its length in front in one byte.
        let bytes: Span<UInt8>

        @_lifetime(copy bytes)
        fileprivate init(_ bytes: Span<UInt8>, of message: HandshakeType) throws(TLSError) {
            self.bytes = bytes
            var reader = MessageReader(bytes, of: message)
            // §3.1: opaque ProtocolName<1..2^8-1>
            while !reader.isAtEnd { _ = try reader.readVector8(minimum: 1) }
        }

        /// Whether `name` is in the list.
        func contains(_ name: Span<UInt8>) -> Bool {
            var reader = ByteReader(bytes)
            while let next = reader.readVector8() {
                if next.hasSameBytes(as: name) { return true }
            }
            return false
        }
    }
}
