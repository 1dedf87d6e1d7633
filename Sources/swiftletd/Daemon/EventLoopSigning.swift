// Signatures that come later: the answers of helper processes, and helpers that answer no more.
import Provisioning
import TLS
import Transport

extension EventLoop {
    /// Takes the answers of a tunnel's helper.
    mutating func takeSignatures(_ tunnel: Int, now: Int64) {
        while true {
            do throws(TokenFailure) {
                guard let answer = try tunnels[tunnel].material.signer.receive(now: now) else {
                    return scheduleSigner(tunnel)
                }
                hand(answer, to: tunnel)
            } catch {
                failSignatures(tunnel, error)
                return
            }
        }
    }

    /// Hands an answer to the session that waits for it, which may be gone.
    private mutating func hand(_ answer: TokenAnswer, to tunnel: Int) {
        let first = tunnels[tunnel].firstSession
        for number in first..<(first + tunnels[tunnel].settings.connections)
        where sessions.isFilled(number) && sessions[number].awaitedSignature == answer.tag {
            sessions[number].takeSignature(answer)
            settle(number, .again)
            return
        }
    }

    /// No answer comes any more: ends every session that waits for one.
    private mutating func failSignatures(_ tunnel: Int, _ failure: TokenFailure) {
        let first = tunnels[tunnel].firstSession
        for number in first..<(first + tunnels[tunnel].settings.connections)
        where sessions.isFilled(number) && sessions[number].awaitedSignature != 0 {
            sessions[number].endWithoutSignature(.signerFailed(failure))
            settle(number, .again)
        }
    }

    /// Has the helper of a tunnel watched, where it has been started, and given up in time.
    mutating func scheduleSigner(_ tunnel: Int) {
        if let socket = tunnels[tunnel].material.signer.descriptorToWatch() {
            do throws(SystemError) { try poller.watchWaiting(socket, .signer(tunnel)) } catch {
                tunnels[tunnel].material.signer.giveUp()
                failSignatures(tunnel, TokenFailure(.notStarted))
            }
        }
        timers.schedule(tunnels[tunnel].material.signer.deadline)
    }

    /// Gives up helpers from which nothing has come for too long.
    mutating func lookAtSigners(now: Int64) {
        for tunnel in 0..<tunnels.capacity {
            if tunnels[tunnel].material.signer.deadline <= now {
                tunnels[tunnel].material.signer.giveUp()
                failSignatures(tunnel, TokenFailure(.timedOut))
            }
            scheduleSigner(tunnel)
        }
    }
}
