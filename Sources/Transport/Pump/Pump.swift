// The pump drives a TLS connection over a transport. It has two forms over the same parts:
// - `turn` never blocks: it moves what can be moved and says what happened or what it waits for. An epoll loop lives on it;
// - `handshake`, `read`, `write`, `close` (Pump+Blocking.swift) wait, each within a time.
//
// Invariants:
// - in a handshake bytes are written only where the connection says so, so a flight leaves in one write
//   (RFC 8446 says nothing of flights and writes, but one packet less is one round of a slow line less);
// - what is in the output goes out even when the connection has failed: it is the alert (RFC 8446 §6.2);
// - where the peer closes its end on our write, what it had said before is still read: as a rule it is an alert, and
//   better news than the broken pipe;
// - an end of the stream without close_notify is the connection's `.truncated`, never an end of data (§6.1).
import Bytes
import TLS

/// What a turn of a pump came to.
public enum Turn: Equatable, Sendable {
    /// Something happened and more may at once: take another turn. A loop with many connections serves others first.
    case progressed
    /// Nothing more happens before the transport is ready.
    case blocked(Readiness)
    /// Answer with `connection.supplySignature`: see `connection.signatureRequest` and `contentToSign`.
    case wantsSignature
    /// Answer with `connection.supplyVerdict`: see `connection.peerCertificates` and `peerRawPublicKey`.
    case wantsVerdict
    /// The handshake is over; said once. `connection.releaseWorkspace` may be called.
    case established
    /// Server: there is `connection.earlyData`, in a handshake that is not over; consume it and go on.
    case earlyData
    /// There is `connection.applicationData`; consume it to get more. Output may be waiting too: see `hasOutput`.
    case applicationData
    /// A ticket has come: `connection.takeSession`, or go on.
    case ticket
    /// The peer sends nothing more; all that we wrote has left.
    case peerClosed
    /// Both sides have closed, and everything has left.
    case closed
    /// It is over. Said again by every further turn.
    case failed(PumpError)
}

/// A TLS connection and the transport that it runs over.
public struct Pump<Stream: Transport & ~Copyable>: ~Copyable {
    /// The connection.
    public var connection: Connection
    /// The transport.
    public var transport: Stream
    private var failure: PumpError?
    /// The peer closed its end while we were writing. Nothing can be sent any more.
    private var brokenOff: TransportError?
    private var inputHasEnded = false
    private var toldPeerClosed = false

    /// A pump for a connection that has not begun, over a transport that is connected.
    public init(_ connection: consuming Connection, over transport: consuming Stream) {
        self.connection = connection
        self.transport = transport
    }

    /// Whether bytes wait to be taken by the transport: wait for it to be writable, besides whatever else.
    public var hasOutput: Bool { !connection.output.isEmpty }

    /// Moves what can be moved without blocking, up to the next thing that the caller should know.
    /// - Parameter configuration: the connection's, the same each time.
    public mutating func turn(_ configuration: borrowing Configuration) -> Turn {
        if let failure { return .failed(failure) }
        do throws(TransportError) {
            return try turnUntilEvent(configuration)
        } catch {
            failure = .transport(error)
            return .failed(.transport(error))
        }
    }

    private mutating func turnUntilEvent(_ configuration: borrowing Configuration) throws(TransportError) -> Turn {
        // What the application wrote leaves whatever the step has to say; a handshake says itself when its flight is whole.
        if connection.isEstablished { _ = try flush() }
        while true {
            switch connection.step(configuration) {
            case .progressed: return .progressed
            case .needsInput:
                if try !fill() { return .blocked(.readable) }
            case .hasOutput:
                if try flush() { continue }
                // A peer that writes and does not read, like us, must not wait for us for ever: read meanwhile.
                guard connection.isEstablished, !inputHasEnded, !toldPeerClosed else { return .blocked(.writable) }
                if try !fill() { return .blocked(.either) }
            case .wantsSignature: return .wantsSignature
            case .wantsVerdict: return .wantsVerdict
            case .established: return .established
            case .earlyData: return .earlyData
            case .applicationData: return .applicationData
            case .ticket: return .ticket
            case .peerClosed: return try peerClosed()
            case .closed: return .closed
            case .failed(let error): return fail(error)
            }
        }
    }

