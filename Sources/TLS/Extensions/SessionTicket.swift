// session_ticket (RFC 5077 §3.2): a client of TLS 1.2 shows its ticket, or says with an empty one that it takes tickets; the
// server says that one follows.
import Bytes

/// The extension session_ticket.
enum SessionTicket {
    /// The ticket of a ClientHello, empty where it has none yet, or nil without the extension. All of the body is the ticket.
    @_lifetime(copy extensions)
    static func client(in extensions: ExtensionBlock) -> Span<UInt8>? { extensions.body(of: .session_ticket) }

    /// Whether a ServerHello announces a ticket.
    /// - Throws: `.malformed` where the extension has a body.
    static func isAnnounced(in extensions: ExtensionBlock) throws(TLSError) -> Bool {
        try extensions.hasEmpty(.session_ticket)
    }

    /// Appends the extension.
    /// - Parameter ticket: nothing for a server, or for a client without a ticket.
    static func append(_ ticket: Span<UInt8>, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.session_ticket)
        writer.append(ticket)
        writer.endExtension(mark)
    }
}
