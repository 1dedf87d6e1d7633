// Our Finished (RFC 8446 §4.4.4), and the change of keys behind it (§7.1, Appendix A).
import Bytes
import TLSCrypto

/// About to send a Finished.
struct SendFinished: ~Copyable {
    private let progress: FlightProgress

    init(progress: consuming FlightProgress) { self.progress = progress }

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let verifyData = try context.schedule.finished(core.role, transcript: try context.transcript.current())
        try context.outgoing.compose(&context.transcript) { (writer: inout ByteWriter) in
            Finished.append(verifyData.bytes, to: &writer)
        }
        return .afterFinished(AfterFinished(progress: progress))
    }
}

/// Our Finished is in the records; what we send from now on is protected with application keys.
struct AfterFinished: ~Copyable {
    private let progress: FlightProgress

    init(progress: consuming FlightProgress) { self.progress = progress }

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard let suite = core.negotiated.cipherSuite else { throw .misuse(.handshakeUnderWay) }
        if core.role == .server {
            try context.schedule.advanceToApplication(
                transcript: try context.transcript.current(), exporter: &core.exporter)
            context.logApplicationSecrets(exporter: core.exporter.bytes, configuration)
        }
        let role = core.role
        try core.writer.changeKeys { (protection: inout RecordProtection) throws(TLSError) in
            try context.schedule.installApplication(role, suite, in: &protection)
        }
        let progress = progress
        switch consume progress {
        case .client:
            try core.keepResumptionSecret(context, configuration)
            return .connected
        case .server(let requestsCertificate):
            if requestsCertificate { return .expectCertificate(ExpectCertificate(ownCertificate: .notRequested)) }
            return .expectFinished(
                ExpectFinished(peer: PeerVerified(allowedAnonymous: ()), ownCertificate: .notRequested))
        case .resumingServer(let session): return core.resume(session, configuration)
        case .keyedServer(let key):
            let peer = try core.accept(key, configuration)
            return .expectFinished(ExpectFinished(peer: peer, ownCertificate: .notRequested))
        }
    }
}

extension ConnectionCore {
    /// Client: keeps the resumption_master_secret (§7.1), where tickets can be of use.
    fileprivate mutating func keepResumptionSecret(
        _ context: borrowing HandshakeContext, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard configuration.takesTickets, timeOfTickets(configuration) != nil else { return }
        let hash = try context.transcript.current()
        try resumption.takeSecret(from: context.schedule, transcript: hash)
    }
}
