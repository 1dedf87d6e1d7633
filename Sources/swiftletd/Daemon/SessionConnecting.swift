// A session on the way to the other end of its tunnel: one address of `connect` after the other, until one answers.
import CLinux
import TLS
import Transport

extension Session {
    /// Goes on connecting to the other end of the tunnel: the TLS server, or the plain side.
    mutating func connect(_ tunnel: inout Tunnel, now: Int64) -> Outcome {
        guard retryAt == .max else { return .waits }
        do throws(TransportError) {
            let isOpen = phase == .connectingTLS ? tls.isOpen : plain.isOpen
            if !isOpen { try open(tunnel) }
            guard try phase == .connectingTLS ? tls.finishConnecting() : plain.finishConnecting() else { return .waits }
            lastProgress = now
            return isConnected(&tunnel)
        } catch {
            return failConnecting(error, tunnel, now: now)
        }
    }

    /// The other end of the tunnel has been reached.
    private mutating func isConnected(_ tunnel: inout Tunnel) -> Outcome {
        let speaksSMTP = tunnel.settings.startTLS == .smtp
        if phase == .connectingTLS, !speaksSMTP { return beginHandshake(&tunnel) }
        if speaksSMTP {
            begin(phase == .connectingTLS ? .startTLS : .awaitGreeting, tunnel.settings)
        } else {
            phase = .carrying
        }
        return .again
    }

    /// What comes before TLS is over.
    mutating func beginHandshake(_ tunnel: inout Tunnel) -> Outcome {
        phase = .handshaking
        generation = tunnel.generation
        guard connection.role == .client else { return .again }
        do throws(TLSError) {
            let place = tunnel.place(of: generation)
            try tunnel.session.offer(to: &connection, tunnel.materials[place].configuration)
            return .again
        } catch {
            return end(.failed(error))
        }
    }

    /// Begins to connect to the next address, and has it watched.
    private mutating func open(_ tunnel: borrowing Tunnel) throws(TransportError) {
        var side = Side(try tunnel.connect(attempt))
        side.setKeepAlive()
        let isTLS = phase == .connectingTLS
        do throws(SystemError) {
            if !side.isLink { try tunnel.poller.watch(side.descriptor, isTLS ? .tls(number) : .plain(number)) }
        } catch {
            throw TransportError(.connect, .system(-error.number))
        }
        if isTLS { tls = side } else { plain = side }
    }

    private mutating func failConnecting(
        _ error: TransportError, _ tunnel: borrowing Tunnel, now: Int64
    ) -> Outcome {
        if phase == .connectingTLS { tls.close() } else { plain.close() }
        // A Unix listener with a full queue: only time helps.
        if error.reason == .system(SWL_EAGAIN) {
            retryAt = now + Self.retryTime
            return .waits
        }
        attempt += 1
        if attempt < tunnel.addressCount { return .again }
        return end(.unreachable(error))
    }
}
