// A relay carries bytes between a plain stream and a TLS connection, both ways at once, in fixed memory: what arrives
// over TLS is written from where it was opened; what is read from the plain side is sealed at once. Either side reads no
// faster than the other writes, and each way ends by itself: the end of the plain stream becomes close_notify, and
// close_notify (nothing else) becomes the end of the plain stream (RFC 8446 §6.1).
import Bytes
import TLS

/// Why a relay stopped.
public enum RelayError: Error, Equatable, Sendable {
    /// The TLS side.
    case tls(PumpError)
    /// The plain side.
    case plain(TransportError)
}

/// What a turn of a relay came to.
public enum RelayTurn: Equatable, Sendable {
    /// Bytes moved, or may at once: take another turn, when the others have had theirs.
    case progressed
    /// Nothing more happens before one of the streams is ready; nil waits for nothing on that stream.
    case blocked(plain: Readiness?, tls: Readiness?)
    /// Both ways have ended properly and everything has been delivered.
    case finished
    /// It is over. Take down both streams; `Pump.tellFailure` gets the alert out in a program that may wait.
    case failed(RelayError)
}

/// How far a relay has come.
public struct RelayState: Equatable, Sendable {
    /// Bytes taken from the plain stream and sealed.
    public internal(set) var bytesSent = 0
    /// Bytes that arrived over TLS and were delivered.
    public internal(set) var bytesReceived = 0
    /// The plain stream has ended and close_notify follows what it said.
    public internal(set) var plainHasEnded = false
    /// The peer has closed, and the plain stream has been told.
    public internal(set) var peerHasClosed = false

    public init() {}
}

extension Pump where Stream: ~Copyable {
    /// Moves what can be moved either way without blocking. For connections whose handshake is over.
    /// - Parameters:
    ///   - plain: the other stream.
    ///   - state: of this relay, kept by the caller.
    ///   - configuration: the connection's.
    ///   - scratch: memory that nothing is kept in between turns; 4 to 16 KiB are sensible. One serves all relays.
    public mutating func relay<Plain: Transport & ~Copyable>(
        _ plain: inout Plain, _ state: inout RelayState, _ configuration: borrowing Configuration,
        scratch: inout MutableSpan<UInt8>
    ) -> RelayTurn {
        do throws(RelayError) {
            var waits = RelayWaits()
            if try deliver(&plain, &state, configuration, &waits) { return .finished }
            if !state.plainHasEnded { try collect(&plain, &state, &scratch, &waits) }
            return waits.hasMoved ? .progressed : .blocked(plain: waits.plain, tls: waits.tls)
        } catch {
            return .failed(error)
        }
    }

    /// TLS to plain.
    /// - Returns: whether everything is over.
    private mutating func deliver<Plain: Transport & ~Copyable>(
        _ plain: inout Plain, _ state: inout RelayState, _ configuration: borrowing Configuration,
        _ waits: inout RelayWaits
    ) throws(RelayError) -> Bool {
        switch turn(configuration) {
        case .progressed, .established, .ticket: waits.hasMoved = true
        case .blocked(let readiness): waits.tls = readiness
        case .applicationData:
            let outcome: WriteOutcome
            do throws(TransportError) {
                outcome = try plain.write(connection.applicationData)
            } catch { throw .plain(error) }
            guard case .bytes(let count) = outcome else {
                waits.plain = .writable
                if hasOutput { waits.tls = .writable }
                break
            }
            connection.consumeApplicationData(count)
            state.bytesReceived &+= count
            waits.hasMoved = true
        case .peerClosed: try passEnd(to: &plain, &state, &waits)
        case .closed:
            try passEnd(to: &plain, &state, &waits)
            return true
        case .failed(let error): throw .tls(error)
        case .wantsSignature, .wantsVerdict, .earlyData: throw .tls(.tls(.misuse(.notEstablished)))
        }
        return false
    }

