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

    init(retry: Retry? = nil) { self.retry = retry }

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        if retry == nil { try drawRandom(&context, core.random, configuration) }
        let groups = configuration.groups.elements
        guard groups.count > 0, !configuration.cipherSuites.isEmpty else { throw .misuse(.badConfiguration) }
        let group = retry?.group ?? groups[0]
        let sharesGroup = retry == nil || group != core.negotiated.group
        if sharesGroup {
            guard let agreement = group.keyAgreement else { throw .misuse(.badConfiguration) }
            let random = core.random
            try crypto { () throws(CryptoError) in try context.ephemeral.generate(agreement, random: random) }
            core.negotiated.group = group
        }
        // Appendix D.4: the dummy change_cipher_spec goes before the second flight, which is this one after a retry.
        if retry != nil, configuration.middleboxCompatibility { try core.writer.appendChangeCipherSpec() }
        // §4.2.11: after a HelloRetryRequest the suite is known, and a key of another hash is not offered again.
        if let retry, context.session.hash != retry.cipherSuite.parameters?.hash { context.session.drop() }
        try compose(&context, core.time, group, configuration)
        return .expectServerHello(ExpectServerHello(retry: retry))
    }

    private func drawRandom(
        _ context: inout HandshakeContext, _ random: RandomSource, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try crypto { () throws(CryptoError) in
            var clientRandom = context.clientRandom.mutableSpan
            try random.fill(&clientRandom)
            guard configuration.middleboxCompatibility else { return }
            var sessionID = InlineArray<32, UInt8>(repeating: 0)
            var memory = sessionID.mutableSpan
            try random.fill(&memory)
            context.sessionID = BoundedBytes(memory.span) ?? BoundedBytes()
        }
    }

    private func compose(
        _ context: inout HandshakeContext, _ time: CurrentTime, _ group: NamedGroup,
        _ configuration: borrowing Configuration
    ) throws(TLSError) {
        var cookie = BoundedBytes<512>()
        cookie = BoundedBytes(context.cookie) ?? cookie
        let content = ClientHelloContent(
            random: context.clientRandom, sessionID: context.sessionID, group: group,
            publicValue: context.ephemeral.publicValue, cookie: cookie)
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
