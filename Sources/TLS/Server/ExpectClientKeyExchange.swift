// ClientKeyExchange as the server takes it (RFC 8422 §5.7; RFC 5246 §7.4.7.1), and the master secret that follows.
import Bytes
import TLSCrypto

/// The client's half of the key exchange must come now.
struct ExpectClientKeyExchange: ~Copyable {
    /// What the client has shown of itself.
    enum Client: ~Copyable {
        /// No certificate, which our policy allows.
        case anonymous
        /// A chain that was accepted; a CertificateVerify must follow (RFC 5246 §7.4.8).
        case chain(ChainAccepted)

        /// What must come next, once there is a master secret.
        consuming func proceed(_ context: borrowing HandshakeContext) -> HandshakeState {
            switch consume self {
            case .anonymous:
                return ExpectChangeCipherSpec.begin(
                    peer: PeerVerified(allowedAnonymous: ()), isLast: false, .server, context)
            case .chain(let chain):
                return .expectCertificateVerify(
                    ExpectCertificateVerify(chain: chain, ownCertificate: .notRequested))
            }
        }
    }

    let client: Client

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.client_key_exchange_RESERVED)
        guard !core.transportsKey else { return try receiveEncrypted(incoming, &context, &core) }
        let exchange = try ClientKeyExchange(incoming.message)
        try context.master.agree(context.ephemeral, peer: exchange.publicValue)
        context.ephemeral.wipe()
        try context.transcript.update(incoming.message.encoded)
        try context.deriveMasterSecret(core.negotiated, configuration)
        return client.proceed(context)
    }

    /// RSA key transport: whoever has the key is asked to decrypt.
    private consuming func receiveEncrypted(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore
    ) throws(TLSError) -> HandshakeState {
        let ciphertext = try EncryptedPremasterSecret(incoming.message).ciphertext
        try context.transcript.update(incoming.message.encoded)
        // No key has so long a modulus; where the length is wrong, it is wrong like everything else.
        let isTooLong = ciphertext.count > Limits.longestModulus
        try core.prepareDecryption(of: isTooLong ? Span() : ciphertext)
        return .awaitPremasterSecret(AwaitPremasterSecret(client: client))
    }
}
