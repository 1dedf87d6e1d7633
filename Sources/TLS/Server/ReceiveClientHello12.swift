// ClientHello as the server takes it in TLS 1.2 (RFC 5246 §7.4.1.2, RFC 8422 §5.1, RFC 7627 §5.2, RFC 5746 §3.6, RFC 7507): what
// it must hold, and what is chosen from it.
import Bytes
import TLSCrypto

enum ReceiveClientHello12 {
    /// What a full handshake goes on with.
    struct Choice {
        let suite: CipherSuite
        let identity: Int
        let exchange: Exchange
    }

    /// How the premaster secret comes about.
    enum Exchange {
        /// ECDHE in this group, and what our half is signed with (RFC 8422 §2).
        case agreement(NamedGroup, SignatureScheme)
        /// The client encrypts it to our key (RFC 5246 §7.4.7.1).
        case transport
    }

    /// Settles on TLS 1.2. The extensions have been checked, and what does not depend on the version has been settled.
    static func receive(
        _ hello: ClientHello, _ incoming: IncomingMessage, _ context: inout HandshakeContext,
        _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        // RFC 5246 §7.4.1.2: "MUST contain" null; others are for other servers.
        guard hello.offersNullCompression else { throw .illegalParameter(.compressionMethod) }
        try core.settleMasterSecret(in: hello.extensions, configuration)
        // RFC 5746 §3.6: either says that the client knows; one that does not cannot be told, and loses nothing, since we
        // never renegotiate.
        let isSecure =
            try RenegotiationInfo.isIndicated(in: hello.extensions)
            || hello.cipherSuites.contains(.TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
        context.takesTickets = SessionTicket.client(in: hello.extensions) != nil
        context.sessionID = BoundedBytes(hello.legacySessionID) ?? BoundedBytes()
        // The client's CertificateVerify may be over any hash: see `SignatureUse.certificateVerify12`.
        context.transcript.keepsAll = configuration.clientCertificates != .none
        if let session = try ResumeSession.choose12(hello, &context, core, configuration) {
            try context.transcript.update(incoming.message.encoded)
            return try SendServerHello12.sendResuming(
                session, isSecure: isSecure, &context, &core, configuration)
        }
        context.session.drop()
        let choice = try choose(hello, core, configuration)
        if choice.suite.transportsKey { try context.master.drawPremaster(hello.legacyVersion, core.random) }
        guard let parameters = choice.suite.parameters else { throw .misuse(.badConfiguration) }
        context.transcript.select(parameters.hash)
        try context.transcript.update(incoming.message.encoded)
        return try SendServerHello12.send(choice, isSecure: isSecure, &context, &core, configuration)
    }

    /// The first of our suites that the client offers and that one of our keys and, but for RSA key transport, one of our
    /// groups serve: the key of an identity with the name asked for, if one can be had, whatever the suite.
    private static func choose(
        _ hello: ClientHello, _ core: borrowing ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Choice {
        let candidates = try IdentityCandidates(core, configuration)
        let group = try chooseGroup(hello, configuration)
        if let named = try choose(among: candidates.named, group, hello, configuration) { return named }
        if let other = try choose(among: candidates.all, group, hello, configuration) { return other }
        let suites = configuration.cipherSuites
        let common = suites.first { commonExchange($0, hello, configuration).map { $0 != .rsa } ?? false }
        guard common != nil else { throw .peerIncompatible(.noCommonCipherSuite) }
        throw .peerIncompatible(group == nil ? .noCommonGroup : .noCommonSignatureScheme)
    }

    /// The key exchange of a suite that both sides have; nil for any other.
    private static func commonExchange(
        _ suite: CipherSuite, _ hello: ClientHello, _ configuration: borrowing Configuration
    ) -> KeyExchange? {
        hello.offers(suite, in: .tls12, configuration) ? suite.keyExchange : nil
    }

    /// The first suite for which one of these identities will do.
    private static func choose(
        among candidates: IdentityList, _ group: NamedGroup?, _ hello: ClientHello,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> Choice? {
        guard !candidates.isEmpty else { return nil }
        let suites = configuration.cipherSuites
        for index in 0..<suites.count {
            let suite = suites.elements[index]
            guard let exchange = commonExchange(suite, hello, configuration) else { continue }
            if exchange == .rsa {
                // Its key never signs: who could have it decrypt would have its signatures, too.
                guard let identity = candidates.first(where: { configuration.decrypts(with: $0) }) else { continue }
                return Choice(suite: suite, identity: identity, exchange: .transport)
            }
            let own = try signer(exchange, among: candidates, hello, configuration)
            if let group, case .identity(let identity, let scheme) = own {
                return Choice(suite: suite, identity: identity, exchange: .agreement(group, scheme))
            }
        }
        return nil
    }

    /// The identity whose key signs our half of the key exchange; nil where none can as the client wants.
    private static func signer(
        _ exchange: KeyExchange, among candidates: IdentityList, _ hello: ClientHello,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> OwnCertificate? {
        // RFC 5246 §7.4.1.4.1: without the extension SHA-1 would be meant, which we do not have.
        guard let schemes = try SignatureAlgorithms.read(in: hello.extensions) else { return nil }
        let groups = try SupportedGroups.read(in: hello.extensions)
        return configuration.identities.choose(schemes, Span(), as: .serverKeyExchange) { identity in
            guard let key = configuration.identities.keyKind(identity) else { return false }
            return candidates.contains(identity) && exchange.fits(key) && isSupported(key, groups)
        }
    }

    /// RFC 8422 §5.1: the curve of our certificate is one that the client supports, if it says which.
    private static func isSupported(_ key: PublicKeyKind, _ groups: NamedGroupList?) -> Bool {
        guard case .ec(let curve) = key, let groups else { return true }
        return groups.contains(NamedGroup(curve))
    }

    /// The first of our groups that the client supports; nil where there is none. A client that does not say supports all
    /// (RFC 8422 §4), and then gets the one that everybody has.
    private static func chooseGroup(
        _ hello: ClientHello, _ configuration: borrowing Configuration
    ) throws(TLSError) -> NamedGroup? {
        guard let theirs = try SupportedGroups.read(in: hello.extensions) else {
            return configuration.groups.contains(.secp256r1) ? .secp256r1 : nil
        }
        return configuration.groups.first { theirs.contains($0) }
    }
}
