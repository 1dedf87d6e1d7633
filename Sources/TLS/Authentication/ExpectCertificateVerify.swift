// The peer's CertificateVerify (RFC 8446 §4.4.3; in TLS 1.2, the client's, RFC 5246 §7.4.8): proof that it has the key of the
// leaf that was verified.
import Bytes
import TLSCrypto

/// The peer's chain has been accepted; it must show that it has the key.
struct ExpectCertificateVerify: ~Copyable {
    let chain: ChainAccepted
    let ownCertificate: OwnCertificate

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try incoming.expect(.certificate_verify)
        let verify = try CertificateVerify(incoming.message)
        let is12 = core.is12
        let use: SignatureUse = is12 ? .certificateVerify12 : .certificateVerify
        let signer = core.role.peer
        try PeerSignature(verify.scheme, verify.signature, use).check(incoming.peerCertificate, &core, configuration) {
            (hash: HashAlgorithm) throws(TLSError) -> Digest in
            if is12 { return try context.transcript.current(hash) }
            return try CertificateVerify.signedHash(hash, signer, transcriptHash: try context.transcript.current())
        }
        try context.transcript.update(incoming.message.encoded)
        let ownCertificate = ownCertificate
        let peer = PeerVerified(checkedSignature: chain)
        guard is12 else { return .expectFinished(ExpectFinished(peer: peer, ownCertificate: ownCertificate)) }
        return ExpectChangeCipherSpec.begin(peer: peer, isLast: false, core.role, context)
    }
}
