// The end of a session. Its reason is kept to be logged; the TLS peer is told where there is an alert for it, and both streams
// are ended or reset: a stream that was not ended cleanly on one side is not on the other.
import Bytes
import TLS
import Transport

extension Session {
    /// Makes an end of the session, for a reason that is logged.
    @discardableResult
    mutating func end(_ ending: Ending) -> Outcome {
        guard phase != .over, self.ending == nil else { return phase == .over ? .over : .waits }
        self.ending = ending
        if ending.isClean { return finish() }
        plain.reset()
        if ending.isToldToPeer, tls.isOpen {
            phase = .lingering
            return .again
        }
        // After close_notify the end is clean for the TLS peer, whatever happened to the other direction.
        if !(hasClosed && ending == .stopped) { tls.reset() }
        return finish()
    }

    /// Queues close_notify: the plain side has ended, or the daemon is about to.
    mutating func close() {
        hasClosed = true
        connection.close()
    }

    /// Gets the alert out, says that nothing follows, and waits for the peer to go.
    mutating func linger(_ scratch: inout Region) -> Outcome {
        var space = scratch.mutableBytes
        do throws(TransportError) {
            _ = try flush()
            if connection.output.isEmpty { try tls.finishWriting() }
            // A peer that goes on sending is cut off by the deadline; what one turn reads is bounded.
            switch try tls.read(into: &space) {
            case .bytes: return .again
            case .wouldBlock: return .waits
            case .endOfStream: return finish()
            }
        } catch {
            return finish()
        }
    }

    /// Ends both streams in good order; called again until they have ended.
    @discardableResult
    mutating func finish() -> Outcome {
        if phase == .closing {
            plain.closeIfOver()
            tls.closeIfOver()
        } else {
            phase = .closing
            plain.finish()
            tls.finish()
        }
        guard !plain.isOpen, !tls.isOpen else { return .waits }
        phase = .over
        return .over
    }

    /// What is left of the streams has taken too long.
    mutating func breakOff() {
        plain.reset()
        tls.reset()
        phase = .over
    }
}
