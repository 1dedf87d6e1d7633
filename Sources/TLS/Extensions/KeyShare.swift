// key_share (RFC 8446 §4.2.8): the client's public values, the server's, and the group that a HelloRetryRequest asks for.
// Whether a public value is a good one is for TLSCrypto to say.
import Bytes

/// The extension key_share.
enum KeyShare {
    /// The shares of a ClientHello, which may be none, or nil without the extension.
    /// - Throws: `.malformed`, `.illegalParameter(.keyShareDuplicate)`.
    @_lifetime(copy extensions)
    static func client(in extensions: ExtensionBlock) throws(TLSError) -> Shares? {
        guard let shares = try extensions.readVector16(.key_share) else { return nil }
        return try Shares(shares, of: extensions.message)
    }

    /// The share of a ServerHello, or nil without the extension.
    /// - Throws: `.malformed`.
    @_lifetime(copy extensions)
    static func server(in extensions: ExtensionBlock) throws(TLSError) -> Entry? {
        guard var reader = extensions.messageReader(.key_share) else { return nil }
        let entry = try reader.readKeyShareEntry()
        try reader.finish()
        return entry
    }

    /// The group of a HelloRetryRequest, or nil without the extension.
    /// - Throws: `.malformed`.
    static func helloRetryRequest(in extensions: ExtensionBlock) throws(TLSError) -> NamedGroup? {
        try extensions.readUInt16(.key_share).map { NamedGroup(rawValue: $0) }
    }

    /// Appends the extension of a ClientHello with one share.
    static func appendClient(_ group: NamedGroup, _ keyExchange: Span<UInt8>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.key_share)
        let shares = writer.beginVector(lengthBytes: 2)
        appendEntry(group, keyExchange, to: &writer)
        writer.endVector(shares)
        writer.endExtension(mark)
    }

    /// Appends the extension of a ServerHello.
    static func appendServer(_ group: NamedGroup, _ keyExchange: Span<UInt8>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.key_share)
        appendEntry(group, keyExchange, to: &writer)
        writer.endExtension(mark)
    }

    /// Appends the extension of a HelloRetryRequest.
    static func appendHelloRetryRequest(_ group: NamedGroup, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.key_share)
        writer.append(group.rawValue)
        writer.endExtension(mark)
    }

    private static func appendEntry(_ group: NamedGroup, _ keyExchange: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(group.rawValue)
        writer.appendVector(keyExchange, lengthBytes: 2)
    }

    /// One KeyShareEntry.
    struct Entry: ~Escapable {
        /// The group.
        let group: NamedGroup
        /// The public value, never empty.
        let keyExchange: Span<UInt8>

        @_lifetime(copy keyExchange)
        fileprivate init(_ group: NamedGroup, _ keyExchange: Span<UInt8>) {
            self.group = group
            self.keyExchange = keyExchange
        }
    }
}

extension MessageReader {
    /// KeyShareEntry: a group and `opaque key_exchange<1..2^16-1>`.
    @_lifetime(copy self)
    fileprivate mutating func readKeyShareEntry() throws(TLSError) -> KeyShare.Entry {
        let group = NamedGroup(rawValue: try readUInt16())
        return KeyShare.Entry(group, try readVector16(minimum: 1))
    }
}

extension KeyShare {
    /// The shares of a ClientHello: each whole, no group twice.
    struct Shares: ~Escapable {
        private let bytes: Span<UInt8>
        private let message: HandshakeType
        /// How many there are.
        let count: Int

        /// How many shares a hello may have: more than any client has groups. It bounds the work on them.
        static let most = 32

        @_lifetime(copy bytes)
        fileprivate init(_ bytes: Span<UInt8>, of message: HandshakeType) throws(TLSError) {
            self.bytes = bytes
            self.message = message
            var seen = FixedList<32, NamedGroup>(filler: .x25519)
            var reader = MessageReader(bytes, of: message)
            while !reader.isAtEnd {
                let group = try reader.readKeyShareEntry().group
                // §4.2.8: "Clients MUST NOT offer multiple KeyShareEntry values for the same group."
                guard !seen.contains(group) else { throw .illegalParameter(.keyShareDuplicate) }
                guard seen.append(group) else { throw reader.malformed }
            }
            count = seen.count
        }

        /// The public value for a group, or nil where there is none.
        @_lifetime(copy self)
        func share(for group: NamedGroup) -> Span<UInt8>? {
            var reader = ByteReader(bytes)
            while let next = reader.readUInt16(), let keyExchange = reader.readVector16() {
                if next == group.rawValue { return keyExchange }
            }
            return nil
        }

        /// Checks that every share is of a group in supported_groups (§4.2.8). That they are in the same order is left
        /// unchecked, as §4.2.8 allows: our own preference decides.
        /// - Throws: `.illegalParameter(.keyShareWithoutGroup)`.
        func check(against groups: NamedGroupList) throws(TLSError) {
            var reader = ByteReader(bytes)
            while let next = reader.readUInt16(), reader.readVector16() != nil {
                guard groups.contains(NamedGroup(rawValue: next)) else {
                    throw .illegalParameter(.keyShareWithoutGroup)
                }
            }
        }
    }
}
