// The log: one line on standard error for each event, with the tunnel and the peer. What came from a peer is escaped and
// cut (see Message), and nothing secret is ever in it.
import Bytes
import CLinux
import TLS
import Transport

/// Writes the log.
enum Log {
    /// A line about the daemon.
    static func write(_ text: StaticString) {
        var line = Message("swiftletd: ")
        line.add(text)
        line.writeError()
    }

    /// A line about the daemon.
    static func write(_ message: borrowing Message) {
        var line = Message("swiftletd: ")
        line.add(message)
        line.writeError()
    }

    /// A warning.
    static func warn(_ warning: Message) {
        var line = Message("warning: ")
        line.add(warning)
        write(line)
    }

    /// The beginning of a line about a tunnel, and about a peer where there is one.
    static func begin(_ settings: TunnelSettings, _ peer: SocketAddress?) -> Message {
        var line = Message("tunnel ")
        line.add(escaped: settings.name.bytes)
        line.add(": ")
        guard let peer else { return line }
        line.add("peer ")
        line.add(peer)
        line.add(": ")
        return line
    }

    /// A serial port went away, or came back.
    static func writePort(_ path: BoundedBytes<128>, isPresent: Bool) {
        var line = Message()
        line.add(escaped: path.bytes)
        line.add(
            isPresent ? ": the serial port is there" : ": the serial port has gone; it is looked for until it is back")
        write(line)
    }

    /// A connection has been refused.
    static func writeRefused(_ settings: TunnelSettings, _ peer: SocketAddress?) {
        var line = begin(settings, peer)
        if settings.connect.isSerial {
            line.add("refused: the serial line carries one connection at a time")
        } else {
            line.add("refused: all ")
            line.add(settings.connections)
            line.add(" connections are in use; raise connections")
        }
        write(line)
    }

    /// A handshake is over.
    static func writeEstablished(_ session: borrowing Session, _ settings: TunnelSettings) {
        let negotiated = session.connection.negotiated
        var line = begin(settings, session.peer)
        line.add("established: ")
        line.add(negotiated.version.name ?? "TLS")
        if let name = negotiated.cipherSuite?.name {
            line.add(", ")
            line.add(name)
        }
        if let name = negotiated.group?.name {
            line.add(", ")
            line.add(name)
        }
        line.add(negotiated.peerIsAuthenticated ? ", peer authenticated" : ", peer without certificate")
        if negotiated.resumed { line.add(", resumed") }
        if negotiated.earlyData == .accepted { line.add(", early data") }
        if negotiated.version == .tls12, !negotiated.extendedMasterSecret {
            line.add(", without extended master secret")
        }
        write(line)
    }

    /// A session has ended.
    static func writeEnded(_ session: borrowing Session, _ settings: TunnelSettings) {
        guard let ending = session.ending else { return }
        var line = begin(settings, session.peer)
        line.add(ending)
        line.add("; received ")
        line.add(Int(truncatingIfNeeded: session.received))
        line.add(" bytes, sent ")
        line.add(Int(truncatingIfNeeded: session.sent))
        write(line)
    }
}
