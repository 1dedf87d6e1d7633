// ServerKeyExchange as the client takes it (RFC 8422 §5.4): the server's public value, and proof that it has the key of the
// certificate that was verified.
import Bytes
import TLSCrypto

/// The server's chain has been accepted; it signs its half of the key exchange.
struct ExpectServerKeyExchange: ~Copyable {
    let chain: ChainAccepted

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.server_key_exchange_RESERVED)
        let exchange = try ServerKeyExchange(incoming.message)
        // §5.4: a group that we offered.
        guard configuration.groups.contains(exchange.group), exchange.group.keyAgreement != nil else {
            throw .illegalParameter(.groupNotOffered)
        }
        let parameters = exchange.parameters
        try PeerSignature(exchange.scheme, exchange.signature, .serverKeyExchange)
            .check(incoming.peerCertificate, &core, configuration) { (hash: HashAlgorithm) throws(TLSError) -> Digest in
                try ServerKeyExchange.signedHash(hash, context.master.bothRandoms, parameters)
            }
        try context.transcript.update(incoming.message.encoded)
        core.negotiated.group = exchange.group
        try context.generateKey(in: exchange.group, core.random)
        try context.master.agree(context.ephemeral, peer: exchange.publicValue)
        return .expectServerHelloDone(
            ExpectServerHelloDone(peer: PeerVerified(checkedSignature: chain), ownCertificate: .notRequested))
    }
}
