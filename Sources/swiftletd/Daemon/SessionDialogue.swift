// What a session of a tunnel with `protocol = smtp` says besides carrying bytes (RFC 3207):
//
//     server: 220, EHLO, STARTTLS with the TLS peer -> handshake -> the plain server's greeting is taken and dropped
//     client: EHLO, STARTTLS with the TLS server    -> handshake -> the plain client gets a greeting of ours
//
// Both mail programs then go on with EHLO, the one as RFC 3207 §4.2 wants it after TLS, the other because it has been greeted.
//
// Invariants:
// - nothing that was said before TLS reaches the plain side, in either direction;
// - nothing that the plain side says reaches the peer without TLS.
import Bytes
import Transport

extension Session {
    /// Begins a part of a dialogue: before TLS with the TLS peer, after it with the plain side.
    mutating func begin(_ part: SMTPDialogue.Part, _ settings: TunnelSettings) {
        var name = SMTPDialogue.Name.ofThisMachine
        // A mail server that is greeted with its own name believes that it talks to itself.
        if part == .greet, let other = SMTPDialogue.Name(domain: settings.serverName.bytes) { name = other }
        dialogue = SMTPDialogue(part, name: name)
        phase = part == .startTLS || part == .offerTLS ? .upgrading : .introducing
    }

    /// Goes on with the dialogue.
    mutating func talk(_ tunnel: inout Tunnel, now: Int64) -> Outcome {
        let isBeforeTLS = phase == .upgrading
        do throws(SMTPDialogueError) {
            let waits =
                if isBeforeTLS { try Self.turn(&dialogue, over: &tls) } else {
                    try Self.turn(&dialogue, over: &plain)
                }
            guard waits == nil else { return .waits }
        } catch {
            switch error {
            case .smtp(let error): return end(.dialogueFailed(error))
            case .transport(let error): return end(isBeforeTLS ? .tlsBroken(error) : .plainBroken(error))
            case .timedOut: return end(.handshakeTimeout)
            }
        }
        dialogue = nil
        lastProgress = now
        if isBeforeTLS { return beginHandshake(&tunnel) }
        phase = .carrying
        return .again
    }

    /// - Returns: what there is to wait for; nil at the end.
    private static func turn(
        _ dialogue: inout SMTPDialogue?, over side: inout Side
    ) throws(SMTPDialogueError) -> Readiness? {
        try dialogue?.turn(
            read: { space throws(TransportError) in try side.read(into: &space) },
            write: { bytes throws(TransportError) in try side.write(bytes) })
    }
}
