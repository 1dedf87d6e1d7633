// One end of the reliable link with a TLS connection on its channel.
import Bytes
import TLS
import Transport

/// One end of the link, and what it has delivered and TLS has not taken yet.
struct LinkedEnd: ~Copyable {
    var link: Link
    private var staging: Region
    private var staged = 0..<0
    /// Spoils the next byte that the link delivers.
    var spoilsNextByte = false

    /// The channel that both ends have: what `link:` has by default.
    static var channel: ChannelConfiguration { ChannelConfiguration(frame: 256, window: 16) }

    /// An end that opens its channel.
    init(session: UInt64, initiates: Bool, at now: Int64, arena: inout Arena) throws(CheckFailure) {
        let staging = try take(256, from: &arena)
        do throws(ArenaExhausted) {
            var link = try Link(LinkConfiguration(baud: SimulatedLine.baud), memory: &arena)
            _ = try link.addChannel(Self.channel, memory: &arena)
            link.open(0, session: session, initiates: initiates, at: now)
            self.link = link
        } catch {
            throw .arena(error)
        }
        self.staging = staging
    }

    /// Moves what TLS has to say into the link, and what the link has delivered to TLS, as much as either takes.
    mutating func exchange(with connection: inout Connection) {
        let given = link.write(connection.output, to: 0)
        connection.consumeOutput(given)
        if staged.isEmpty { readLink() }
        let taken = connection.receive(staging.bytes.extracting(staged))
        staged = (staged.lowerBound + taken)..<staged.upperBound
    }

    private mutating func readLink() {
        var target = staging.mutableBytes
        staged = 0..<link.read(0, into: &target)
        guard spoilsNextByte, !staged.isEmpty else { return }
        spoilsNextByte = false
        staging.flipBit(of: 0)
    }

    /// Whether the channel has ended.
    mutating func hasEnded() -> Bool {
        while let event = link.nextEvent(0) { if event != .established { return true } }
        return false
    }
}
