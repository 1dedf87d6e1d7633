// A serial port: what opening, reading and writing one has that is particular to it. A port can go away while it is open (a
// USB adapter that is pulled out, the other side of a pseudo-terminal that is closed); that is an end of its stream.
import Bytes
import CLinux

/// Which port, and how fast.
public struct SerialSettings: Equatable, Sendable {
    /// The device's path.
    public var path: BoundedBytes<128>
    /// Bits a second.
    public var baud: UInt32
    public var flowControl: FlowControl

    public init(_ endpoint: SerialEndpoint) {
        (path, baud, flowControl) = (endpoint.path, endpoint.baud, endpoint.flowControl)
    }

    public init(_ endpoint: LinkEndpoint) {
        (path, baud, flowControl) = (endpoint.path, endpoint.baud, endpoint.flowControl)
    }

    /// How many plaintext bytes a record should have at most that is sent over this line: a receiver can open it only when
    /// all of it is there, so a fifth of a second's worth, within what TLS allows (RFC 8449 §4, RFC 8446 §5.1).
    public var recordSize: Int { min(max(Int(baud) / 50, 512), 16_384) }
}

/// Calls on the descriptor of a serial port. Whoever opened it closes it.
enum SerialPort {
    /// Opens a port, raw and for this process alone.
    /// - Throws: `TransportError` with operation `.open`.
    static func open(_ settings: SerialSettings) throws(TransportError) -> Int32 {
        let path = settings.path.bytes
        let flow =
            switch settings.flowControl {
            case .none: SWL_FLOW_NONE
            case .rtscts: SWL_FLOW_RTSCTS
            case .xonxoff: SWL_FLOW_XONXOFF
            }
        // The call reads the path.
        let result = unsafe path.withUnsafeBufferPointer { path in
            guard let base = path.baseAddress else { return -SWL_ENOENT }
            return unsafe swl_serial_open(base, path.count, settings.baud, flow)
        }
        guard result >= 0 else { throw TransportError(.open, code: Int(result)) }
        return result
    }

    /// One read. A port that is gone is at its end.
    static func read(_ port: Int32, into buffer: inout MutableSpan<UInt8>) throws(TransportError) -> ReadOutcome {
        do throws(TransportError) {
            return try DescriptorIO.read(port, .other, into: &buffer)
        } catch {
            guard error.isPortGone else { throw error }
            return .endOfStream
        }
    }

    /// One write.
    static func write(_ port: Int32, _ bytes: Span<UInt8>) throws(TransportError) -> WriteOutcome {
        try DescriptorIO.write(port, .other, bytes)
    }

    /// How many bytes wait in the port's own queue, as far as it tells.
    static func queued(_ port: Int32) -> Int { max(Int(swl_serial_queued(port)), 0) }

    /// Whether the port has gone although nothing was read from it.
    static func isGone(_ port: Int32) -> Bool {
        let events = swl_wait(port, SWL_READABLE, 0)
        return events < 0 || events & (SWL_HANG_UP | SWL_ERROR) != 0
    }
}

extension TransportError {
    /// Whether a serial port is not there: pulled out, or not plugged in yet.
    public var isPortGone: Bool {
        guard case .system(let number) = reason else { return false }
        return number == SWL_EIO || number == SWL_ENODEV || number == SWL_ENXIO || number == SWL_ENOENT
    }
}

/// When to try again what has failed: soon, then less and less often. In whatever unit its owner counts time.
struct BackOff {
    /// No earlier than this.
    private(set) var nextAttempt: Int64 = 0
    private var pause: Int64
    private let range: ClosedRange<Int64>

    init(_ range: ClosedRange<Int64>) {
        self.range = range
        pause = range.lowerBound
    }

    mutating func noteFailure(at now: Int64) {
        nextAttempt = now + pause
        pause = min(2 * pause, range.upperBound)
    }

    /// It has worked: the next failure is the first again.
    mutating func noteSuccess() { pause = range.lowerBound }
}

/// The monotonic clock in microseconds, which the link counts in.
func microseconds() -> Int64 { swl_monotonic_nanoseconds() / 1000 }

extension Endpoint {
    /// How many plaintext bytes a record that leaves here has at most, unless told otherwise.
    public var usualRecordSize: Int {
        switch self {
        case .tcp, .unix: 16_384
        case .serial(let endpoint): SerialSettings(endpoint).recordSize
        case .link(let endpoint):
            // Half a window, so that the rest of it takes what comes while a record is answered; 512 is the least
            // (see `Limits.fragmentRange`).
            max(min(SerialSettings(endpoint).recordSize, endpoint.channelConfiguration.windowBytes / 2), 512)
        }
    }
}
