// Resumption by a tunnel (RFC 8446 §2.2): a server tunnel issues tickets, a client tunnel keeps the last session that its
// server gave it. Nothing of this is ever written to a disk: a restart begins with full handshakes.
//
// A server tunnel that is told to takes early data with its tickets (§2.3, §8): each ClientHello once, and none for twenty
// seconds after the start, when those that were taken before are not known.
//
// Invariants:
// - the keys of tickets and the kept session are in memory of the tunnel's own, taken at start and wiped at the end;
// - a ticket is bound to the name of its tunnel, and each tunnel has its own keys;
// - a tunnel whose identity was replaced has new keys of tickets and no kept session: whoever connects sees the new identity;
// - a session is offered once (Appendix C.4), so one that a server chokes on costs one connection and not the next.
import Bytes
import CLinux
import TLS
import Transport
import X509

/// Memory for the session of a client tunnel.
struct KeptSession: ~Copyable {
    private var memory: Region
    private var count = 0

    /// - Parameter bytes: room; 0 keeps nothing.
    init(bytes: Int) { memory = lastingRegion(bytes) }

    /// Forgets the session: what we show, or what we trust, is another.
    mutating func forget() {
        memory.wipe()
        count = 0
    }

    /// Takes the session that has just come, in place of the one before.
    mutating func take(from connection: inout Connection) {
        forget()
        var length = 0
        do throws(TLSError) {
            var target = memory.mutableBytes
            length = try connection.takeSession(into: &target)
        } catch {
            // Without a session there is a full handshake, and the connection that brought this one goes on.
            memory.wipe()
        }
        count = length
    }

    /// Offers the session, if there is one, and forgets it. Before the first step of `connection`.
    mutating func offer(
        to connection: inout Connection, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard count > 0 else { return }
        defer { forget() }
        _ = try connection.offerSession(memory.bytes.extracting(0..<count), configuration)
    }
}

extension TunnelSettings {
    /// How many ClientHellos with early data are taken within twenty seconds; more are refused theirs.
    private static var earlyHellos: Int { 1024 }
    /// The early data of one connection, in bytes: a full record.
    fileprivate static var earlyDataSize: UInt32 { 16_384 }

    /// The memory that tells early data that come again.
    fileprivate var replayBytes: Int { unsafeEarlyData ? ReplayWindow.memoryBytes(entries: Self.earlyHellos) : 0 }

    /// The memory that resumption takes, of all connections together.
    var resumptionBytes: Int { role == .server ? TicketKeys.memoryBytes + replayBytes : Limits.session }
}

extension TunnelMaterial {
    /// Begins to issue tickets, where the tunnel is a server.
    mutating func issueTickets(
        _ settings: TunnelSettings, _ memory: inout MaterialMemory, at time: CurrentTime
    ) throws(ConfigurationError) {
        guard settings.role == .server else { return }
        configuration.tickets = TicketKeys(in: try memory.region(TicketKeys.memoryBytes))
        do throws(TLSError) {
            try configuration.tickets.enable(context: settings.name.bytes, at: time)
        } catch {
            throw ConfigurationError(0, "cannot make a key for tickets: the random source failed")
        }
        guard settings.unsafeEarlyData else { return }
        configuration.unsafeEarlyData = ReplayWindow(in: try memory.region(settings.replayBytes))
        takeEarlyData(settings, at: time)
    }

    /// Begins to take early data, where the tunnel is to and has not: without a time nothing can be told to be new.
    mutating func takeEarlyData(_ settings: TunnelSettings, at time: CurrentTime) {
        guard settings.unsafeEarlyData, !configuration.unsafeEarlyData.isEnabled, case .known = time else { return }
        // It has its memory and its time, which is all that it needs; without it early data are refused.
        try? configuration.unsafeEarlyData.enable(maximumSize: TunnelSettings.earlyDataSize, at: time)
    }
}

extension EventLoop {
    /// Milliseconds from one look at the age of the keys to the next. A key is replaced when it is an hour old by the
    /// clock that tickets are judged by, which may be set meanwhile.
    private static var ticketPace: Int64 { 300_000 }

    /// Sees to it that the keys of tickets are looked at again, where there are any.
    mutating func scheduleRotation(at now: Int64) {
        for index in 0..<tunnels.capacity where tunnels[index].material.configuration.tickets.isEnabled {
            rotateAt = now + Self.ticketPace
        }
        timers.schedule(rotateAt)
    }

    /// Replaces keys that are an hour old.
    mutating func rotateTicketKeys(now: Int64) {
        for index in 0..<tunnels.capacity {
            // The clock may have been set meanwhile.
            tunnels[index].material.takeEarlyData(tunnels[index].settings, at: time)
            do throws(TLSError) {
                try tunnels[index].material.configuration.tickets.rotate(at: time)
            } catch {
                var line = Log.begin(tunnels[index].settings, nil)
                line.add("cannot make a new key for tickets, the one before stays in use: the random source failed")
                Log.write(line)
            }
        }
        scheduleRotation(at: now)
    }
}
