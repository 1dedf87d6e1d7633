// Signatures that come later: the answers of helper processes, and helpers that answer no more. A tunnel whose identity was replaced
// has two helpers for as long as handshakes that began with the old one are under way, and each session waits for that of its own
// generation.
import Provisioning
import TLS
import Transport

extension EventLoop {
    /// Takes the answers of a tunnel's helpers.
    mutating func takeSignatures(_ tunnel: Int, now: Int64) {
        for generation in tunnels[tunnel].generations { takeSignatures(tunnel, generation, now: now) }
        scheduleSigner(tunnel)
    }

    private mutating func takeSignatures(_ tunnel: Int, _ generation: Int, now: Int64) {
        // What takes an answer may be the last handshake of its generation.
        while tunnels[tunnel].generations.contains(generation) {
            do throws(TokenFailure) {
                guard let answer = try tunnels[tunnel][generation].signer.receive(now: now) else { return }
                hand(answer, to: tunnel, generation)
            } catch {
                return failSignatures(tunnel, generation, error)
            }
        }
    }

    /// Hands an answer to the session that waits for it, which may be gone.
    private mutating func hand(_ answer: TokenAnswer, to tunnel: Int, _ generation: Int) {
        let first = tunnels[tunnel].firstSession
        for number in first..<(first + tunnels[tunnel].settings.connections)
        where sessions.isFilled(number) && sessions[number].awaitedSignature == answer.tag
            && sessions[number].generation == generation
        {
            sessions[number].takeSignature(answer)
            settle(number, .again)
            return
        }
    }

    /// No answer comes any more: ends every session that waits for one.
    private mutating func failSignatures(_ tunnel: Int, _ generation: Int, _ failure: TokenFailure) {
        let first = tunnels[tunnel].firstSession
        for number in first..<(first + tunnels[tunnel].settings.connections)
        where sessions.isFilled(number) && sessions[number].awaitedSignature != 0
            && sessions[number].generation == generation
        {
            sessions[number].endWithoutSignature(.signerFailed(failure))
            settle(number, .again)
        }
    }

    /// Has the helpers of a tunnel watched, where they have been started, and given up in time.
    mutating func scheduleSigner(_ tunnel: Int) {
        for generation in tunnels[tunnel].generations {
            if let socket = tunnels[tunnel][generation].signer.descriptorToWatch() {
                do throws(SystemError) { try poller.watchWaiting(socket, .signer(tunnel)) } catch {
                    tunnels[tunnel][generation].signer.giveUp()
                    failSignatures(tunnel, generation, TokenFailure(.notStarted))
                    return scheduleSigner(tunnel)
                }
            }
            timers.schedule(tunnels[tunnel][generation].signer.deadline)
        }
    }

    /// Gives up helpers from which nothing has come for too long, and takes note of the end of those that were.
    mutating func lookAtSigners(now: Int64) {
        for tunnel in 0..<tunnels.capacity {
            for generation in tunnels[tunnel].generations
            where tunnels[tunnel][generation].signer.deadline <= now {
                tunnels[tunnel][generation].signer.giveUp()
                failSignatures(tunnel, generation, TokenFailure(.timedOut))
            }
            scheduleSigner(tunnel)
            tunnels[tunnel].ending.reap()
            if tunnels[tunnel].ending.isAwaited { timers.schedule(now + EndingProcess.lookTime) }
        }
    }
}
