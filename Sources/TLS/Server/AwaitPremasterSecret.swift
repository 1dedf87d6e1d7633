// RSA key transport as the server does it (RFC 5246 §7.4.7.1). Who holds the key decrypts, at once or later, and gives the
// whole block back; the padding is looked at here.
//
// Invariants, against an attacker who sends many ciphertexts (ROBOT, Marvin):
// - a random premaster secret was drawn before, and stays where the block cannot be used;
// - the same calls are made in the same order, whatever is wrong with padding, length or version, and what is different is
//   known to neither side but by the client's Finished, which then cannot be opened;
// - no branch, address or time depends on the block: see `unpadPremaster`.
import Bytes
import TLSCrypto

/// The block that the client's ciphertext decrypts to must come now, from who has the key.
struct AwaitPremasterSecret: ~Copyable {
    let client: ExpectClientKeyExchange.Client

    consuming func supply(_ block: Span<UInt8>, _ context: inout HandshakeContext) -> HandshakeState {
        context.master.takePremaster(from: block)
        return .afterPremasterSecret(AfterPremasterSecret(client: client))
    }
}

/// There is a premaster secret.
struct AfterPremasterSecret: ~Copyable {
    let client: ExpectClientKeyExchange.Client

    /// Sends nothing: the master secret follows, and what the client sends next.
    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try context.deriveMasterSecret(core.negotiated, configuration)
        return client.proceed(context)
    }
}
