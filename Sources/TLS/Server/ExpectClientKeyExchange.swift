// ClientKeyExchange as the server takes it (RFC 8422 §5.7), and the master secret that follows.
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
    }

    private let client: Client

    init(client: consuming Client) { self.client = client }

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.client_key_exchange_RESERVED)
        let exchange = try ClientKeyExchange(incoming.message)
        try context.master.agree(context.ephemeral, peer: exchange.publicValue)
        context.ephemeral.wipe()
        try context.transcript.update(incoming.message.encoded)
        try context.deriveMasterSecret(core.negotiated, configuration)
        let client = client
        switch consume client {
        case .anonymous:
            return ExpectChangeCipherSpec.begin(
                peer: PeerVerified(allowedAnonymous: ()), isLast: false, .server, context)
        case .chain(let chain):
            return .expectCertificateVerify(ExpectCertificateVerify(chain: chain, ownCertificate: .notRequested))
        }
    }
}
