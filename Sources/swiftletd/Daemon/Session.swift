// One tunnelled connection: a stream that speaks TLS, a plain stream, and the `Connection` between them. Either is a socket, a
// serial port or a channel of the link.
//
//     server: accept TLS -> handshake -> connect to the plain side -> carry
//             (with early data: accept TLS -> handshake as far as those -> connect to the plain side -> carry and finish it)
//     client: accept plain -> connect to the TLS server -> handshake -> carry
//
// Each phase has a file: SessionConnecting, SessionDialogue (STARTTLS before the handshake, a greeting after it),
// SessionHandshake, SessionCarriage, SessionEnding.
//
// Invariants:
// - the plain side of a server is connected only after the handshake, so nobody reaches it without having been verified;
//   but where the tunnel takes early data, once these have come: whoever made them was verified when the ticket was given;
// - bytes are read only when there is room for them on the other side: what is in flight is the connection's two record
//   buffers and never more;
// - a stream that ends without close_notify, or breaks off, is reset on the other side and never ended cleanly.
import Bytes
import CLinux
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
    var generation: Int
    /// Who connected.
    let peer: SocketAddress?
    /// What is said in the phases `upgrading` and `introducing`.
    var dialogue: SMTPDialogue?
    /// How it ended, once it has.
    var ending: Ending?
    /// Whether close_notify has been queued.
    var hasClosed = false
    /// Whether the loop has told how the session ended.
    var isLogged = false
    /// Bytes carried from the TLS peer and to it.
    var received: UInt64 = 0
    var sent: UInt64 = 0
    /// When bytes last moved, or the phase began, in milliseconds.
    var lastProgress: Int64
    private let began: Int64
    /// The answer of a token that the handshake waits for; 0 for none.
    var awaitedSignature: UInt64 = 0
    /// Which address of `connect` is tried next, and when; an attempt may have to wait for a full queue.
    var attempt = 0
    var retryAt: Int64 = .max

    /// How long, in milliseconds, the peer is listened to after an alert, and a full queue is waited for.
    private static let lingerTime: Int64 = 2000
    /// How long, in milliseconds, a serial line may take for what was written last, and its peer to answer close_notify.
    private static let closingTime: Int64 = 10_000
    static let retryTime: Int64 = 50

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
}
