// The client's first message (RFC 8446 §4.1.2), and its second after a HelloRetryRequest: the same but for the key share
// and the cookie.
import Bytes
import TLSCrypto

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
        try compose(&context, group, configuration)
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
        _ context: inout HandshakeContext, _ group: NamedGroup, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        let publicValue = context.ephemeral.publicValue
        var cookie = BoundedBytes<512>()
        cookie = BoundedBytes(context.cookie) ?? cookie
        let random = context.clientRandom
        let sessionID = context.sessionID
        try context.outgoing.compose(&context.transcript, configuration, .client_hello) { (writer: inout ByteWriter) in
            let mark = writer.beginHandshakeMessage(.client_hello)
            ClientHello.appendBeforeExtensions(
                random: random.span, sessionID: sessionID.bytes, cipherSuites: configuration.cipherSuites.elements,
                to: &writer)
            let extensions = writer.beginVector(lengthBytes: 2)
            Self.appendExtensions(group, publicValue.bytes, cookie.bytes, configuration, to: &writer)
            writer.endVector(extensions)
            writer.endHandshakeMessage(mark)
        }
    }

    private static func appendExtensions(
        _ group: NamedGroup, _ publicValue: Span<UInt8>, _ cookie: Span<UInt8>,
        _ configuration: borrowing Configuration, to writer: inout ByteWriter
    ) {
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
        if !cookie.isEmpty { Cookie.append(cookie, to: &writer) }
        KeyShare.appendClient(group, publicValue, to: &writer)
    }
}
