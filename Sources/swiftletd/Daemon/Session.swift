// One tunnelled connection: a stream that speaks TLS, a plain stream, and the `Connection` between them. Either is a socket, a
// serial port or a channel of the link.
//
//     server: accept TLS -> handshake -> connect to the plain side -> carry
//             (with early data: accept TLS -> handshake as far as those -> connect to the plain side -> carry and finish it)
//     client: accept plain -> connect to the TLS server -> handshake -> carry
//
// Where a tunnel's protocol is SMTP, STARTTLS comes before the handshake and a greeting after it: see SessionDialogue.
//
// Invariants:
// - the plain side of a server is connected only after the handshake, so nobody reaches it without having been verified;
//   but where the tunnel takes early data, once these have come: whoever made them was verified when the ticket was given;
// - bytes are read only when there is room for them on the other side: what is in flight is the connection's two record
//   buffers and never more;
// - a stream that ends without close_notify, or breaks off, is reset on the other side and never ended cleanly.
import Bytes
import CLinux
import Provisioning
import TLS
import TLSCrypto
import Transport
import X509

/// One tunnelled connection.
struct Session: ~Copyable {
    /// How far it has come.
    enum Phase: Equatable {
        /// Client: on the way to the TLS server.
        case connectingTLS
        /// The words of another protocol that come before TLS.
        case upgrading
        case handshaking
        /// Server: on the way to the plain side.
        case connectingPlain
        /// The words of that protocol with which the plain side begins.
        case introducing
        case carrying
        /// It is over, but what the TLS peer still sends is thrown away for a moment, so that our last alert is not
        /// overtaken by a reset.
        case lingering
        /// Both streams have ended; a channel of the link still delivers what was written last.
        case closing
        case over
    }

    /// What the loop has to do with a session next.
    enum Outcome {
        /// Nothing until there is an event.
        case waits
        /// Call again; others come first.
        case again
        /// It is over: take it away.
        case over
    }

    var connection: Connection
    var tls: Side
    var plain: Side
    var phase: Phase
    /// The number of the session, of its tunnel, and of the workspace that its handshake borrows (-1: none).
    let number: Int
    let tunnel: Int
    var workspace: Int
    /// The generation of the tunnel's material that the handshake uses.
    private(set) var generation: Int
    /// Who connected.
    let peer: SocketAddress?
    /// What is said in the phases `upgrading` and `introducing`.
    var dialogue: SMTPDialogue?
    /// How it ended, once it has.
    private(set) var ending: Ending?
    /// Whether close_notify has been queued.
    private(set) var hasClosed = false
    /// Whether the loop has told how the session ended.
    var isLogged = false
    /// Bytes carried from the TLS peer and to it.
    var received: UInt64 = 0
    var sent: UInt64 = 0
    /// When bytes last moved, or the phase began, in milliseconds.
    var lastProgress: Int64
    private let began: Int64
    /// The answer of a token that the handshake waits for; 0 for none.
    private(set) var awaitedSignature: UInt64 = 0
    /// Which address of `connect` is tried next, and when; an attempt may have to wait for a full queue.
    private var attempt = 0
    private var retryAt: Int64 = .max

    /// How long, in milliseconds, the peer is listened to after an alert, and a full queue is waited for.
    private static let lingerTime: Int64 = 2000
    /// How long, in milliseconds, a serial line may take for what was written last, and its peer to answer close_notify.
    private static let closingTime: Int64 = 10_000
    private static let retryTime: Int64 = 50

    init(
        _ connection: consuming Connection, accepted: consuming EndpointTransport, _ settings: TunnelSettings,
        number: Int, tunnel: Int, generation: Int, workspace: Int, now: Int64
    ) {
        let isServer = connection.role == .server
        self.connection = connection
        phase = isServer ? .handshaking : .connectingTLS
        var side = Side(accepted)
        peer = side.peerAddress
        side.setKeepAlive()
        if isServer {
            tls = side
            plain = Side()
        } else {
            tls = Side()
            plain = side
        }
        self.number = number
        self.tunnel = tunnel
        self.workspace = workspace
        self.generation = generation
        began = now
        lastProgress = now
        if isServer, settings.startTLS == .smtp { begin(.offerTLS, settings) }
    }

    /// Whether it has bytes to carry, rather than a handshake to make: such sessions come first.
    var carries: Bool { phase == .carrying || phase == .lingering || phase == .closing || phase == .over }

    /// Server: whether early data are carried, or about to be, while the end of the handshake has yet to come.
    var isInEarlyData: Bool {
        (phase == .connectingPlain || phase == .carrying) && ending == nil && !connection.isEstablished
    }

