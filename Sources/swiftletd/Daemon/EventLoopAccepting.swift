// Taking connections: while there is a place for them and a workspace for their handshake.
import Bytes
import CLinux
import Provisioning
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
        defer { timers.schedule(tunnels[index].acceptDeadline) }
        for _ in 0..<Self.acceptBudget {
            let isFull = tunnels[index].free.count == 0
            // The one before is about to make room: a moment's patience is kinder than a refusal.
            if isFull, isEnding(tunnels[index].firstSession) {
                tunnels[index].pause()
                return
            }
            // Without a workspace a connection waits in the kernel's queue until a handshake is over.
            guard isFull || workspaces.hasFree else {
                pauseAll()
                return
            }
            do throws(TransportError) {
                guard var accepted = try tunnels[index].accept() else { break }
                if isFull {
                    Log.writeRefused(tunnels[index].settings, accepted.peerAddress)
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
        try tunnels[index].watch(index)
    }

    /// Whether a session only waits for its serial line to deliver the last bytes.
    private func isEnding(_ number: Int) -> Bool { sessions.isFilled(number) && sessions[number].phase == .closing }

    /// Begins a session with a connection that was accepted.
    private mutating func begin(_ index: Int, _ accepted: consuming EndpointTransport, now: Int64) {
        guard let number = tunnels[index].free.take() else { return }
        guard let workspace = workspaces.take() else { return tunnels[index].free.give(number) }
        let role = tunnels[index].settings.role
        let descriptor = accepted.isLink ? -1 : accepted.descriptor
        do throws(TLSError) {
            var memory = tunnels[index].arena(number)
            var arena = workspaces.arena(workspace)
            let connection = try Connection(
                role, tunnels[index].settings.limits, memory: &memory, workspace: &arena, time: time)
            sessions.fill(
                number,
                Session(
                    connection, accepted: accepted, tunnels[index].settings, number: number, tunnel: index,
                    generation: tunnels[index].generation, workspace: workspace, now: now))
        } catch {
            // The memory was made for exactly these limits.
            Log.write("internal fault: the memory of a connection is too small; report it")
            workspaces.give(workspace)
            tunnels[index].connectionEnded(cleanly: false)
            return tunnels[index].free.give(number)
        }
        liveSessions += 1
        do throws(SystemError) {
            if descriptor >= 0 { try poller.watch(descriptor, role == .server ? .tls(number) : .plain(number)) }
            settle(number, .again)
        } catch {
            sessions[number].end(.ownFault(error))
            settle(number, .over)
        }
    }

    /// The time at which certificates and tickets are judged: not known while the system's clock shows less than the floor.
    var time: CurrentTime { clock.time(at: .now) }

    private mutating func pauseAll() {
        for index in 0..<tunnels.capacity { tunnels[index].pause() }
    }

    mutating func resumeAll() {
        guard resumeAt == .max, endAt == .max else { return }
        for index in 0..<tunnels.capacity {
            do throws(SystemError) {
                try tunnels[index].resume(index)
                timers.schedule(tunnels[index].acceptDeadline)
            } catch {
                Log.write("cannot watch a listener: the system has no memory for it")
            }
        }
    }
}
