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
        try context.outgoing.compose(&context.transcript) { (writer: inout ByteWriter) in
            Finished.append(verifyData.bytes, to: &writer)
        }
        return .afterFinished(AfterFinished(progress: progress))
    }
}

/// Our Finished is in the records; what we send from now on is protected with application keys.
struct AfterFinished: ~Copyable {
    let progress: FlightProgress

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        guard let suite = core.negotiated.cipherSuite else { throw .misuse(.handshakeUnderWay) }
        if case .server = progress {
            try context.schedule.advanceToApplication(
                transcript: try context.transcript.current(), exporter: &core.exporter)
        }
        let role = core.role
        try core.writer.changeKeys { (protection: inout RecordProtection) throws(TLSError) in
            try context.schedule.installApplication(role, suite, in: &protection)
        }
        switch progress {
        case .client: return .connected
        case .server(requestsCertificate: true):
            return .expectCertificate(ExpectCertificate(ownCertificate: .notRequested))
        case .server(requestsCertificate: false):
            return .expectFinished(
                ExpectFinished(peer: PeerVerified(allowedAnonymous: ()), ownCertificate: .notRequested))
        }
    }
}
