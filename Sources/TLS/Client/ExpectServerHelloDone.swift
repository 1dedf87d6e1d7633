// The end of the server's flight as the client takes it (RFC 5246 §7.4.4, §7.4.5): perhaps a CertificateRequest, and
// ServerHelloDone.
import Bytes
import TLSCrypto

/// The server may ask for a certificate, once, or is done.
struct ExpectServerHelloDone: ~Copyable {
    let peer: PeerVerified
    let ownCertificate: OwnCertificate

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        if case .notRequested = ownCertificate, incoming.message.type == .certificate_request {
            let request = try CertificateRequest12(incoming.message)
            try context.transcript.update(incoming.message.encoded)
            let own = core.answer(to: request.schemes, request.authorities, as: .certificateVerify12, configuration) {
                request.accepts($0)
            }
            return .expectServerHelloDone(ExpectServerHelloDone(peer: peer, ownCertificate: own))
        }
        try incoming.expect(.server_hello_done_RESERVED)
        try ServerHelloDone.check(incoming.message)
        // It ends the flight: what comes next, behind ours, begins a record of its own.
        _ = try incoming.aligned()
        try context.transcript.update(incoming.message.encoded)
        if core.transportsKey { try core.encryptPremaster(to: incoming.peerCertificate, &context, configuration) }
        let own = ownCertificate
        return .sendClientCertificate(SendClientCertificate(peer: peer, ownCertificate: own))
    }
}
