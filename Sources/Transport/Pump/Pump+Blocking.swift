// The pump for programs with one connection: each call waits until it is done or its time has passed. Times are
// milliseconds for the whole call; nil is without limit.
import Bytes
import TLS
import TLSCrypto

extension Pump where Stream: ~Copyable {
    /// How long a failed handshake waits for its alert to leave and to be read.
    private static var millisecondsForAlert: Int32 { 500 }

    /// Carries the handshake through.
    /// - Parameters:
    ///   - configuration: the connection's.
    ///   - delegate: answers what the handshake asks.
    ///   - milliseconds: for the whole handshake, however busily the peer drips its bytes.
    /// - Throws: why it failed; the peer has been told by an alert where there is one for it.
    public mutating func handshake<Delegate: HandshakeDelegate & ~Copyable>(
        _ configuration: borrowing Configuration, _ delegate: inout Delegate, milliseconds: Int32?
    ) throws(PumpError) {
        let deadline = Deadline.after(milliseconds: milliseconds)
        do throws(PumpError) {
            while true {
                let turn = turn(configuration)
                if try answer(turn, &delegate) { continue }
                switch turn {
                case .progressed:
                    if deadline.hasPassed { throw .timedOut(.handshake) }
                case .blocked(let readiness): try wait(for: readiness, deadline, .handshake)
                case .failed(let error): throw error
                // Nothing but these comes of a connection whose handshake is over, now or before.
                default: return
                }
            }
        } catch {
            let first = fail(with: error)
            tellFailure(milliseconds: Self.millisecondsForAlert)
            throw first
        }
    }

    /// Client, after `Connection.offerEarlyData` and before `handshake`: sends early data behind the ClientHello.
    /// - Returns: how many bytes have been taken; what is left, and all of it where the server refuses, goes with `write`.
    /// - Throws: as `handshake`.
    public mutating func sendEarlyData(
        _ data: Span<UInt8>, _ configuration: borrowing Configuration, milliseconds: Int32?
    ) throws(PumpError) -> Int {
        let deadline = Deadline.after(milliseconds: milliseconds)
        var sent = 0
        var isStuck = false
        while sent < data.count, connection.earlyDataIsPending {
            var count = 0
            do throws(TLSError) {
                count = try connection.writeEarlyData(data.extracting(sent..<data.count))
            } catch { throw .tls(error) }
            sent += count
            if count > 0 { isStuck = false } else if isStuck { return sent }
            if count > 0 { continue }
            switch turn(configuration) {
            case .progressed: continue
            case .blocked(let readiness) where readiness.wantsWriting: try wait(for: readiness, deadline, .handshake)
            // All has left that was taken; if no more is taken even so, the ticket allows no more.
            case .blocked: isStuck = true
            case .failed(let error): throw error
            default: return sent
            }
        }
        return sent
    }

    /// Answers a question of the handshake.
    /// - Returns: whether `turn` was one.
    public mutating func answer<Delegate: HandshakeDelegate & ~Copyable>(
        _ turn: Turn, _ delegate: inout Delegate
    ) throws(PumpError) -> Bool {
        switch turn {
        case .wantsSignature:
            // RSA-4096's signature is the longest (TLSCrypto signs with no longer key). What was decrypted is a secret.
            var memory = InlineArray<512, UInt8>(repeating: 0)
            var signature = memory.mutableSpan
            defer { signature.wipe() }
            let count = try sign(&delegate, into: &signature)
            do throws(TLSError) {
                try connection.supplySignature(signature.span.extracting(first: count))
            } catch { throw .tls(error) }
        case .wantsVerdict:
            let isRaw = connection.negotiated.peerCertificateType == .RawPublicKey
            let accepted =
                isRaw
                ? delegate.accepts(rawPublicKey: connection.peerRawPublicKey)
                : delegate.accepts(connection.peerCertificates, ocspStaple: connection.ocspStaple)
            let alert = delegate.alertOfRefusal
            do throws(TLSError) {
                try connection.supplyVerdict(accepted: accepted, alert: alert)
            } catch { throw .tls(error) }
        default: return false
        }
        return true
    }

    private mutating func sign<Delegate: HandshakeDelegate & ~Copyable>(
        _ delegate: inout Delegate, into memory: inout MutableSpan<UInt8>
    ) throws(PumpError) -> Int {
        guard let request = connection.signatureRequest else { throw .tls(.misuse(.noSignatureWanted)) }
        do throws(CryptoError) {
            return try delegate.sign(request, connection.contentToSign, into: &memory)
        } catch {
            // The peer is told with an alert, which goes out like any other.
            connection.refuseSignature(error)
            throw .signer(error)
        }
    }

