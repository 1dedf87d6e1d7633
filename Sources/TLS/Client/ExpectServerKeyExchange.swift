// ServerKeyExchange as the client takes it (RFC 8422 §5.4): the server's public value, and proof that it has the key of the
// certificate that was verified.
import Bytes
import TLSCrypto

/// The server's chain has been accepted; it signs its half of the key exchange.
struct ExpectServerKeyExchange: ~Copyable {
    private let chain: ChainAccepted

    init(chain: consuming ChainAccepted) { self.chain = chain }

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.server_key_exchange_RESERVED)
        let exchange = try ServerKeyExchange(incoming.message)
        // §5.4: a group that we offered.
        guard configuration.groups.contains(exchange.group), let group = exchange.group.keyAgreement else {
            throw .illegalParameter(.groupNotOffered)
        }
        let parameters = exchange.parameters
        try PeerSignature(exchange.scheme, exchange.signature, .serverKeyExchange)
            .check(incoming.peerCertificate, &core, configuration) { (hash: HashAlgorithm) throws(TLSError) -> Digest in
                try ServerKeyExchange.signedHash(hash, context.master.bothRandoms, parameters)
            }
        try context.transcript.update(incoming.message.encoded)
        core.negotiated.group = exchange.group
        let random = core.random
        try crypto { () throws(CryptoError) in try context.ephemeral.generate(group, random: random) }
        try context.master.agree(context.ephemeral, peer: exchange.publicValue)
        return .expectServerHelloDone(
            ExpectServerHelloDone(peer: PeerVerified(checkedSignature: chain), ownCertificate: .notRequested))
    }
}

extension ServerKeyExchange {
    /// The hash of what is signed: both randoms and the parameters (§5.4).
    static func signedHash(
        _ hash: HashAlgorithm, _ randoms: Span<UInt8>, _ parameters: Span<UInt8>
    ) throws(TLSError) -> Digest {
        var memory = InlineArray<384, UInt8>(repeating: 0)
        var writer = ByteWriter(memory.mutableSpan)
        writer.append(randoms)
        writer.append(parameters)
        let count = writer.count
        // 64 bytes of randoms and 259 of parameters are the most.
        guard count <= memory.count else { throw .malformed(.server_key_exchange_RESERVED) }
        do throws(CryptoError) {
            return try digest(hash, memory.span.extracting(0..<count))
        } catch { throw .cryptoFailed(error) }
    }
}
