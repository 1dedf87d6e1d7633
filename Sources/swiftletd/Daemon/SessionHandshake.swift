// The handshake of a session, one step at a time: a step may hold one public-key operation, during which the whole daemon
// stands still.
import Bytes
import Provisioning
import TLS
import TLSCrypto
import Transport

extension Session {
    /// Makes one step of the handshake.
    mutating func stepHandshake(_ tunnel: inout Tunnel, now: Int64) -> Outcome {
        // What the peer does meanwhile is looked at afterwards; handshake-timeout covers this too.
        guard awaitedSignature == 0 else { return .waits }
        do throws(TransportError) {
            switch connection.step(tunnel[generation].configuration) {
            case .progressed: return .again
            case .needsInput, .hasOutput: return try exchange()
            case .wantsSignature: return sign(&tunnel, now: now)
            case .established:
                becomeEstablished(tunnel.settings, now: now)
                _ = try flush()
                return .again
            case .failed(let error): return end(.failed(error))
            case .earlyData:
                beginEarlyData(now: now)
                return .again
            // Nobody asked for verdicts, and other data comes only after `established`.
            case .wantsVerdict, .applicationData, .ticket, .peerClosed, .closed:
                return end(.failed(.misuse(.handshakeUnderWay)))
            }
        } catch {
            return end(.tlsBroken(error))
        }
    }

    /// Sends what there is to send, then takes what the peer has sent.
    private mutating func exchange() throws(TransportError) -> Outcome {
        let hasSent = try flush()
        guard connection.output.isEmpty else { return hasSent ? .again : .waits }
        switch try receive() {
        case .bytes, .endOfStream: return .again
        case .wouldBlock: return hasSent ? .again : .waits
        }
    }

    /// Sends output of the connection.
    /// - Returns: whether any byte was taken.
    mutating func flush() throws(TransportError) -> Bool {
        var moved = false
        while !connection.output.isEmpty {
            let count = try tls.write(connection.output)
            guard count > 0 else { break }
            connection.consumeOutput(count)
            moved = true
        }
        return moved
    }

    /// Reads from the TLS peer into the connection.
    mutating func receive() throws(TransportError) -> ReadOutcome {
        var space = connection.receiveSpace
        guard space.count > 0 else { return .wouldBlock }
        let outcome = try tls.read(into: &space)
        switch outcome {
        case .bytes(let count): connection.didReceive(count)
        case .endOfStream: connection.receiveEndOfStream()
        case .wouldBlock: break
        }
        return outcome
    }

    /// Signs or decrypts, or begins to wait for a token that signs.
    private mutating func sign(_ tunnel: inout Tunnel, now: Int64) -> Outcome {
        guard let request = connection.signatureRequest else { return end(.failed(.misuse(.noSignatureWanted))) }
        var memory = InlineArray<512, UInt8>(repeating: 0)
        var signature = memory.mutableSpan
        // What was decrypted is a secret.
        defer { signature.wipe() }
        switch tunnel[generation].signer.sign(request, connection.contentToSign, into: &signature, now: now) {
        case .signed(let count):
            do throws(TLSError) {
                try connection.supplySignature(signature.span.extracting(0..<count))
                return .again
            } catch {
                return end(.failed(error))
            }
        case .later(let tag):
            awaitSignature(tag)
            return .waits
        case .failed(let ending):
            endWithoutSignature(ending)
            return .again
        }
    }

    /// The handshake waits for a token.
    mutating func awaitSignature(_ tag: UInt64) { awaitedSignature = tag }

    /// The token has answered, or will not.
    mutating func takeSignature(_ answer: TokenAnswer) {
        awaitedSignature = 0
        guard phase == .handshaking else { return }
        if let failure = answer.failure { return endWithoutSignature(.signerFailed(failure)) }
        do throws(TLSError) { try connection.supplySignature(answer.bytes) } catch { end(.failed(error)) }
    }

    /// There is no signature: the peer is told, and the connection is over.
    mutating func endWithoutSignature(_ ending: Ending) {
        awaitedSignature = 0
        connection.refuseSignature(.unavailable)
        end(ending)
    }

    /// The handshake is over.
    mutating func becomeEstablished(_ settings: TunnelSettings, now: Int64) {
        connection.releaseWorkspace()
        phase = connection.role == .server ? .connectingPlain : .carrying
        if phase == .carrying, settings.startTLS == .smtp { begin(.greet, settings) }
        lastProgress = now
    }

    /// Server: early data have come. They are carried as soon as the plain side is there, and the handshake ends meanwhile.
    mutating func beginEarlyData(now: Int64) {
        phase = .connectingPlain
        lastProgress = now
    }
}