    /// Reads application data.
    /// - Returns: how many bytes are at the beginning of `buffer`; 0 at the peer's close_notify, the clean end.
    /// - Throws: `.timedOut(.reading)`, or why the connection is over; `.tls(.truncated)` where the stream ended without
    ///   close_notify, so that data may be missing.
    public mutating func read(
        into buffer: inout MutableSpan<UInt8>, _ configuration: borrowing Configuration, milliseconds: Int32?
    ) throws(PumpError) -> Int {
        let deadline = Deadline.after(milliseconds: milliseconds)
        while true {
            switch turn(configuration) {
            case .applicationData: return takeApplicationData(into: &buffer)
            case .blocked(let readiness): try wait(for: readiness, deadline, .reading)
            case .peerClosed, .closed: return 0
            case .failed(let error): throw error
            case .progressed, .established, .ticket: continue
            case .wantsSignature, .wantsVerdict, .earlyData: throw .tls(.misuse(.notEstablished))
            }
        }
    }

    private mutating func takeApplicationData(into buffer: inout MutableSpan<UInt8>) -> Int {
        let count = min(connection.applicationData.count, buffer.count)
        buffer.copy(connection.applicationData.extracting(first: count), at: 0)
        connection.consumeApplicationData(count)
        return count
    }

    /// Writes all of `data`.
    /// - Throws: `.timedOut(.writing)`, when part of it may have left; or why the connection is over. Where the peer
    ///   closed its end, a `read` afterwards finds what it said before.
    public mutating func write(_ data: Span<UInt8>, milliseconds: Int32?) throws(PumpError) {
        let deadline = Deadline.after(milliseconds: milliseconds)
        var offset = 0
        while true {
            do throws(TLSError) {
                offset += try connection.write(data.extracting(offset..<data.count))
            } catch { throw .tls(error) }
            let isEmpty = try flushed()
            if let failureOfWriting { throw .transport(failureOfWriting) }
            if isEmpty, offset == data.count { return }
            if !isEmpty { try wait(for: .writable, deadline, .writing) }
        }
    }

    private mutating func flushed() throws(PumpError) -> Bool {
        do throws(TransportError) { return try flush() } catch { throw fail(with: .transport(error)) }
    }

    /// Ends the connection: sends close_notify, then reads on, and drops what it reads, until the peer's close_notify.
    /// - Parameter milliseconds: how long to wait for the peer, which need not answer (RFC 8446 §6.1).
    /// - Returns: whether the peer closed as well.
    /// - Throws: why the connection was over before, or failed meanwhile.
    public mutating func close(_ configuration: borrowing Configuration, milliseconds: Int32?) throws(PumpError) -> Bool
    {
        let deadline = Deadline.after(milliseconds: milliseconds)
        connection.close()
        var peerHasClosed = false
        while !peerHasClosed {
            switch turn(configuration) {
            case .applicationData:
                let count = connection.applicationData.count
                connection.consumeApplicationData(count)
            case .blocked(let readiness):
                if try !isReady(for: readiness, deadline) { return false }
            case .peerClosed: continue
            case .closed: peerHasClosed = true
            case .failed(let error): throw error
            default: break
            }
            if deadline.hasPassed { break }
        }
        do throws(TransportError) { try transport.finishWriting() } catch { throw .transport(error) }
        return peerHasClosed
    }

    /// Gets the alert of a failed connection to the peer: `drain`, with waiting.
    /// - Parameter milliseconds: for all of it.
    public mutating func tellFailure(milliseconds: Int32) {
        let deadline = Deadline.after(milliseconds: milliseconds)
        while !drain(), !deadline.hasPassed {
            // The first failure is the one to tell; that the alert did not get through adds nothing.
            do throws(PumpError) {
                guard try isReady(for: hasOutput ? .writable : .readable, deadline) else { return }
            } catch { return }
        }
    }

    private mutating func wait(
        for readiness: Readiness, _ deadline: Deadline, _ activity: PumpActivity
    ) throws(PumpError) {
        guard try isReady(for: readiness, deadline) else { throw .timedOut(activity) }
    }

    private mutating func isReady(for readiness: Readiness, _ deadline: Deadline) throws(PumpError) -> Bool {
        do throws(TransportError) {
            return try transport.wait(for: readiness, milliseconds: deadline.remaining)
        } catch { throw fail(with: .transport(error)) }
    }
}
