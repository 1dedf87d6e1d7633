// The changes of keys in a handshake of TLS 1.3 (RFC 8446 §7.1, Appendix A), for both roles: what a side sends is under its own
// secrets, what it receives under the peer's. Those of TLS 1.2 are in ChangeCipherSpec.swift.
import Bytes
import TLSCrypto

extension ConnectionCore {
    /// The suite, once it has been settled.
    func settledSuite() throws(TLSError) -> CipherSuite {
        guard let suite = negotiated.cipherSuite else { throw .misuse(.handshakeUnderWay) }
        return suite
    }

    /// Seals what we send from now on with our handshake traffic key; for early data with that, which is in its place
    /// until it comes.
    mutating func sealWithHandshakeKey(_ schedule: borrowing KeySchedule, _ suite: CipherSuite) throws(TLSError) {
        let sender = role
        try writer.changeKeys { (protection: inout RecordProtection) throws(TLSError) in
            try schedule.installHandshake(sender, suite, in: &protection)
        }
    }

    /// Opens what the peer sends from now on with its handshake traffic key, or that of early data.
    mutating func openWithHandshakeKey(
        _ aligned: borrowing HandshakeAligned, _ schedule: borrowing KeySchedule, _ suite: CipherSuite
    ) throws(TLSError) {
        let sender = role.peer
        try reader.changeKeys(aligned) { (protection: inout RecordProtection) throws(TLSError) in
            try schedule.installHandshake(sender, suite, in: &protection)
        }
    }

    /// Seals what we send from now on with our application traffic key.
    mutating func sealWithApplicationKey(_ schedule: inout KeySchedule) throws(TLSError) {
        let suite = try settledSuite()
        let sender = role
        try writer.changeKeys { (protection: inout RecordProtection) throws(TLSError) in
            try schedule.installApplication(sender, suite, in: &protection)
        }
    }

    /// Opens what the peer sends from now on with its application traffic key. Only against the proof that it has finished.
    mutating func openWithApplicationKey(
        _ finished: consuming PeerFinished, _ aligned: consuming HandshakeAligned, _ schedule: inout KeySchedule
    ) throws(TLSError) {
        let suite = try settledSuite()
        negotiated.peerAuthentication = finished.peer.authentication
        let sender = role.peer
        try reader.changeKeys(aligned) { (protection: inout RecordProtection) throws(TLSError) in
            try schedule.installApplication(sender, suite, in: &protection)
        }
    }
}

extension HandshakeContext {
    /// Takes the key schedule to the Master Secret (§7.1). The transcript must end with the server's Finished.
    /// - Parameter exporter: takes the exporter_master_secret.
    mutating func advanceToApplication(
        exporter: inout Region, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try schedule.advanceToApplication(transcript: try transcript.current(), exporter: &exporter)
        logApplicationSecrets(exporter: exporter.bytes, configuration)
    }
}
