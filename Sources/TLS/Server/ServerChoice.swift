// What a server chooses from a ClientHello before it answers (RFC 8446 §4.1.1): the suite, with it the external key where the
// client has one that fits, and how the secrets come about.
import Bytes
import TLSCrypto

/// The suite and, where one is used, the external key.
struct ServerChoice {
    let suite: CipherSuite
    let hash: HashAlgorithm
    /// The external key that is used, unless a session is resumed or a certificate preferred.
    var externalKey: SelectExternalKey.Match?
    /// Whether an external key is used without a key exchange.
    var omitsKeyExchange = false
    /// Whether the client offers keys that it does not allow to be used as we do.
    var lacksMode = false

    /// Our preference decides, among the suites that the client offers; but one with which an external key can be used is
    /// before all others, since the key has a hash.
    /// - Parameter settled: the suite of our HelloRetryRequest, which stays (§4.1.4).
    static func choose(
        _ hello: ClientHello, settled: CipherSuite?, _ configuration: borrowing Configuration
    ) throws(TLSError) -> ServerChoice {
        let offer = configuration.externalKeys.count > 0 ? try PreSharedKey.client(in: hello.extensions) : nil
        let mode = offer == nil ? nil : try SelectExternalKey.mode(hello, configuration)
        var first: ServerChoice?
        let ours = configuration.cipherSuites.elements
        for index in ours.indices where settled ?? ours[index] == ours[index] {
            let suite = ours[index]
            guard hello.offers(suite, in: .tls13, configuration), let hash = suite.parameters?.hash else { continue }
            var choice = ServerChoice(suite: suite, hash: hash, lacksMode: offer != nil && mode == nil)
            first = first ?? choice
            if let offer, let mode, let match = try SelectExternalKey.match(offer, for: hash, configuration) {
                choice.externalKey = match
                choice.omitsKeyExchange = mode == .psk_ke
                return choice
            }
        }
        guard let first else { throw .peerIncompatible(.noCommonCipherSuite) }
        return first
    }
}

extension ClientHello {
    /// Whether the client offers a suite that we may choose in a handshake of a version, new or resumed.
    func offers(_ suite: CipherSuite, in version: ProtocolVersion, _ configuration: borrowing Configuration) -> Bool {
        cipherSuites.contains(suite) && configuration.allows(suite, in: version)
    }
}