    /// When its time is up, in milliseconds; `.max` is never.
    func deadline(_ settings: TunnelSettings) -> Int64 {
        switch phase {
        case .connectingTLS, .upgrading, .handshaking, .connectingPlain, .introducing:
            return Swift.min(retryAt, began + Int64(settings.handshakeTimeout) * 1000)
        // It holds the workspace of a handshake.
        case .carrying where isInEarlyData: return began + Int64(settings.handshakeTimeout) * 1000
        case .carrying where hasClosed && !tls.halfCloses: return lastProgress + Self.closingTime
        case .carrying: return settings.idleTimeout == 0 ? .max : lastProgress + Int64(settings.idleTimeout) * 1000
        case .closing: return lastProgress + Self.closingTime
        case .lingering: return lastProgress + Self.lingerTime
        case .over: return lastProgress
        }
    }

    /// Its time is up.
    mutating func expire(at now: Int64) {
        if retryAt <= now {
            retryAt = .max
            return
        }
        switch phase {
        case .connectingTLS, .upgrading, .handshaking, .connectingPlain, .introducing: end(.handshakeTimeout)
        case .carrying where isInEarlyData: end(.handshakeTimeout)
        case .carrying: end(hasClosed && !tls.halfCloses ? .closeTimeout : .idleTimeout)
        case .lingering: finish()
        case .closing: breakOff()
        case .over: break
        }
    }

    /// Takes note of what epoll told of one of the sockets.
    mutating func note(_ event: Event) {
        if case .tls = event.watched { tls.note(event) } else { plain.note(event) }
        // What came before a reset can still be read, so a broken stream is found by reading; but where nothing can be
        // read because the other side takes nothing, it would never be found.
        guard event.isBroken, phase == .carrying else { return }
        if case .tls = event.watched {
            if !connection.applicationData.isEmpty { end(.tlsBroken(Self.error(of: tls.descriptor))) }
        } else {
            if !connection.output.isEmpty { end(.plainBroken(Self.error(of: plain.descriptor))) }
        }
    }

    /// Takes note of news of a serial line.
    /// - Returns: whether it concerns this session.
    mutating func noteLine() -> Bool {
        let isTLS = tls.noteLine()
        return plain.noteLine() || isTLS
    }

    private static func error(of descriptor: Int32) -> TransportError {
        TransportError(.read, .system(Swift.max(-swl_connect_result(descriptor), SWL_ECONNRESET)))
    }

    /// Goes on as far as is fair.
    mutating func run(_ tunnel: inout Tunnel, _ scratch: inout Region, now: Int64) -> Outcome {
        switch phase {
        case .connectingTLS, .connectingPlain: return connect(&tunnel, now: now)
        case .upgrading, .introducing: return talk(&tunnel, now: now)
        case .handshaking: return stepHandshake(&tunnel, now: now)
        case .carrying: return carry(&tunnel, &scratch, now: now)
        case .lingering: return linger(&scratch)
        case .closing: return finish()
        case .over: return .over
        }
    }

    // Connecting

    private mutating func connect(_ tunnel: inout Tunnel, now: Int64) -> Outcome {
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

    // Ending

    /// Makes an end of the session, for a reason that is logged.
    @discardableResult
    mutating func end(_ ending: Ending) -> Outcome {
        guard phase != .over, self.ending == nil else { return phase == .over ? .over : .waits }
        self.ending = ending
        if ending.isClean { return finish() }
        plain.reset()
        if ending.isToldToPeer, tls.isOpen {
            phase = .lingering
            return .again
        }
        // After close_notify the end is clean for the TLS peer, whatever happened to the other direction.
        if !(hasClosed && ending == .stopped) { tls.reset() }
        return finish()
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

    /// Queues close_notify: the plain side has ended, or the daemon is about to.
    mutating func close() {
        hasClosed = true
        connection.close()
    }

    /// Gets the alert out, says that nothing follows, and waits for the peer to go.
    private mutating func linger(_ scratch: inout Region) -> Outcome {
        var space = scratch.mutableBytes
        do throws(TransportError) {
            _ = try flush()
            if connection.output.isEmpty { try tls.finishWriting() }
            // A peer that goes on sending is cut off by the deadline; what one turn reads is bounded.
            switch try tls.read(into: &space) {
            case .bytes: return .again
            case .wouldBlock: return .waits
            case .endOfStream: return finish()
            }
        } catch {
            return finish()
        }
    }

    @discardableResult
    private mutating func finish() -> Outcome {
        if phase == .closing {
            plain.closeIfOver()
            tls.closeIfOver()
        } else {
            phase = .closing
            plain.finish()
            tls.finish()
        }
        guard !plain.isOpen, !tls.isOpen else { return .waits }
        phase = .over
        return .over
    }

    /// What is left of the streams has taken too long.
    private mutating func breakOff() {
        plain.reset()
        tls.reset()
        phase = .over
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
}
