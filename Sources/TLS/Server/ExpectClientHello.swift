// ClientHello as the server takes it (RFC 8446 §4.1.2, §4.2, §9.2), first and second: what it must hold, and what is
// chosen from it.
import Bytes
import TLSCrypto

/// A client may begin, or begin again after our HelloRetryRequest.
struct ExpectClientHello: ~Copyable {
    /// What we asked for, if this is the second round.
    let retry: Retry?

    /// What our HelloRetryRequest settled (§4.1.4).
    struct Retry {
        let cipherSuite: CipherSuite
        let group: NamedGroup
        /// Hash over what may not change between the two (§4.1.2).
        let unchanged: BoundedBytes<32>
        /// Whether the suite was chosen for an external key.
        let usesExternalKey: Bool
    }

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.client_hello)
        let hello = try ClientHello(incoming.message)
        let aligned = try incoming.aligned()
        core.negotiated.version = try chooseVersion(hello, configuration)
        try hello.extensions.validate(in: .clientHello, offered: .anything)
        try checkUnchanged(hello)
        context.master.keepRandom(of: .client, hello.random)
        if core.negotiated.version == .tls12 {
            try core.settleOn12()
            try settle(hello, &core, configuration)
            return try ReceiveClientHello12.receive(hello, incoming, &context, &core, configuration)
        }
        try hello.extensions.checkOfferOfKeys()
        // §4.2.10: early data that is not taken is passed over; after a second ClientHello there is none.
        if retry != nil {
            core.reader.endRefusedEarlyData()
        } else if try EarlyData.isIndicated(in: hello.extensions) {
            core.reader.expectRefusedEarlyData()
            core.negotiated.earlyData = .rejected
        }
        // §4.1.2: exactly one compression method, null.
        guard hello.hasNullCompressionOnly else { throw .illegalParameter(.compressionMethod) }
        let choice = try ServerChoice.choose(hello, settled: retry?.cipherSuite, configuration)
        try checkKeyStays(choice, hello)
        let suite = choice.suite
        try settle(hello, &core, configuration)
        context.sessionID = BoundedBytes(hello.legacySessionID) ?? BoundedBytes()
        core.negotiated.cipherSuite = suite
        context.transcript.select(choice.hash)
        if choice.omitsKeyExchange {
            let answer = try answer(hello, incoming.message, choice, &context, &core, configuration)
            return try SendServerHello.send(
                suite, nil, Span(), answer, aligned, isAfterRetry: retry != nil, &context, &core, configuration)
        }
        // §9.2: neither without the other.
        guard let groups = try SupportedGroups.read(in: hello.extensions) else {
            throw .missingExtension(.supported_groups)
        }
        guard let shares = try KeyShare.client(in: hello.extensions) else { throw .missingExtension(.key_share) }
        try shares.check(against: groups)
        let group = try chooseGroup(groups, shares, configuration)
        core.negotiated.group = group
        guard let share = shares.share(for: group) else {
            let unchanged = try Self.unchangedParts(hello)
            try context.transcript.update(incoming.message.encoded)
            let next = Retry(
                cipherSuite: suite, group: group, unchanged: unchanged, usesExternalKey: choice.externalKey != nil)
            return try SendServerHello.sendRetry(next, &context, &core, configuration)
        }
        let answer = try answer(hello, incoming.message, choice, &context, &core, configuration)
        return try SendServerHello.send(
            suite, group, share, answer, aligned, isAfterRetry: retry != nil, &context, &core, configuration)
    }

    /// Resumes a session, or else uses an external key, or else shows a certificate; the hello goes into the transcript on
    /// the way.
    private func answer(
        _ hello: ClientHello, _ message: HandshakeMessage, _ choice: ServerChoice, _ context: inout HandshakeContext,
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> ServerAnswer {
        context.takesTickets = try PSKKeyExchangeModes.client(in: hello.extensions)?.contains(.psk_dhe_ke) ?? false
        if !choice.omitsKeyExchange,
            let ticket = try ResumeSession.choose(hello, choice.hash, &context, core, configuration)
        {
            let session = try ResumeSession.accept(ticket, hello, message, choice.hash, &context)
            try settleEarlyData(ticket, hello, choice, &core, configuration)
            return ServerAnswer(authentication: .session(session), selectedIdentity: ticket.index)
        }
        if let match = choice.externalKey, !prefersCertificate(hello, core, configuration) {
            let key = try SelectExternalKey.accept(match, hello, message, choice.hash, &context, configuration)
            return ServerAnswer(authentication: .externalKey(key), selectedIdentity: match.offered)
        }
        try context.transcript.update(message.encoded)
        let own = try chooseIdentity(hello, choice, core, configuration)
        return ServerAnswer(authentication: .certificates(own), selectedIdentity: nil)
    }

    /// §4.2.10: takes the early data that the client announces, if it may come; else it is passed over.
    private func settleEarlyData(
        _ ticket: ResumeSession.Choice, _ hello: ClientHello, _ choice: ServerChoice, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard retry == nil, try EarlyData.isIndicated(in: hello.extensions),
            try AcceptEarlyData.isAcceptable(ticket, hello, choice.suite, core, configuration)
        else { return }
        core.reader.endRefusedEarlyData()
        core.earlyData.phase = .accepted
        core.earlyData.left = ticket.early?.maximumSize ?? 0
        core.negotiated.earlyData = .accepted
    }

    /// Whether the configuration prefers certificates to external keys, and there is one for this client.
    private func prefersCertificate(
        _ hello: ClientHello, _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration
    ) -> Bool {
        guard configuration.prefersCertificatesToExternalKeys else { return false }
        do throws(TLSError) {
            _ = try chooseIdentity(hello, nil, core, configuration)
            return true
        } catch {
            return false
        }
    }

    /// §4.1.2: between the hellos a client removes only keys that do not fit the suite, and ours was chosen for one that
    /// does.
    private func checkKeyStays(_ choice: ServerChoice, _ hello: ClientHello) throws(TLSError) {
        guard let retry, retry.usesExternalKey, choice.externalKey == nil else { return }
        guard hello.extensions.contains(.pre_shared_key) else { throw .missingExtension(.pre_shared_key) }
        throw .illegalParameter(.preSharedKeyNotOffered)
    }

    /// §4.2.1: supported_versions decides; a client without it speaks TLS 1.2 at most. The highest that both have.
    private func chooseVersion(
        _ hello: ClientHello, _ configuration: borrowing Configuration
    ) throws(TLSError) -> ProtocolVersion {
        let versions = try SupportedVersions.client(in: hello.extensions)
        if let versions, versions.contains(.tls13), configuration.supports(.tls13) { return .tls13 }
        // A HelloRetryRequest has settled the version.
        guard retry == nil else { throw .illegalParameter(.versionNotOffered) }
        let offers12 = versions?.contains(.tls12) ?? (hello.legacyVersion.rawValue >= ProtocolVersion.tls12.rawValue)
        // RFC 7507 §3: the client tried something higher before, which we have, so somebody stood in between.
        if configuration.supports(.tls13) || !offers12, hello.cipherSuites.contains(.TLS_FALLBACK_SCSV) {
            throw .peerIncompatible(.inappropriateFallback)
        }
        guard offers12, configuration.supports(.tls12) else { throw .peerIncompatible(.noCommonVersion) }
        return .tls12
    }

    /// §4.1.2: after a HelloRetryRequest only extensions may differ, so the suite that is chosen is the same again.
    private func checkUnchanged(_ hello: ClientHello) throws(TLSError) {
        guard let retry else { return }
        guard try Self.unchangedParts(hello) == retry.unchanged else {
            throw .illegalParameter(.clientHelloChanged)
        }
    }

    /// A hash over random, session identifier and cipher suites.
    private static func unchangedParts(_ hello: ClientHello) throws(TLSError) -> BoundedBytes<32> {
        let parts = hello.fixedPart
        let hash = try crypto { () throws(CryptoError) in try digest(.sha256, parts) }
        return BoundedBytes(hash.bytes) ?? BoundedBytes()
    }

    /// Server name, types of certificates, application protocol and record size.
    private func settle(
        _ hello: ClientHello, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        if let name = try ServerName.client(in: hello.extensions) {
            guard let kept = BoundedBytes<253>(name) else { throw .illegalParameter(.serverName) }
            core.serverName = kept
        }
        try core.keepCertificateTypes(in: hello.extensions)
        core.expectsOCSPStaple = try StatusRequest.isOCSPWanted(in: hello.extensions)
        if let limit = try RecordSizeLimit.read(in: hello.extensions) {
            core.limitRecords(to: limit)
        } else if let length = try MaxFragmentLengthNegotiation.read(in: hello.extensions) {
            // RFC 8449 §5: only where the other is not there.
            core.limitRecords(to: length)
        }
        guard !configuration.applicationProtocols.isEmpty else { return }
        guard let offered = try ApplicationLayerProtocolNegotiation.client(in: hello.extensions) else { return }
        // RFC 7301 §3.2: our preference; no overlap is fatal (ALPACA).
        var index = 0
        while !configuration.applicationProtocols.name(at: index).isEmpty {
            if offered.contains(configuration.applicationProtocols.name(at: index)) {
                core.negotiated.applicationProtocol = index
                return
            }
            index += 1
        }
        throw .peerIncompatible(.noCommonApplicationProtocol)
    }

    /// The identity that carries the name asked for, or the default, whose key can sign as the client wants (§4.4.2.2).
    private func chooseIdentity(
        _ hello: ClientHello, _ choice: ServerChoice?, _ core: borrowing ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> OwnCertificate {
        guard let schemes = try SignatureAlgorithms.read(in: hello.extensions) else {
            // §9.2: a client without it takes nothing but its keys.
            guard hello.extensions.contains(.pre_shared_key) else { throw .missingExtension(.signature_algorithms) }
            throw Self.noKey(choice)
        }
        if configuration.identities.count == 0, configuration.externalKeys.has(for: .server) {
            throw Self.noKey(choice)
        }
        let authorities = try CertificateAuthorities.read(in: hello.extensions)
        let candidates = try IdentityCandidates(core, configuration)
        let named = configuration.identities.choose(schemes, authorities) { candidates.named.contains($0) }
        if let named { return named }
        let other = configuration.identities.choose(schemes, authorities) { candidates.all.contains($0) }
        if let other { return other }
        // What could sign is only for its issuers.
        let canSign = configuration.identities.canSign(schemes)
        throw .peerIncompatible(canSign ? .noMatchingIssuer : .noCommonSignatureScheme)
    }

    private static func noKey(_ choice: ServerChoice?) -> TLSError {
        .peerIncompatible(choice?.lacksMode == true ? .noCommonPSKKeyExchangeMode : .noCommonPreSharedKey)
    }

    /// The first of our groups that the client sent a share for; else the first that it supports, to be asked for.
    private func chooseGroup(
        _ groups: NamedGroupList, _ shares: KeyShare.Shares, _ configuration: borrowing Configuration
    ) throws(TLSError) -> NamedGroup {
        if let retry {
            // §4.2.8: exactly the one share that was asked for.
            guard shares.count == 1, shares.share(for: retry.group) != nil else {
                throw .illegalParameter(.keyShareGroupChanged)
            }
            return retry.group
        }
        let shared = configuration.groups.first { shares.share(for: $0) != nil }
        guard let group = shared ?? configuration.groups.first(where: { groups.contains($0) }) else {
            throw .peerIncompatible(.noCommonGroup)
        }
        return group
    }
}
