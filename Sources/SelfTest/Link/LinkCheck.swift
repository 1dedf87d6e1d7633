// TLS over the reliable link (`Transport`, Link.swift) over a line in memory that spoils and loses bytes and is unplugged for
// half a second: a mutual handshake, then data both ways at once. It needs no serial port.
import Bytes
import TLS
import Transport

/// A TLS connection over one end of the line, and how far its data is.
private struct LinkedParty: ~Copyable {
    var connection: Connection
    /// What this side's bytes begin with, and the peer's.
    let (own, theirs): (UInt8, UInt8)
    private(set) var written = 0
    private(set) var read = 0

    /// Bytes of data each way.
    static var total: Int { 4096 }

    /// A party whose bytes begin with `own`, and its peer's with `theirs`.
    init(_ side: borrowing HandshakeSide, own: UInt8, theirs: UInt8) throws(CheckFailure) {
        do throws(TLSError) { connection = try side.newConnection() } catch { throw .tls(error) }
        (self.own, self.theirs) = (own, theirs)
    }

    var isDone: Bool { written == Self.total && read == Self.total }

    /// Does what there is to do between two steps of the line.
    mutating func run(_ side: borrowing HandshakeSide, over end: inout LinkedEnd) throws(CheckFailure) {
        guard !end.hasEnded() else { throw .wrong("the serial link broke off") }
        end.exchange(with: &connection)
        do throws(TLSError) {
            while try side.run(&connection) == .applicationData {
                guard takeData() else { break }
            }
            if connection.isEstablished { try giveData() }
        } catch {
            throw .tls(error)
        }
        guard read >= 0 else { throw .wrong("the serial link delivered a wrong byte") }
        end.exchange(with: &connection)
    }

    /// - Returns: whether the data is what the peer sent; otherwise `read` is negative from now on.
    private mutating func takeData() -> Bool {
        let count = connection.applicationData.count
        for index in 0..<count where connection.applicationData[index] != Self.byte(theirs, read + index) {
            read = .min
            return false
        }
        read += count
        connection.consumeApplicationData(count)
        return true
    }

    private mutating func giveData() throws(TLSError) {
        var piece = InlineArray<256, UInt8>(repeating: 0)
        let count = min(piece.count, Self.total - written)
        for index in 0..<count { piece[index] = Self.byte(own, written + index) }
        if count > 0 { written += try connection.write(piece.span.extracting(0..<count)) }
    }

    private static func byte(_ first: UInt8, _ index: Int) -> UInt8 { first &+ UInt8(truncatingIfNeeded: index &* 7) }
}

/// A handshake and 4 KiB each way. Broken: one bit of what the link delivers to the server is wrong.
func checkLink(_ context: inout CheckContext) throws(CheckFailure) -> Outcome {
    let pair = try HandshakePair(&context, spoilsCertificate: false)
    var line = try SimulatedLine(&context.arena)
    line.server.spoilsNextByte = context.options.isBroken
    var client = try LinkedParty(pair.client, own: 1, theirs: 2)
    var server = try LinkedParty(pair.server, own: 2, theirs: 1)
    let begun = line.now
    var established: Int64?
    // A minute of virtual time is far more than is needed: a fault must not make a device hang.
    while !(client.isDone && server.isDone) {
        guard line.now - begun < 60_000_000 else { return .failed("not everything arrived over the serial link") }
        line.advance()
        try client.run(pair.client, over: &line.client)
        try server.run(pair.server, over: &line.server)
        if established == nil, client.connection.isEstablished, server.connection.isEstablished {
            established = line.now - begun
            line.unplug(microseconds: 500_000)
        }
    }
    return verdict(on: line, handshake: established ?? 0, &context)
}

private func verdict(
    on line: borrowing SimulatedLine, handshake: Int64, _ context: inout CheckContext
) -> Outcome {
    let (client, server) = (line.client.link.statistics(0), line.server.link.statistics(0))
    let channelBytes = LinkedEnd.channel.memoryBytes
    context.add("handshake_at_115200_baud", handshake / 1000, "ms")
    context.add("frames", Int64(client.framesSent + server.framesSent), "")
    context.add("frames_repeated", Int64(client.framesRepeated + server.framesRepeated), "")
    context.add("channel_16_frames_of_256_bytes", Int64(channelBytes), "B")
    guard client.framesRepeated > 0, server.framesRepeated > 0 else {
        return .failed("no frame was lost, so that this check shows nothing: a fault of Swiftlet")
    }
    return channelBytes <= 12 * 1024 ? .passed : .failed("a channel of the serial link takes more than 12 KB")
}
