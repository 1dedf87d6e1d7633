// The server's CertificateStatus as the client of TLS 1.2 takes it (RFC 6066 §8). A server that has announced one may still
// leave it out.
import Bytes

/// A CertificateStatus may come now, behind a chain that was accepted.
struct ExpectCertificateStatus: ~Copyable {
    /// What comes behind the chain otherwise.
    let next: AwaitVerdict

    consuming func receive(
        _ incoming: IncomingMessage, _ context: inout HandshakeContext, _ core: inout ConnectionCore,
        _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let asks = configuration.trust.asksForVerdict
        let next = next
        guard incoming.message.type == .certificate_status_RESERVED else {
            // None has come. The verdict waits until the message that has is done with.
            return try next.proceed().receive(incoming, &context, &core, configuration).behindVerdict(asks)
        }
        _ = try CertificateStatus(incoming.message)
        try context.transcript.update(incoming.message.encoded)
        guard asks else { return next.proceed() }
        return .awaitVerdict(next)
    }
}
