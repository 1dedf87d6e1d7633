// `connect --export LABEL:LEN`: keying material out of a connection (RFC 8446 §7.5), with an empty context.
import ArgumentParser
import TLS

/// What is to be exported.
struct ExporterOption {
    /// Who the material is for, as the registry "TLS Exporter Labels" has it.
    let label: String
    /// How many bytes.
    let length: Int

    /// HKDF-Expand gives no more than this many bytes with SHA-256 (RFC 5869 §2.3).
    private static let most = 255 * 32

    init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let label = parts.dropLast().joined(separator: ":")
        guard 1...249 ~= label.utf8.count, let length = parts.last.flatMap({ Int($0) }), 1...Self.most ~= length
        else {
            throw ValidationError(
                "'\(escaped(text))' is no LABEL:LEN; give 1 to 249 bytes and a length from 1 to \(Self.most)")
        }
        self.label = label
        self.length = length
    }

    /// The material, in hexadecimal. The handshake is over.
    func material(of connection: borrowing Connection) throws(TLSError) -> String {
        var material = SecretBuffer(capacity: length)
        material.count = length
        var room = material.room
        try connection.exportKeyingMaterial(label: Array(label.utf8).span, context: nil, into: &room)
        return hexadecimal(room.span)
    }
}
