// psk_key_exchange_modes (RFC 8446 §4.2.9): how the client allows pre-shared keys to be used.
import Bytes

/// The extension psk_key_exchange_modes.
enum PSKKeyExchangeModes {
    /// The modes of a ClientHello, at least one, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func client(in extensions: ExtensionBlock) throws(TLSError) -> Modes? {
        guard let modes = try extensions.readVector8(.psk_key_exchange_modes, minimum: 1) else { return nil }
        return Modes(modes)
    }

    /// Appends the extension.
    static func append(_ modes: Span<PSKKeyExchangeMode>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.psk_key_exchange_modes)
        writer.appendCodepoints(modes)
        writer.endExtension(mark)
    }

    /// The modes that a client allows.
    struct Modes: ~Escapable {
        private let bytes: Span<UInt8>

        @_lifetime(copy bytes)
        fileprivate init(_ bytes: Span<UInt8>) { self.bytes = bytes }

        /// Whether `mode` is among them.
        func contains(_ mode: PSKKeyExchangeMode) -> Bool { bytes.has(mode.rawValue) }
    }
}
