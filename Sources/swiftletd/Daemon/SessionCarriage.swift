// What an established session, or one with early data, does: carries bytes both ways, with back-pressure and half-close both ways.
//
//     close_notify from the TLS peer   <->   end of stream to the plain side (shutdown)
//     end of stream from the plain side <->  close_notify to the TLS peer, then end of stream
//
// A plain side that is a serial line has no half-close: there the TLS peer's close_notify ends both ways, as hanging up does.
import Bytes
import TLS
import Transport

extension Session {
    /// How many records a session may move each way in one turn, so that one with much to carry does not starve others.
    private static var budget: Int { 4 }

    /// Carries bytes as far as is fair.
    mutating func carry(_ tunnel: inout Tunnel, _ scratch: inout Region, now: Int64) -> Outcome {
        for _ in 0..<Self.budget {
            let inbound = carryInbound(&tunnel)
            if ending != nil { return phase == .over ? .over : .again }
            let outbound = carryOutbound(&scratch)
            if ending != nil { return phase == .over ? .over : .again }
            guard inbound || outbound else { return .waits }
            lastProgress = now
        }
        return .again
    }

    // From the TLS peer to the plain side

    /// - Returns: whether anything was done.
    private mutating func carryInbound(_ tunnel: inout Tunnel) -> Bool {
        switch connection.step(tunnel[generation].configuration) {
        case .progressed: return true
        case .ticket:
            // What the server knows us by, and what it was verified by, may be another now.
            if generation == tunnel.generation { tunnel.session.take(from: &connection) }
            return true
        case .needsInput, .hasOutput: return takeInput()
        case .applicationData: return deliver()
        case .peerClosed: return endPlain()
        case .closed:
            _ = endPlain()
            end(.finished)
            return true
        case .failed(let error):
            end(.failed(error))
            return true
        case .earlyData: return deliverEarly()
        case .established:
            connection.releaseWorkspace()
            return true
        // A handshake that is not over resumes a session, and nobody asked for verdicts.
        case .wantsSignature, .wantsVerdict: return false
        }
    }

    private mutating func takeInput() -> Bool {
        do throws(TransportError) {
            // Reading goes on although output waits: if both sides waited for the other to read, neither would.
            let hasSent = try flush()
            return try receive() != .wouldBlock || hasSent
        } catch {
            end(.tlsBroken(error))
            return true
        }
    }

    private mutating func deliver() -> Bool {
        do throws(TransportError) {
            let count = try plain.write(connection.applicationData)
            connection.consumeApplicationData(count)
            received += UInt64(count)
            return count > 0 || connection.applicationData.isEmpty
        } catch {
            end(.plainBroken(error))
            return true
        }
    }

    private mutating func deliverEarly() -> Bool {
        do throws(TransportError) {
            let count = try plain.write(connection.earlyData)
            connection.consumeEarlyData(count)
            received += UInt64(count)
            return count > 0 || connection.earlyData.isEmpty
        } catch {
            end(.plainBroken(error))
            return true
        }
    }

    /// Passes the TLS peer's close_notify on.
    private mutating func endPlain() -> Bool {
        guard !plain.hasFinished else { return false }
        do throws(TransportError) {
            try plain.finishWriting()
        } catch {
            end(.plainBroken(error))
        }
        // A serial line cannot be told, and would never end by itself.
        if !plain.halfCloses { close() }
        return true
    }

    // From the plain side to the TLS peer

    /// - Returns: whether anything was done.
    private mutating func carryOutbound(_ scratch: inout Region) -> Bool {
        let hasSent: Bool
        do throws(TransportError) {
            hasSent = try flush()
            guard connection.output.isEmpty else { return hasSent }
            if hasClosed {
                guard !tls.hasFinished else { return hasSent }
                try tls.finishWriting()
                return true
            }
        } catch {
            end(.tlsBroken(error))
            return true
        }
        return collect(&scratch) || hasSent
    }

    /// Takes as much from the plain side as fits into the outbound records, which are empty, and seals it.
    private mutating func collect(_ scratch: inout Region) -> Bool {
        let capacity = Swift.min(connection.writeCapacity, scratch.count)
        var space = scratch.mutableBytes(in: 0..<capacity)
        do throws(TransportError) {
            switch try plain.read(into: &space) {
            case .wouldBlock: return false
            case .endOfStream:
                close()
                return true
            case .bytes(let count):
                return seal(scratch.bytes.extracting(0..<count))
            }
        } catch {
            end(.plainBroken(error))
            return true
        }
    }

    private mutating func seal(_ bytes: Span<UInt8>) -> Bool {
        do throws(TLSError) {
            let count = try connection.write(bytes)
            // `writeCapacity` is what fits, so anything else would lose bytes.
            guard count == bytes.count else { throw .misuse(.badConfiguration) }
            sent += UInt64(count)
        } catch {
            end(.failed(error))
        }
        return true
    }
}
