// A line is shared by its channels' streams, and a noncopyable value has one owner: so it lives in memory that is never
// given back, and this names it. The only file of the folder that computes an address.
//
// Invariant: one thread uses a line, and no call of it is made within another.
import Bytes
import CLinux

/// A serial line that carries the link's channels, and lives until the process ends.
@safe public struct LineReference {
    private let line: UnsafeMutablePointer<LinkLine>

    /// What the link is told of a line and its channels.
    private static func configuration(
        _ settings: SerialSettings, _ channels: Span<ChannelConfiguration>
    ) -> LinkConfiguration {
        var frame = 0
        for index in channels.indices { frame = max(frame, channels[index].frame) }
        var configuration = LinkConfiguration(baud: settings.baud, channels: channels.count, frame: frame)
        if settings.flowControl == .xonxoff { configuration.characterMap = LinkConfiguration.xonxoff }
        return configuration
    }

    /// Bytes of memory that a line with these channels takes.
    public static func memoryBytes(_ settings: SerialSettings, _ channels: Span<ChannelConfiguration>) -> Int {
        var bytes = configuration(settings, channels).memoryBytes + LinkLine.memoryBytes
        for index in channels.indices { bytes += channels[index].memoryBytes }
        return bytes
    }

    /// Makes a line and its channels, in the order in which they are numbered from 0. The port is not opened yet.
    /// - Parameter memory: of it `memoryBytes` are taken, and must never be used for anything else again.
    /// - Throws: `TransportError` with operation `.open`: the system has no descriptors left, or the memory is too small.
    public init(
        _ settings: SerialSettings, _ channels: Span<ChannelConfiguration>, memory: inout Arena
    ) throws(TransportError) {
        let configuration = Self.configuration(settings, channels)
        let link = try Self.link(configuration, channels, &memory)
        let staging = try Self.take(LinkLine.stagingBytes, &memory)
        let made = try LinkLine(settings, configuration, link, channels: channels.count, staging: staging)
        let place = try Self.take(MemoryLayout<LinkLine>.stride, &memory)
        // A region's address is a multiple of 16. The region ends here, wiped; its memory is the line's from now on.
        let address = unsafe place.unsafeAddress.bindMemory(to: LinkLine.self, capacity: 1)
        _ = consume place
        // The place is empty, and large enough for a line.
        unsafe address.initialize(to: made)
        unsafe line = address
    }

    private static func link(
        _ configuration: LinkConfiguration, _ channels: Span<ChannelConfiguration>, _ memory: inout Arena
    ) throws(TransportError) -> Link {
        do throws(ArenaExhausted) {
            var link = try Link(configuration, memory: &memory)
            for index in channels.indices { _ = try link.addChannel(channels[index], memory: &memory) }
            return link
        } catch {
            throw TransportError(.open, .unusable(.noMemory))
        }
    }

    private static func take(_ count: Int, _ memory: inout Arena) throws(TransportError) -> Region {
        do throws(ArenaExhausted) { return try memory.take(count) } catch {
            throw TransportError(.open, .unusable(.noMemory))
        }
    }

    // A line is never given back, so its place is initialised for as long as this exists.

    /// Readable when `service` is to be called.
    public var descriptor: Int32 { unsafe line.pointee.descriptor }
    /// Whether the port is there.
    public var isPresent: Bool { unsafe line.pointee.isPresent }
    /// Opens the port. Where that fails, `service` tries again.
    public func open() throws(TransportError) { try unsafe line.pointee.open() }
    /// Does what there is to do: takes what has arrived, looks at the timers, sends.
    public func service() { unsafe line.pointee.service() }
    /// How a channel is.
    public func status(_ channel: Int) -> ChannelStatus { unsafe line.pointee.status(channel) }
    /// What was counted on a channel since it was opened.
    public func statistics(_ channel: Int) -> LinkStatistics { unsafe line.pointee.statistics(channel) }

    func open(_ channel: Int, initiates: Bool) throws(TransportError) {
        try unsafe line.pointee.open(channel, initiates: initiates)
    }
    func read(_ channel: Int, into target: inout MutableSpan<UInt8>) -> Int {
        unsafe line.pointee.read(channel, into: &target)
    }
    func write(_ bytes: Span<UInt8>, to channel: Int) -> Int { unsafe line.pointee.write(bytes, to: channel) }
    func hasDelivered(_ channel: Int) -> Bool { unsafe line.pointee.hasDelivered(channel) }
    func finish(_ channel: Int, atOnce: Bool) { unsafe line.pointee.finish(channel, atOnce: atOnce) }
}

extension LinkEndpoint {
    /// The endpoint's channel, with our own choice of what it leaves open.
    public var channelConfiguration: ChannelConfiguration {
        ChannelConfiguration(address: channel ?? 0, frame: Int(frame ?? 256), window: Int(window ?? usualWindow))
    }

    /// So many frames that a window of them outlasts the queues of both devices and of the adapters between.
    private var usualWindow: UInt8 { baud <= 230_400 ? 16 : baud <= 1_000_000 ? 32 : 64 }
}
