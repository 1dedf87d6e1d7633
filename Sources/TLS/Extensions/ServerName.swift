// server_name (RFC 6066 §3): the host that a client wants to talk to. What is taken is what may go into a comparison with
// certificates and into a log: a DNS name in ASCII, without trailing dot, and no IP address.
import Bytes
import X509

/// The extension server_name.
enum ServerName {
    /// The longest host name, in bytes (RFC 1035 §2.3.4, as text without the trailing dot).
    static let longestHostName = 253
    /// The longest label, in bytes (RFC 1035 §2.3.4).
    private static let longestLabel = 63

    /// The host name of a ClientHello, or nil without the extension or where it names something else than a host, or an
    /// address.
    /// - Throws: `.malformed`; `.illegalParameter(.serverName)` for two names, or one that is none.
    @_lifetime(copy extensions)
    static func client(in extensions: ExtensionBlock) throws(TLSError) -> Span<UInt8>? {
        guard var reader = extensions.messageReader(.server_name) else { return nil }
        // RFC 6066 §3: ServerName server_name_list<1..2^16-1>
        var names = MessageReader(try reader.readVector16(minimum: 1), of: extensions.message)
        try reader.finish()
        var host: Span<UInt8>?
        while !names.isAtEnd {
            let type = ServerNameType(rawValue: try names.readUInt8())
            // "future name types MUST begin with a length of two bytes" (RFC 6066 §3), so they can be passed over.
            let name = try names.readVector16(minimum: 1)
            guard type == .host_name else { continue }
            // RFC 6066 §3 does not permit addresses. libmosquitto sends them for a broker that is known by one, and OpenSSL
            // passes them over: they name no host.
            guard IPAddressText.parse(name) == nil else { continue }
            // RFC 6066 §3: "MUST NOT contain more than one name of the same name_type".
            guard host == nil, isHostName(name) else { throw .illegalParameter(.serverName) }
            host = name
        }
        return host
    }

    /// Checks the server's acknowledgement in EncryptedExtensions, if there is one: it is empty (RFC 6066 §3).
    /// - Throws: `.malformed`.
    static func checkAcknowledgement(in extensions: ExtensionBlock) throws(TLSError) {
        _ = try extensions.hasEmpty(.server_name)
    }

    /// Appends the extension of a ClientHello. The name must be one by `isHostName`.
    static func appendHostName(_ name: Span<UInt8>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.server_name)
        let names = writer.beginVector(lengthBytes: 2)
        writer.append(ServerNameType.host_name.rawValue)
        writer.appendVector(name, lengthBytes: 2)
        writer.endVector(names)
        writer.endExtension(mark)
    }

    /// Appends the acknowledgement of a server.
    static func appendAcknowledgement(to writer: inout ByteWriter) { writer.appendEmptyExtension(.server_name) }

    /// Whether `name` is a host name as server_name wants it: labels of 1 to 63 letters, digits, hyphens and underscores
    /// between dots, 253 bytes in all, no dot at the end. A last label of digits alone is an IPv4 address, which
    /// RFC 6066 §3 excludes; an IPv6 address has colons.
    static func isHostName(_ name: Span<UInt8>) -> Bool {
        guard name.count <= longestHostName else { return false }
        var label = 0
        var labelIsNumber = true
        for index in name.indices {
            switch name[index] {
            case UInt8(ascii: "."):
                guard label > 0 else { return false }
                label = 0
                labelIsNumber = true
                continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                labelIsNumber = false
            default: return false
            }
            label += 1
            guard label <= longestLabel else { return false }
        }
        return label > 0 && !labelIsNumber
    }
}
