// The key log: what Wireshark needs to read a connection, in the lines of NSS's SSLKEYLOGFILE (RFC 9850). For workstations
// alone: Embedded Swift has none of it, and nothing but `Configuration.unsafeKeyLog` turns it on.
import Bytes
import TLSCrypto

extension HandshakeContext {
    /// Logs the secrets of early data.
    borrowing func logEarlySecrets(exporter: Span<UInt8>, _ configuration: borrowing Configuration) {
        #if !hasFeature(Embedded)
            log("CLIENT_EARLY_TRAFFIC_SECRET", schedule.clientHandshake.bytes, configuration)
            log("EARLY_EXPORTER_SECRET", exporter, configuration)
        #endif
    }

    /// Logs the handshake traffic secrets, once they are there.
    borrowing func logHandshakeSecrets(_ configuration: borrowing Configuration) {
        #if !hasFeature(Embedded)
            log("CLIENT_HANDSHAKE_TRAFFIC_SECRET", schedule.clientHandshake.bytes, configuration)
            log("SERVER_HANDSHAKE_TRAFFIC_SECRET", schedule.serverHandshake.bytes, configuration)
        #endif
    }

    /// Logs the application traffic secrets and the exporter's, before the record layer takes them.
    borrowing func logApplicationSecrets(exporter: Span<UInt8>, _ configuration: borrowing Configuration) {
        #if !hasFeature(Embedded)
            log("CLIENT_TRAFFIC_SECRET_0", schedule.clientApplication.bytes, configuration)
            log("SERVER_TRAFFIC_SECRET_0", schedule.serverApplication.bytes, configuration)
            log("EXPORTER_SECRET", exporter, configuration)
        #endif
    }

    /// Logs the master secret of TLS 1.2.
    borrowing func logMasterSecret(_ configuration: borrowing Configuration) {
        #if !hasFeature(Embedded)
            guard let write = configuration.unsafeKeyLog else { return }
            write("CLIENT_RANDOM \(hex(master.clientRandom)) \(hex(master.bytes))")
        #endif
    }

    #if !hasFeature(Embedded)
        private borrowing func log(_ label: String, _ secret: Span<UInt8>, _ configuration: borrowing Configuration) {
            guard let write = configuration.unsafeKeyLog else { return }
            write("\(label) \(hex(master.clientRandom)) \(hex(secret.extracting(0..<schedule.hash.byteCount)))")
        }
    #endif
}

#if !hasFeature(Embedded)
    private func hex(_ bytes: Span<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for index in bytes.indices {
            text.append(digits[Int(bytes[index] >> 4)])
            text.append(digits[Int(bytes[index] & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
#endif