    private func passEnd<Plain: Transport & ~Copyable>(
        to plain: inout Plain, _ state: inout RelayState, _ waits: inout RelayWaits
    ) throws(RelayError) {
        guard !state.peerHasClosed else { return }
        state.peerHasClosed = true
        waits.hasMoved = true
        do throws(TransportError) { try plain.finishWriting() } catch { throw .plain(error) }
    }

    /// Plain to TLS: no more than can be sealed at once, so that nothing has to be kept.
    private mutating func collect<Plain: Transport & ~Copyable>(
        _ plain: inout Plain, _ state: inout RelayState, _ scratch: inout MutableSpan<UInt8>,
        _ waits: inout RelayWaits
    ) throws(RelayError) {
        let room = min(connection.writeCapacity, scratch.count)
        guard room > 0 else {
            waits.tls = waits.tls == .readable || waits.tls == .either ? .either : .writable
            return
        }
        var piece = scratch._mutatingExtracting(0..<room)
        let outcome: ReadOutcome
        do throws(TransportError) { outcome = try plain.read(into: &piece) } catch { throw .plain(error) }
        switch outcome {
        case .bytes(let count):
            do throws(TLSError) {
                // Takes them all: that is what `writeCapacity` says.
                state.bytesSent &+= try connection.write(piece.span.extracting(first: count))
            } catch { throw .tls(.tls(error)) }
            waits.hasMoved = true
        case .endOfStream:
            state.plainHasEnded = true
            connection.close()
            waits.hasMoved = true
        case .wouldBlock:
            waits.plain = waits.plain == .writable ? .either : .readable
            return
        }
        do throws(TransportError) { _ = try flush() } catch { throw .tls(fail(with: .transport(error))) }
    }
}

/// What a turn of a relay found to wait for.
private struct RelayWaits {
    var plain: Readiness?
    var tls: Readiness?
    var hasMoved = false
}

extension Pump where Stream: DescriptorTransport & ~Copyable {
    /// Relays until both ways have ended, waiting in between.
    /// - Parameters:
    ///   - plain: the other stream.
    ///   - state: of this relay; afterwards, what was moved.
    ///   - configuration: the connection's.
    ///   - scratch: as for `relay`.
    ///   - linger: once the plain stream has ended, how many milliseconds of silence are borne until the peer closes too.
    ///     nil is without limit.
    /// - Returns: whether the peer closed as well.
    /// - Throws: why one of the streams is over.
    public mutating func relayToEnd<Plain: DescriptorTransport & ~Copyable>(
        _ plain: inout Plain, _ state: inout RelayState, _ configuration: borrowing Configuration,
        scratch: inout MutableSpan<UInt8>, linger: Int32?
    ) throws(RelayError) -> Bool {
        var deadline = Deadline.never
        while true {
            switch relay(&plain, &state, configuration, scratch: &scratch) {
            case .progressed:
                if state.plainHasEnded { deadline = .after(milliseconds: linger) }
            case .blocked(let plainReadiness, let tlsReadiness):
                guard try wait(plain, plainReadiness, tlsReadiness, deadline) else { return false }
            case .finished: return true
            case .failed(let error): throw error
            }
        }
    }

    private func wait<Plain: DescriptorTransport & ~Copyable>(
        _ plain: borrowing Plain, _ plainReadiness: Readiness?, _ tlsReadiness: Readiness?, _ deadline: Deadline
    ) throws(RelayError) -> Bool {
        do throws(TransportError) {
            return try DescriptorIO.wait(
                for: [
                    DescriptorIO.entry(plainReadiness?.wantsReading == true ? plain.readingDescriptor : -1, .readable),
                    DescriptorIO.entry(plainReadiness?.wantsWriting == true ? plain.writingDescriptor : -1, .writable),
                    DescriptorIO.entry(
                        tlsReadiness?.wantsReading == true ? transport.readingDescriptor : -1, .readable),
                    DescriptorIO.entry(
                        tlsReadiness?.wantsWriting == true ? transport.writingDescriptor : -1, .writable),
                ], by: deadline)
        } catch { throw .tls(.transport(error)) }
    }
}
