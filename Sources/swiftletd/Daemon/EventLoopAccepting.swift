// Taking connections: while there is a place for them and a workspace for their handshake.
import Bytes
import CLinux
import TLS
import Transport
import X509

extension EventLoop {
    /// Sessions accepted in one turn by one tunnel.
    private static var acceptBudget: Int { 16 }
    /// Milliseconds until accepting is tried again after the system refused.
    private static var acceptPause: Int64 { 500 }

    /// Takes what waits at the listener of tunnel `index`.
    mutating func accept(_ index: Int, now: Int64) throws(SystemError) {
        for _ in 0..<Self.acceptBudget {
            let isFull = tunnels[index].free.count == 0
            // Without a workspace a connection waits in the kernel's queue until a handshake is over.
            guard isFull || workspaces.hasFree else {
                pauseAll()
                return
            }
            do throws(TransportError) {
                guard let accepted = try tunnels[index].accept() else { return }
                if isFull {
                    Log.writeRefused(tunnels[index].settings, Self.address(of: accepted))
                } else {
                    begin(index, accepted, now: now)
                }
            } catch {
                var line = Log.begin(tunnels[index].settings, nil)
                line.add(error)
                Log.write(line)
                pauseAll()
                resumeAt = now + Self.acceptPause
                timers.schedule(resumeAt)
                return
            }
        }
    }

    private static func address(of transport: borrowing SocketTransport) -> SocketAddress? {
        do throws(TransportError) { return try transport.peerAddress() } catch { return nil }
    }

    /// Begins a session with a connection that was accepted.
    private mutating func begin(_ index: Int, _ accepted: consuming SocketTransport, now: Int64) {
        guard let number = tunnels[index].free.take() else { return }
        guard let workspace = workspaces.take() else { return tunnels[index].free.give(number) }
        let role = tunnels[index].settings.role
        let descriptor = accepted.descriptor
        do throws(TLSError) {
            var memory = tunnels[index].arena(number)
            var arena = workspaces.arena(workspace)
            let connection = try Connection(
                role, tunnels[index].settings.limits, memory: &memory, workspace: &arena, time: Self.time)
            sessions.fill(
                number,
                Session(
                    connection, accepted: accepted, tunnels[index].settings, number: number, tunnel: index,
                    workspace: workspace, now: now))
        } catch {
            // The memory was made for exactly these limits.
            Log.write("internal fault: the memory of a connection is too small; report it")
            workspaces.give(workspace)
            return tunnels[index].free.give(number)
        }
        liveSessions += 1
        do throws(SystemError) {
            try poller.watch(descriptor, role == .server ? .tls(number) : .plain(number))
            settle(number, .again)
        } catch {
            sessions[number].end(.ownFault(error))
            settle(number, .over)
        }
    }

    /// The time at which certificates and tickets are judged. A clock that shows a time before this program was written has not been
    /// set.
    static var time: CurrentTime {
        let now = swl_realtime_seconds()
        return now < 1_735_689_600 ? .unknown : .known(now)  // 2025-01-01
    }

    private mutating func pauseAll() {
        for index in 0..<tunnels.capacity { tunnels[index].pause() }
    }

    mutating func resumeAll() {
        guard resumeAt == .max, endAt == .max else { return }
        for index in 0..<tunnels.capacity {
            do throws(SystemError) {
                try tunnels[index].resume(index)
            } catch {
                Log.write("cannot watch a listener: the system has no memory for it")
            }
        }
    }
}
