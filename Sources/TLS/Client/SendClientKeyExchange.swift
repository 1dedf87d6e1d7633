// The client's second flight in TLS 1.2 up to its Finished (RFC 5246 §7.4.6, §7.4.7, §7.4.8): Certificate where it was asked
// for, ClientKeyExchange, and CertificateVerify behind a certificate of ours.
import Bytes
import TLSCrypto

/// About to send a Certificate, if the server asked for one.
struct SendClientCertificate: ~Copyable {
    let peer: PeerVerified
    let ownCertificate: OwnCertificate

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let own = ownCertificate
        try context.composeCertificate(own, core, configuration)
        return .sendClientKeyExchange(SendClientKeyExchange(peer: peer, ownCertificate: own))
    }
}

/// About to send our half of the key exchange, or the premaster secret that was encrypted before.
struct SendClientKeyExchange: ~Copyable {
    let peer: PeerVerified
    let ownCertificate: OwnCertificate

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let publicValue = context.ephemeral.publicValue
        try context.outgoing.compose(&context.transcript, configuration, .client_key_exchange_RESERVED) {
            (writer: inout ByteWriter) in
            if core.transportsKey {
                EncryptedPremasterSecret.append(core.signedContent, to: &writer)
            } else {
                ClientKeyExchange.append(publicValue.bytes, to: &writer)
            }
        }
        context.ephemeral.wipe()
        try context.deriveMasterSecret(core.negotiated, configuration)
        guard case .identity(let identity, let scheme) = ownCertificate, let algorithm = scheme.signatureAlgorithm
        else {
            return .sendChangeCipherSpec(SendChangeCipherSpec(behind: .nothing(peer)))
        }
        let hash = try context.transcript.current(algorithm.hash)
        try core.askForSignature(.signHash(scheme), by: identity, scheme) { (writer: inout ByteWriter) in
            writer.append(hash.bytes)
        }
        return .awaitSignature(AwaitSignature(scheme: scheme, purpose: .certificateVerify12(peer)))
    }
}

extension HandshakeContext {
    /// The master secret, once ClientKeyExchange is in the transcript (RFC 7627 §4, or else RFC 5246 §8.1).
    mutating func deriveMasterSecret(
        _ negotiated: Negotiated, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard let hash = negotiated.cipherSuite?.parameters?.hash else { throw .misuse(.handshakeUnderWay) }
        let sessionHash = negotiated.extendedMasterSecret ? try transcript.current() : nil
        try master.derive(hash, sessionHash: sessionHash)
        logMasterSecret(configuration)
    }
}
