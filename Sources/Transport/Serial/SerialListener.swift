// Waiting for a connection on a serial port as it is. A line has no connect event, so what begins a connection is chosen; and
// it has no end, so where a connection failed the rest of what its peer sends is thrown away until the line is quiet.
//
// The port stays open from one connection to the next: closing it would let DTR fall, which resets many a device, and lose
// what arrives meanwhile. It is one connection's at a time. A port that goes away is looked for until it is back.
import CLinux

/// Takes connections on a serial port, one at a time.
public struct SerialListener: ~Copyable {
    /// What begins a connection.
    public enum Beginning: Sendable {
        /// That the port is there: for a side that has to speak first, or to be there when it is spoken to.
        case presence
        /// Bytes that arrive: for a TLS server, whose client speaks first.
        case bytes
    }

    private let settings: SerialSettings
    private let beginning: Beginning
    private var port: Int32 = -1
    private var isInUse = false
    /// In milliseconds, like all here: what has arrived is thrown away until nothing has for so long.
    private var quietAt: Int64 = 0
    private var beganAt: Int64 = 0
    private var reopening = BackOff(50...1000)
    private var beginningAgain = BackOff(1000...30_000)

    private static let quietTime: Int64 = 500
    /// A connection that lasted so long was none that failed at once.
    private static let soundTime: Int64 = 30_000

    /// - Throws: `TransportError` with operation `.open` where the port cannot be used; one that is not there yet is waited
    ///   for if `waits`.
    public init(_ settings: SerialSettings, _ beginning: Beginning, waits: Bool = false) throws(TransportError) {
        self.settings = settings
        self.beginning = beginning
        do throws(TransportError) {
            port = try SerialPort.open(settings)
        } catch {
            guard waits, error.isPortGone else { throw error }
            reopening.noteFailure(at: Deadline.now)
        }
    }

    deinit { if port >= 0 { _ = swl_close(port) } }

    /// Whether the port is there.
    public var isPresent: Bool { port >= 0 }
    /// Readable when `accept` may answer something; -1 where only time is to be waited for, or a connection.
    public var descriptor: Int32 { isInUse || beginning == .presence ? -1 : port }
    /// When `accept` is to be called although nothing is readable, in milliseconds; nil for never.
    public var deadline: Int64? {
        if port < 0 { return reopening.nextAttempt }
        return isInUse || beginning == .bytes ? nil : beginningAgain.nextAttempt
    }

    /// The next connection, or nil where there is none yet.
    public mutating func accept() -> SerialTransport? {
        guard !isInUse else { return nil }
        let now = Deadline.now
        guard isOpen(now), hasBegun(now) else { return nil }
        isInUse = true
        beganAt = now
        return SerialTransport(borrowing: port)
    }

    private mutating func isOpen(_ now: Int64) -> Bool {
        if port >= 0 {
            guard SerialPort.isGone(port) else { return true }
            lose(now)
            return false
        }
        guard reopening.nextAttempt <= now else { return false }
        do throws(TransportError) {
            port = try SerialPort.open(settings)
            reopening.noteSuccess()
            return true
        } catch {
            // It is tried again, for as long as it takes.
            reopening.noteFailure(at: now)
            return false
        }
    }

    private mutating func lose(_ now: Int64) {
        _ = swl_close(port)
        port = -1
        reopening.noteFailure(at: now)
    }

    private mutating func hasBegun(_ now: Int64) -> Bool {
        guard beginning == .bytes else { return beginningAgain.nextAttempt <= now }
        guard swl_wait(port, SWL_READABLE, 0) & SWL_READABLE != 0 else { return false }
        guard now < quietAt else { return true }
        _ = swl_serial_discard_input(port)
        quietAt = now + Self.quietTime
        return false
    }

    /// The connection has ended.
    /// - Parameter cleanly: whether both sides of it said so; otherwise more of it may still be on its way.
    public mutating func connectionEnded(cleanly: Bool) {
        guard isInUse else { return }
        isInUse = false
        let now = Deadline.now
        if now - beganAt >= Self.soundTime { beginningAgain.noteSuccess() }
        beginningAgain.noteFailure(at: now)
        if SerialPort.isGone(port) {
            lose(now)
        } else if !cleanly, beginning == .bytes {
            _ = swl_serial_discard_input(port)
            quietAt = now + Self.quietTime
        }
    }
}
