// Our Finished (RFC 8446 §4.4.4), and the change of keys behind it (§7.1, Appendix A).
import Bytes
import TLSCrypto

/// About to send a Finished.
struct SendFinished: ~Copyable {
    let progress: FlightProgress

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        let verifyData = try context.schedule.finished(core.role, transcript: try context.transcript.current())
        try context.composeFinished(verifyData.bytes)
        return .afterFinished(AfterFinished(progress: progress))
    }
}

/// Our Finished is in the records; what we send from now on is protected with application keys.
struct AfterFinished: ~Copyable {
    let progress: FlightProgress

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        if core.role == .server { try context.advanceToApplication(exporter: &core.exporter, configuration) }
        try core.sealWithApplicationKey(&context.schedule)
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

extension HandshakeContext {
    /// Composes our Finished (RFC 8446 §4.4.4; RFC 5246 §7.4.9).
    mutating func composeFinished(_ verifyData: Span<UInt8>) throws(TLSError) {
        try outgoing.compose(&transcript) { (writer: inout ByteWriter) in Finished.append(verifyData, to: &writer) }
    }
}

extension ConnectionCore {
    /// Client: whether what sessions are resumed from is kept (§7.1, RFC 5077 §3.1): only where tickets can be of use.
    func keepsSessions(_ configuration: borrowing Configuration) -> Bool {
        role == .client && configuration.takesTickets && timeOfTickets(configuration) != nil
    }

    /// Client: keeps the resumption_master_secret (§7.1), where tickets can be of use.
    fileprivate mutating func keepResumptionSecret(
        _ context: borrowing HandshakeContext, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard keepsSessions(configuration) else { return }
        let hash = try context.transcript.current()
        try resumption.takeSecret(from: context.schedule, transcript: hash)
    }
}
