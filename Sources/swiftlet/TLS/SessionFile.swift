// The file of `connect --session`: one session, to be resumed by the next connection (RFC 8446 §2.2).
//
// Invariants:
// - it holds a secret: only its owner may read it, and it is wiped from our memory;
// - a session is offered once (Appendix C.4), so the file goes when its session is offered;
// - contents that do not fit cost nothing but a full handshake.
import Bytes
import CLinux
import TLS

/// A file with a session.
struct SessionFile {
    let path: String

    /// Offers the session in the file, if there is one, and removes it. Before the first step of the connection.
    /// - Returns: false where what is in the file cannot be offered.
    func offer(to pump: inout TLSPump, _ context: TLSContext) throws -> Bool {
        guard let session = try readSecretFileIfPresent(path, "the session") else { return true }
        guard try pump.connection.offerSession(session.bytes, context.configuration) else { return false }
        _ = unsafe withPath(path) { unsafe swl_remove_file(directoryOfProcess, $0, $1) }
        return true
    }

    /// Writes the session of the last ticket, in place of whatever is there; nothing where no ticket came.
    func keep(from pump: inout TLSPump) throws {
        var session = SecretBuffer(capacity: Limits.session)
        do throws(TLSError) {
            var room = session.room
            session.count = try pump.connection.takeSession(into: &room)
        } catch {
            return
        }
        try replaceFile(path, session.bytes)
    }
}
