// The client's first message (RFC 8446 §4.1.2), and its second after a HelloRetryRequest: the same but for the key share
// and the cookie.
import Bytes
import TLSCrypto
import X509

/// About to send a ClientHello.
struct SendClientHello: ~Copyable {
    /// What the server asked for in a HelloRetryRequest, if it did.
    var retry: Retry?

    /// What a HelloRetryRequest settles (§4.1.4).
    struct Retry {
        let cipherSuite: CipherSuite
        /// The group of the new share, which may be the one that was sent.
        let group: NamedGroup
    }

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        if retry == nil { try drawRandom(&context, core.random, configuration) }
        let groups = configuration.groups.elements
        let offers13 = configuration.offers(.tls13)
        guard groups.count > 0, offers13 || configuration.offers(.tls12) else { throw .misuse(.badConfiguration) }
        core.mayBecome12 = retry == nil && configuration.offers(.tls12)
        // With TLS 1.2 our CertificateVerify may be over any hash: see `SignatureUse.certificateVerify12`.
        context.transcript.keepsAll = core.mayBecome12 && configuration.identities.count > 0
        let group = retry?.group ?? groups[0]
        let sharesGroup = offers13 && (retry == nil || group != core.negotiated.group)
        if sharesGroup {
            try context.generateKey(in: group, core.random)
            core.negotiated.group = group
        }
        // Appendix D.4: the dummy change_cipher_spec goes before the second flight, which is this one after a retry.
        // Before early data it has gone already.
        if retry != nil, configuration.middleboxCompatibility, core.earlyData.phase == .none {
            try core.writer.appendChangeCipherSpec()
        }
        // §4.2.11: after a HelloRetryRequest the suite is known, and a key of another hash is not offered again.
        if let retry, context.session.hash != retry.cipherSuite.parameters?.hash { context.session.drop() }
        let beginsEarlyData = core.earlyData.phase == .wanted
        try compose(&context, core.time, group, beginsEarlyData, configuration)
        if beginsEarlyData { return .beginEarlyData(BeginEarlyData()) }
        return .expectServerHello(ExpectServerHello(retry: retry))
    }

    private func drawRandom(
        _ context: inout HandshakeContext, _ random: RandomSource, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try context.master.drawRandom(of: .client, random)
        var offered = BoundedBytes<32>()
        if let session = context.session.session12, session.isIdentifier {
            offered = BoundedBytes(session.ticket) ?? offered
        }
        guard offered.isEmpty else {
            context.sessionID = offered
            return
        }
        // RFC 5077 §3.4: with a ticket, an identifier that is echoed tells that the session is resumed.
        let imitates12 = configuration.middleboxCompatibility && configuration.offers(.tls13)
        guard imitates12 || context.session.is12 else { return }
        var sessionID = InlineArray<32, UInt8>(repeating: 0)
        var memory = sessionID.mutableSpan
        try random.draw(into: &memory)
        context.sessionID = BoundedBytes(memory.span) ?? BoundedBytes()
    }

    private func compose(
        _ context: inout HandshakeContext, _ time: CurrentTime, _ group: NamedGroup, _ announcesEarlyData: Bool,
        _ configuration: borrowing Configuration
    ) throws(TLSError) {
        var cookie = BoundedBytes<512>()
        cookie = BoundedBytes(context.cookie) ?? cookie
        var ticket = BoundedBytes<1536>()
        if let session = context.session.session12, !session.isIdentifier {
            ticket = BoundedBytes(session.ticket) ?? ticket
        }
        let content = ClientHelloContent(
            random: BoundedBytes(context.master.clientRandom) ?? BoundedBytes(), sessionID: context.sessionID,
            group: group, publicValue: context.ephemeral.publicValue, cookie: cookie, ticket12: ticket,
            announcesEarlyData: announcesEarlyData)
        let offers = configuration.offers(session: context.session.hash, only: retry?.cipherSuite.parameters?.hash)
        guard !offers.isEmpty else {
            return try context.outgoing.compose(&context.transcript, configuration, .client_hello) {
                (writer: inout ByteWriter) in
                content.append(to: &writer, configuration) { (_: inout ByteWriter) in }
            }
        }
        try content.composeOffer(
            offers, &context.outgoing, &context.transcript, context.session, at: time, configuration)
    }
}