    /// Said at once, so that the application can close the other way; then again only when everything has left.
    private mutating func peerClosed() throws(TransportError) -> Turn {
        guard toldPeerClosed else {
            toldPeerClosed = true
            return .peerClosed
        }
        guard try flush() else { return .blocked(.writable) }
        // Nothing more can be heard that would say why.
        if let brokenOff { throw brokenOff }
        return .peerClosed
    }

    private mutating func fail(_ error: TLSError) -> Turn {
        // As much of the alert as goes now: `tellFailure` waits for more.
        do throws(TransportError) { _ = try flush() } catch { dropOutput() }
        var reason = PumpError.tls(error)
        // The truncation is only what the broken write looks like from the other side.
        if error == .truncated, let brokenOff, !brokenOff.isOfPeerLeft { reason = .transport(brokenOff) }
        failure = reason
        return .failed(reason)
    }

    /// Sends what is in the connection's output.
    /// - Returns: whether everything has left; false where it would block.
    /// - Throws: any failure but the peer's closed end, which is kept for later.
    public mutating func flush() throws(TransportError) -> Bool {
        while !connection.output.isEmpty {
            if brokenOff != nil {
                dropOutput()
                return true
            }
            do throws(TransportError) {
                guard try Self.writeOnce(&connection, &transport) else { return false }
            } catch {
                guard error.isBrokenOff else { throw error }
                // A ticket that does not reach a peer that has gone is not missed.
                if connection.outputIsExpendable { dropOutput() } else { brokenOff = error }
            }
        }
        return true
    }

    /// One step of taking a failed connection down, without blocking: sends the alert that is left, says that nothing
    /// follows, and drops what the peer still sends. A socket that is closed while unread bytes wait in it is reset, and
    /// the peer may then lose what we sent last.
    /// - Returns: whether nothing is left to do; otherwise wait, not for ever, for the transport to be writable where
    ///   `hasOutput`, else readable, and call again.
    public mutating func drain() -> Bool {
        do throws(TransportError) {
            guard try flush() else { return false }
            try transport.finishWriting()
            var memory = InlineArray<512, UInt8>(repeating: 0)
            for _ in 0..<Self.drainedAtOnce {
                var span = memory.mutableSpan
                switch try transport.read(into: &span) {
                case .bytes: continue
                case .endOfStream: return true
                case .wouldBlock: return false
                }
            }
            return false
        } catch {
            return true
        }
    }

    /// Reads that one `drain` makes, so that a peer that floods does not hold up a loop.
    private static var drainedAtOnce: Int { 32 }

    private mutating func dropOutput() {
        let count = connection.output.count
        connection.consumeOutput(count)
    }

    /// Reads once.
    /// - Returns: whether anything came of it; false where it would block.
    private mutating func fill() throws(TransportError) -> Bool {
        switch try Self.readOnce(&connection, &transport) {
        // A connection that needs input has room for some; this only keeps a fault there from turning into a busy loop.
        case .bytes(0): throw TransportError(.read, .unusable(.noRoom))
        case .bytes(let count): connection.didReceive(count)
        case .wouldBlock: return false
        case .endOfStream:
            inputHasEnded = true
            connection.receiveEndOfStream()
        }
        return true
    }

    // Two parameters, because a span of `self.connection` holds all of `self`.

    private static func readOnce(
        _ connection: inout Connection, _ transport: inout Stream
    ) throws(TransportError) -> ReadOutcome {
        var space = connection.receiveSpace
        return try transport.read(into: &space)
    }

    private static func writeOnce(
        _ connection: inout Connection, _ transport: inout Stream
    ) throws(TransportError) -> Bool {
        guard case .bytes(let count) = try transport.write(connection.output) else { return false }
        connection.consumeOutput(count)
        return true
    }

    /// The broken write, for `write` to report.
    var failureOfWriting: TransportError? { brokenOff }

    /// Remembers a failure that is not the connection's.
    mutating func fail(with error: PumpError) -> PumpError {
        if let failure { return failure }
        failure = error
        return error
    }
}
