// Waiting for a peer to open a channel of the link.

/// Takes connections on a channel of a serial line, one at a time.
public struct LinkListener: ~Copyable {
    private let line: LineReference
    private let channel: Int
    private var isInUse = false

    /// - Throws: `TransportError` with operation `.connect`: no random numbers.
    public init(on line: LineReference, channel: Int) throws(TransportError) {
        self.line = line
        self.channel = channel
        try line.open(channel, initiates: false)
    }

    /// The line's: readable when it is to be served, and `accept` asked then. -1 while a connection does that.
    public var descriptor: Int32 { isInUse ? -1 : line.descriptor }

    /// Does what there is to do on the line.
    public func service() { line.service() }

    /// The next connection, or nil where there is none yet.
    /// - Throws: `TransportError` with operation `.connect`.
    public mutating func accept() throws(TransportError) -> LinkTransport? {
        guard !isInUse else { return nil }
        switch line.status(channel) {
        case .opening: return nil
        case .closed, .ended:
            try line.open(channel, initiates: false)
            return nil
        case .established:
            isInUse = true
            return LinkTransport(adopting: line, channel: channel)
        }
    }

    /// The connection has ended.
    public mutating func connectionEnded() {
        isInUse = false
        // A peer that comes at once is not to find the channel closed. What fails now is tried again by `accept`.
        do throws(TransportError) { _ = try accept() } catch { return }
    }
}
