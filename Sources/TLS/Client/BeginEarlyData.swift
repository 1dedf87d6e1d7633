// Early data as the client sends it (RFC 8446 §2.3, §4.5): the key behind the ClientHello, and EndOfEarlyData behind the
// server's flight.
import Bytes
import TLSCrypto

/// The ClientHello that announces early data is in the records.
struct BeginEarlyData: ~Copyable {
    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        // Appendix D.4: a client that sends early data puts its dummy change_cipher_spec right behind the ClientHello.
        if configuration.middleboxCompatibility { try core.writer.appendChangeCipherSpec() }
        let suite = core.earlyData.suite
        guard let hash = suite.parameters?.hash else { throw .misuse(.badConfiguration) }
        try context.deriveEarlySecret(hash, exporter: &core.exporter, configuration)
        try core.sealWithHandshakeKey(context.schedule, suite)
        core.earlyData.phase = .sending
        return .expectServerHello(ExpectServerHello(retry: nil))
    }
}

/// The server is verified and takes the early data; that is all of it.
struct SendEndOfEarlyData: ~Copyable {
    let ownCertificate: OwnCertificate

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        try context.outgoing.compose(&context.transcript, configuration, .end_of_early_data) {
            (writer: inout ByteWriter) in
            EndOfEarlyData.append(to: &writer)
        }
        return .afterEndOfEarlyData(AfterEndOfEarlyData(ownCertificate: ownCertificate))
    }
}

/// EndOfEarlyData is in the records; the rest of the flight has the keys of the handshake.
struct AfterEndOfEarlyData: ~Copyable {
    let ownCertificate: OwnCertificate

    consuming func send(
        _ context: inout HandshakeContext, _ core: inout ConnectionCore, _ configuration: borrowing Configuration
    ) throws(TLSError) -> HandshakeState {
        core.earlyData.phase = .ended
        try core.sealWithHandshakeKey(context.schedule, try core.settledSuite())
        return .sendCertificate(SendCertificate(ownCertificate: ownCertificate, progress: .client))
    }
}
