// ServerHello and HelloRetryRequest as the client takes them (RFC 8446 §4.1.3, §4.1.4, §4.2.8).
import Bytes
import TLSCrypto

/// A ClientHello has gone; the server chooses.
struct ExpectServerHello: ~Copyable {
    /// What the server asked for before, if this is the second round.
    let retry: SendClientHello.Retry?

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.server_hello)
        let hello = try ServerHello(incoming.message)
        if try selectedVersion(hello, configuration) == .tls12 {
            // RFC 8446 Appendix D.3: not behind early data; nor where nothing but external keys is trusted.
            guard core.earlyData.phase == .none, configuration.acceptsServerCertificate else {
                throw .peerIncompatible(.noCommonVersion)
            }
            return try ReceiveServerHello12.receive(hello, incoming, &context, &core, configuration)
        }
        core.mayBecome12 = false
        context.transcript.keepsAll = false
        try checkEchoes(hello, context.sessionID, configuration)
        if hello.isHelloRetryRequest {
            return try receiveRetry(hello, incoming, &context, &core, configuration)
        }
        return try receiveHello(hello, incoming, &context, &core, configuration)
    }

    /// §4.1.3, §4.2.1: TLS 1.3 shows in supported_versions alone.
    private func selectedVersion(
        _ hello: ServerHello, _ configuration: borrowing Configuration
    ) throws(TLSError) -> ProtocolVersion {
        guard let selected = try SupportedVersions.server(in: hello.extensions) else {
            // A server that knows TLS 1.3 marks its random when it settles for less; then somebody tampered (§4.1.3).
            if configuration.offers(.tls13), hello.hasDowngradeSentinel {
                throw .illegalParameter(.downgradeSentinel)
            }
            guard hello.legacyVersion == .tls12, configuration.offers(.tls12) else {
                throw .peerIncompatible(.noCommonVersion)
            }
            // A HelloRetryRequest has settled it.
            guard retry == nil else { throw .illegalParameter(.versionNotOffered) }
            return .tls12
        }
        guard selected == .tls13, hello.legacyVersion == .tls12, configuration.offers(.tls13) else {
            throw .illegalParameter(.versionNotOffered)
        }
        return .tls13
    }

    /// §4.1.3: what must come back unchanged or from our own offer.
    private func checkEchoes(
        _ hello: ServerHello, _ sessionID: BoundedBytes<32>, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard hello.legacySessionIDEcho.hasSameBytes(as: sessionID.bytes) else {
            throw .illegalParameter(.sessionIDNotEchoed)
        }
        // A byte that can only be 0: with any other this is no ServerHello of TLS 1.3.
        guard hello.legacyCompressionMethod == .null else { throw .malformed(.server_hello) }
        guard configuration.allows(hello.cipherSuite, in: .tls13) else {
            throw .illegalParameter(.cipherSuiteNotOffered)
        }
        // §4.1.4: the suite of a HelloRetryRequest stays.
        if let retry, retry.cipherSuite != hello.cipherSuite { throw .illegalParameter(.cipherSuiteChanged) }
    }

    private func receiveRetry(
        _ hello: ServerHello, _ incoming: IncomingMessage, _ context: inout HandshakeContext,
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard retry == nil else { throw .peerMisbehaved(.secondHelloRetryRequest) }  // §4.1.4
        try hello.extensions.validate(in: .helloRetryRequest, offered: .clientHello(configuration))
        let sent = core.negotiated.group
        let selected = try KeyShare.helloRetryRequest(in: hello.extensions)
        if let selected {
            // §4.2.8: a group that we offered and sent no share for.
            guard configuration.groups.contains(selected) else { throw .illegalParameter(.groupNotOffered) }
            guard selected != sent else { throw .illegalParameter(.keyShareAlreadySent) }
        }
        if let cookie = try Cookie.read(in: hello.extensions) {
            try context.keepCookie(cookie)
        } else if selected == nil {
            throw .illegalParameter(.helloRetryRequestChangesNothing)  // §4.1.4
        }
        guard let group = selected ?? sent, let parameters = hello.cipherSuite.parameters else {
            throw .misuse(.badConfiguration)
        }
        _ = try incoming.aligned()
        // §4.2.10: a HelloRetryRequest refuses early data; the second hello goes in the clear.
        if core.earlyData.phase == .sending {
            core.rejectEarlyData()
            try core.writer.changeKeys { (protection: inout RecordProtection) in protection.deactivate() }
        }
        context.transcript.select(parameters.hash)
        try context.transcript.replaceByMessageHash()
        try context.transcript.update(incoming.message.encoded)
        core.negotiated.helloRetryRequest = true
        return .sendClientHello(SendClientHello(retry: .init(cipherSuite: hello.cipherSuite, group: group)))
    }

    private func receiveHello(
        _ hello: ServerHello, _ incoming: IncomingMessage, _ context: inout HandshakeContext,
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let offers = configuration.offers(
            session: context.session.hash, only: retry?.cipherSuite.parameters?.hash)
        try hello.extensions.validate(in: .serverHello, offered: .serverHello(offersKeys: !offers.isEmpty))
        let suite = hello.cipherSuite
        guard let parameters = suite.parameters else { throw .illegalParameter(.cipherSuiteNotOffered) }
        let selected = try selectedKey(hello, offers, parameters.hash)
        // Nothing but keys is trusted, so no certificate was asked for (§4.2.3).
        guard selected != nil || configuration.acceptsServerCertificate else {
            throw .missingExtension(.pre_shared_key)
        }
        let publicValue = try publicValue(hello, selected, &core, configuration)
        let authentication = try authentication(selected, &context, parameters.hash, configuration)
        let aligned = try incoming.aligned()
        context.transcript.select(parameters.hash)
        try context.transcript.update(incoming.message.encoded)
        try context.agree(peer: publicValue, parameters.hash, usesKey: selected != nil)
        context.logHandshakeSecrets(configuration)
        core.negotiated.cipherSuite = suite
        try core.openWithHandshakeKey(aligned, context.schedule, suite)
        // §4.2.10: early data goes with the session alone.
        if authentication.isSession == false { core.rejectEarlyData() }
        // Appendix D.4: a client's dummy change_cipher_spec goes before its second flight, which was another after a retry;
        // before early data it has gone already.
        if !context.sessionID.isEmpty, retry == nil, core.earlyData.phase == .none { core.writer.oweChangeCipherSpec() }
        // Until EncryptedExtensions say whether the server takes it, early data keeps its key.
        if core.earlyData.phase != .sending { try core.sealWithHandshakeKey(context.schedule, suite) }
        return .expectEncryptedExtensions(ExpectEncryptedExtensions(authentication: authentication))
    }

    /// §4.2.11: the key that the server agreed to, which is one of those that we offered, by its hash too.
    private func selectedKey(
        _ hello: ServerHello, _ offers: KeyOffers, _ hash: HashAlgorithm
    ) throws(TLSError) -> KeyOffer? {
        guard let selected = try PreSharedKey.server(in: hello.extensions) else { return nil }
        guard selected < offers.count else { throw .illegalParameter(.preSharedKeyNotOffered) }
        let offer = offers.elements[selected]
        guard offer.hash == hash else { throw .illegalParameter(.preSharedKeyHash) }
        return offer
    }

    /// The server's public value, or nothing for an external key that is used without a key exchange (psk_ke; §4.2.8,
    /// §4.2.9, §9.2).
    @_lifetime(copy hello)
    private func publicValue(
        _ hello: ServerHello, _ selected: KeyOffer?, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> Span<UInt8> {
        let isExternal = selected?.external != nil
        guard let share = try KeyShare.server(in: hello.extensions) else {
            guard isExternal, configuration.pskKeyExchangeModes.contains(.psk_ke) else {
                throw .missingExtension(.key_share)
            }
            core.negotiated.group = nil
            return Span()
        }
        guard share.group == core.negotiated.group else { throw .illegalParameter(.groupNotOffered) }
        guard !isExternal || configuration.pskKeyExchangeModes.contains(.psk_dhe_ke) else {
            throw .illegalParameter(.pskKeyExchangeMode)
        }
        return share.keyExchange
    }

    /// What the server's choice means, and its key in the place where the key schedule finds it.
    private func authentication(
        _ selected: KeyOffer?, _ context: inout HandshakeContext, _ hash: HashAlgorithm,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> Authentication {
        guard let selected else { return .certificates(.notRequested) }
        guard let index = selected.external else {
            guard let session = context.session.session else { throw .illegalParameter(.preSharedKeyNotOffered) }
            return .session(SessionAccepted(checked: session.peer))
        }
        guard let key = configuration.externalKeys.key(at: index) else { throw .misuse(.badConfiguration) }
        try context.session.take(key, for: hash)
        return .externalKey(ExternalKeyAccepted(checked: index))
    }
}
