// NewSessionTicket (RFC 8446 §4.6.1): a server gives its client a way to resume.
import Bytes

/// A ticket for a later session.
struct NewSessionTicket: ~Escapable {
    /// Seconds for which the ticket is good; whoever keeps it must not do so for more than `longestLifetime`.
    let lifetime: UInt32
    /// What is added to the ticket's age in milliseconds, so that it cannot be followed.
    let ageAdd: UInt32
    /// What makes the ticket's key different from those of other tickets of this connection.
    let nonce: Span<UInt8>
    /// The ticket itself, never empty.
    let ticket: Span<UInt8>
    /// The extensions, each type at most once.
    let extensions: ExtensionBlock

    /// The longest lifetime, in seconds: seven days (§4.6.1).
    static let longestLifetime: UInt32 = 604_800

    /// Parses a message.
    /// - Throws: `.malformed(.new_session_ticket)`, `.peerMisbehaved(.duplicateExtension)` or `(.tooManyExtensions)`,
    ///   `.illegalParameter(.extensionNotAllowed)`.
    @_lifetime(copy message)
    init(_ message: HandshakeMessage) throws(TLSError) {
        var reader = try MessageReader(message, .new_session_ticket)
        lifetime = try reader.readUInt32()
        ageAdd = try reader.readUInt32()
        nonce = try reader.readVector8()
        ticket = try reader.readVector16(minimum: 1)
        extensions = try reader.readExtensions()
        try reader.finish()
        try extensions.validate(in: .newSessionTicket, offered: .anything)
    }

    /// Appends a message, header included, without extensions.
    static func append(
        lifetime: UInt32, ageAdd: Span<UInt8>, nonce: UInt8, ticket: Span<UInt8>, to writer: inout ByteWriter
    ) {
        let message = writer.beginHandshakeMessage(.new_session_ticket)
        writer.append(lifetime)
        writer.append(ageAdd)
        writer.append(1 as UInt8)
        writer.append(nonce)
        writer.appendVector(ticket, lengthBytes: 2)
        writer.append(0 as UInt16)
        writer.endHandshakeMessage(message)
    }
}
