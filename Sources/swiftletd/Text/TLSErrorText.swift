// What went wrong with TLS, in words for the log.
import Bytes
import TLS

extension Message {
    /// Appends why a TLS connection failed, and which setting has to do with it.
    mutating func add(_ error: TLSError) {
        append { error.describe(into: &$0) }
        guard case .limitExceeded(let limit, _, _) = error else { return }
        if limit == .handshakeMessage { add("; raise handshake-memory") }
        if limit == .inboundFragment { add("; raise record-size") }
    }
}
