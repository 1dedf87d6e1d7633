// The ClientHello that we write (RFC 8446 §4.1.2), with and without the offer of a session, whose binder has to come last
// (§4.2.11).
import Bytes
import TLSCrypto

/// What makes our ClientHello, besides the configuration.
struct ClientHelloContent {
    let random: InlineArray<32, UInt8>
    let sessionID: BoundedBytes<32>
    let group: NamedGroup
    let publicValue: BoundedBytes<97>
    let cookie: BoundedBytes<512>

    /// Appends the message.
    /// - Parameter last: appends what has to be the last extension.
    func append(
        to writer: inout ByteWriter, _ configuration: borrowing Configuration, last: (inout ByteWriter) -> Void
    ) {
        let mark = writer.beginHandshakeMessage(.client_hello)
        ClientHello.appendBeforeExtensions(
            random: random.span, sessionID: sessionID.bytes, cipherSuites: configuration.cipherSuites.elements,
            to: &writer)
        let extensions = writer.beginVector(lengthBytes: 2)
        appendExtensions(to: &writer, configuration)
        last(&writer)
        writer.endVector(extensions)
        writer.endHandshakeMessage(mark)
    }

    /// Composes the message with the offer of a session, and its binder.
    func composeOffer(
        _ outgoing: inout OutgoingMessage, _ transcript: inout Transcript, _ memory: borrowing SessionMemory,
        _ hash: HashAlgorithm, at now: Int64, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try outgoing.composeWithBinder(&transcript, hash) { (digest: Digest) throws(TLSError) -> Digest in
            try KeySchedule.resumptionBinder(hash, key: memory.key, transcript: digest)
        } write: { (writer: inout ByteWriter) throws(TLSError) in
            guard let session = memory.session else { throw .misuse(.badConfiguration) }
            append(to: &writer, configuration) { (writer: inout ByteWriter) in
                PreSharedKey.appendClient(
                    identity: session.ticket, obfuscatedTicketAge: session.obfuscatedAge(at: now),
                    binderBytes: hash.byteCount, to: &writer)
            }
        }
    }

    private func appendExtensions(to writer: inout ByteWriter, _ configuration: borrowing Configuration) {
        if !configuration.serverName.isEmpty {
            ServerName.appendHostName(configuration.serverName.bytes, to: &writer)
        }
        SupportedGroups.append(configuration.groups.elements, to: &writer)
        SignatureAlgorithms.append(configuration.signatureSchemes.elements, to: &writer)
        if !configuration.applicationProtocols.isEmpty {
            ApplicationLayerProtocolNegotiation.append(configuration.applicationProtocols.wire, to: &writer)
        }
        // Always: a server may tell its own limit only to a client that told one (RFC 8449 §4).
        RecordSizeLimit.append(configuration.limits.recordSizeLimit, to: &writer)
        SupportedVersions.appendClient(to: &writer)
        if !cookie.isEmpty { Cookie.append(cookie.bytes, to: &writer) }
        // §4.2.9: without it a server sends no ticket, and with an offer it must be there.
        if configuration.takesTickets { PSKKeyExchangeModes.append(.psk_dhe_ke, to: &writer) }
        KeyShare.appendClient(group, publicValue.bytes, to: &writer)
    }
}
