// The ClientHello that we write (RFC 8446 §4.1.2), with and without the offer of pre-shared keys, whose binders have to come
// last (§4.2.11).
import Bytes
import TLSCrypto
import X509

/// What makes our ClientHello, besides the configuration.
struct ClientHelloContent {
    let random: BoundedBytes<32>
    let sessionID: BoundedBytes<32>
    let group: NamedGroup
    let publicValue: BoundedBytes<97>
    let cookie: BoundedBytes<512>
    /// The ticket of a session of TLS 1.2 that is offered; empty without one.
    let ticket12: BoundedBytes<1536>
    let announcesEarlyData: Bool

    /// Appends the message.
    /// - Parameter last: appends what has to be the last extension.
    func append(
        to writer: inout ByteWriter, _ configuration: borrowing Configuration, last: (inout ByteWriter) -> Void
    ) {
        let mark = writer.beginHandshakeMessage(.client_hello)
        let suites = configuration.offeredSuites
        ClientHello.appendBeforeExtensions(
            random: random.bytes, sessionID: sessionID.bytes, cipherSuites: suites.elements, to: &writer)
        let extensions = writer.beginVector(lengthBytes: 2)
        appendExtensions(to: &writer, configuration)
        last(&writer)
        writer.endVector(extensions)
        writer.endHandshakeMessage(mark)
    }

    /// Composes the message with the offer of keys, and their binders.
    func composeOffer(
        _ offers: KeyOffers, _ outgoing: inout OutgoingMessage, _ transcript: inout Transcript,
        _ memory: borrowing SessionMemory, at time: CurrentTime, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try outgoing.composeWithBinders(&transcript, configuration, offers) {
            (offer: KeyOffer, digest: Digest) throws(TLSError) in
            guard let index = offer.external else {
                return try KeySchedule.binder(
                    offer.hash, key: memory.key, label: KeySchedule.resumptionBinderLabel, transcript: digest)
            }
            guard let key = configuration.externalKeys.key(at: index) else { throw .misuse(.badConfiguration) }
            return try key.binder(for: offer.hash, transcript: digest)
        } write: { (writer: inout ByteWriter) throws(TLSError) in
            append(to: &writer, configuration) { (writer: inout ByteWriter) in
                PreSharedKey.appendClient(offers, to: &writer) { (offer: KeyOffer, writer: inout ByteWriter) in
                    appendIdentity(offer, memory, at: time, configuration, to: &writer)
                }
            }
        }
    }

    /// Appends the identity of a key.
    /// - Returns: its obfuscated_ticket_age: 0 for an external key (§4.2.11).
    private func appendIdentity(
        _ offer: KeyOffer, _ memory: borrowing SessionMemory, at time: CurrentTime,
        _ configuration: borrowing Configuration, to writer: inout ByteWriter
    ) -> UInt32 {
        if let index = offer.external {
            configuration.externalKeys.key(at: index)?.appendIdentity(for: offer.hash, to: &writer)
            return 0
        }
        // A session is only offered at a time that is known.
        guard let session = memory.session, case .known(let now) = time else { return 0 }
        writer.append(session.ticket)
        return session.obfuscatedAge(at: now)
    }

    /// Appends the extensions that are offered: which those are stands in ClientOffer.swift.
    private func appendExtensions(to writer: inout ByteWriter, _ configuration: borrowing Configuration) {
        let offered = OfferedExtensions.clientHello(configuration, offersEarlyData: announcesEarlyData)
        if offered.contains(.server_name) { ServerName.appendHostName(configuration.serverName.bytes, to: &writer) }
        if offered.contains(.supported_groups) { SupportedGroups.append(configuration.groups.elements, to: &writer) }
        if offered.contains(.signature_algorithms) {
            SignatureAlgorithms.append(configuration.signatureSchemes.elements, to: &writer)
        }
        if offered.contains(.application_layer_protocol_negotiation) {
            ApplicationLayerProtocolNegotiation.append(configuration.applicationProtocols.wire, to: &writer)
        }
        if offered.contains(.record_size_limit) {
            RecordSizeLimit.append(configuration.limits.recordSizeLimit, to: &writer)
        }
        if let length = configuration.maxFragmentLength, offered.contains(.max_fragment_length) {
            MaxFragmentLengthNegotiation.append(length, to: &writer)
        }
        if offered.contains(.status_request) { StatusRequest.append(to: &writer) }
        if offered.contains(.client_certificate_type) {
            CertificateTypes.appendClient(.client_certificate_type, configuration.ownCertificateTypes, to: &writer)
        }
        if offered.contains(.server_certificate_type) {
            CertificateTypes.appendClient(.server_certificate_type, configuration.peerCertificateTypes, to: &writer)
        }
        appendExtensionsOf12(offered, to: &writer)
        if configuration.offers(.tls13) { appendExtensionsOf13(offered, to: &writer, configuration) }
    }

    private func appendExtensionsOf12(_ offered: OfferedExtensions, to writer: inout ByteWriter) {
        if offered.contains(.extended_master_secret) { ExtendedMasterSecret.append(to: &writer) }
        if offered.contains(.renegotiation_info) { RenegotiationInfo.append(to: &writer) }
        if offered.contains(.ec_point_formats) { ECPointFormats.append(to: &writer) }
        if offered.contains(.session_ticket) { SessionTicket.append(ticket12.bytes, to: &writer) }
    }

    private func appendExtensionsOf13(
        _ offered: OfferedExtensions, to writer: inout ByteWriter, _ configuration: borrowing Configuration
    ) {
        if offered.contains(.supported_versions) {
            let versions = configuration.offeredVersions
            SupportedVersions.appendClient(versions.elements, to: &writer)
        }
        if !cookie.isEmpty { Cookie.append(cookie.bytes, to: &writer) }
        if offered.contains(.early_data) { EarlyData.append(to: &writer) }
        // §4.2.9: without it a server sends no ticket, and with an offer it must be there.
        if configuration.externalKeys.has(for: .client) {
            PSKKeyExchangeModes.append(configuration.pskKeyExchangeModes.elements, to: &writer)
        } else if configuration.takesTickets {
            let modes: InlineArray<1, PSKKeyExchangeMode> = [.psk_dhe_ke]
            PSKKeyExchangeModes.append(modes.span, to: &writer)
        }
        if offered.contains(.key_share) { KeyShare.appendClient(group, publicValue.bytes, to: &writer) }
    }
}
