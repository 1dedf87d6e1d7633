// Which of a server's external keys a client has (RFC 8446 §4.2.9, §4.2.11; RFC 9258 §5): the server's order decides, among
// the keys that fit the suite; and whether the client has it indeed, which its binder shows.
import Bytes
import TLSCrypto

enum SelectExternalKey {
    /// How many identities of one ClientHello are looked at: each is compared with each of our keys.
    static let mostIdentities = 8

    /// A key that both sides know.
    struct Match {
        /// Its place in the client's offer.
        let offered: Int
        /// Its place in the configuration.
        let key: Int
    }

    /// How an external key could be used with this client: the first of our modes that it allows; nil for none.
    static func mode(
        _ hello: ClientHello, _ configuration: borrowing Configuration
    ) throws(TLSError) -> PSKKeyExchangeMode? {
        guard let modes = try PSKKeyExchangeModes.client(in: hello.extensions) else { return nil }
        return configuration.pskKeyExchangeModes.first { modes.contains($0) }
    }

    /// The first of our keys that the client offers for suites of a hash.
    /// - Throws: `.illegalParameter(.ownIdentity)` where it offers a key under which we are the client.
    static func match(
        _ offer: PreSharedKey.Offer, for hash: HashAlgorithm, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Match? {
        var keys = configuration.externalKeys.reader
        while let key = keys.next() {
            for index in 0..<Swift.min(offer.count, mostIdentities) {
                guard let identity = offer.identity(at: index)?.identity else { break }
                // The Selfie attack (RFC 9257 §4.1): what we said as a client comes back to us.
                guard key.role == .server else {
                    if key.isNamed(by: identity) { throw .illegalParameter(.ownIdentity) }
                    continue
                }
                if key.isOffered(as: identity, for: hash) { return Match(offered: index, key: key.index) }
            }
        }
        return nil
    }

    /// Checks the client's binder, takes the ClientHello into the transcript and the key to where the key schedule finds it.
    static func accept(
        _ match: Match, _ hello: ClientHello, _ message: HandshakeMessage, _ hash: HashAlgorithm,
        _ context: inout HandshakeContext, _ configuration: borrowing Configuration
    ) throws(TLSError) -> ExternalKeyAccepted {
        guard let key = configuration.externalKeys.key(at: match.key) else { throw .misuse(.badConfiguration) }
        try context.session.take(key, for: hash)
        try context.checkBinder(hello, message, at: match.offered, hash, label: key.binderLabel)
        return ExternalKeyAccepted(checked: match.key)
    }
}

extension ExternalKey {
    /// Whether an identity is this key's, imported or not, whatever it is offered for.
    fileprivate func isNamed(by identity: Span<UInt8>) -> Bool {
        if isImported, let imported = ImportedIdentity(identity) {
            return imported.externalIdentity.hasSameBytes(as: self.identity)
        }
        return self.identity.hasSameBytes(as: identity)
    }
}

extension HandshakeContext {
    /// Checks a binder (§4.2.11.2) made with the key of `session` over the ClientHello up to the binders, and takes all of it
    /// into the transcript.
    mutating func checkBinder(
        _ hello: ClientHello, _ message: HandshakeMessage, at index: Int, _ hash: HashAlgorithm, label: StaticString
    ) throws(TLSError) {
        guard let offer = try PreSharedKey.client(in: hello.extensions), let identity = offer.identity(at: index) else {
            throw .peerMisbehaved(.binderInvalid)
        }
        let truncated = message.encoded.count - offer.binderListBytes
        try transcript.update(message.encoded.extracting(0..<truncated))
        let expected = try KeySchedule.binder(
            hash, key: session.key, label: label, transcript: try transcript.current(hash))
        guard constantTimeEqual(identity.binder, expected.bytes) else { throw .peerMisbehaved(.binderInvalid) }
        try transcript.update(message.encoded.extracting(truncated..<message.encoded.count))
    }
}
