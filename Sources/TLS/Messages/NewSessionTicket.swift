// NewSessionTicket (RFC 8446 §4.6.1; in TLS 1.2 RFC 5077 §3.3): a server gives its client a way to resume.
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

    /// Parses a message of TLS 1.2 (RFC 5077 §3.3), which has a lifetime and a ticket, and may be empty.
    /// - Parameter flags: what the session says in the place of ticket_age_add: see `Session`.
    /// - Throws: `.malformed(.new_session_ticket)`.
    @_lifetime(copy message)
    init(of12 message: HandshakeMessage, flags: UInt32 = 0) throws(TLSError) {
        var reader = try MessageReader(message, .new_session_ticket)
        let hint = try reader.readUInt32()
        ticket = try reader.readVector16()
        try reader.finish()
        // "A value of zero is reserved to indicate that the lifetime of the ticket is unspecified."
        lifetime = hint == 0 ? Self.unspecifiedLifetime : hint
        ageAdd = flags
        nonce = ticket.extracting(0..<0)
        extensions = try ExtensionBlock(nonce, of: .new_session_ticket)
    }

    /// How long a session is kept whose server does not say, in seconds: a day (RFC 5246 §F.1.4).
    static let unspecifiedLifetime: UInt32 = 86_400

    /// Appends a message of TLS 1.2, header included.
    static func append12(lifetime: UInt32, ticket: Span<UInt8>, to writer: inout ByteWriter) {
        let message = writer.beginHandshakeMessage(.new_session_ticket)
        writer.append(lifetime)
        writer.appendVector(ticket, lengthBytes: 2)
        writer.endHandshakeMessage(message)
    }

    /// Appends a message, header included.
    /// - Parameter maximumEarlyData: the bytes of early data that the ticket allows; 0 for none.
    static func append(
        lifetime: UInt32, ageAdd: UInt32, nonce: UInt8, ticket: Span<UInt8>, maximumEarlyData: UInt32 = 0,
        to writer: inout ByteWriter
    ) {
        let message = writer.beginHandshakeMessage(.new_session_ticket)
        writer.append(lifetime)
        writer.append(ageAdd)
        writer.append(1 as UInt8)
        writer.append(nonce)
        writer.appendVector(ticket, lengthBytes: 2)
        let extensions = writer.beginVector(lengthBytes: 2)
        if maximumEarlyData > 0 { EarlyData.append(maximumSize: maximumEarlyData, to: &writer) }
        writer.endVector(extensions)
        writer.endHandshakeMessage(message)
    }
}
