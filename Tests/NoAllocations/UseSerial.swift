// Serial lines and endpoints: the reliable link as a state machine and over a port, and the streams and listeners of any
// kind, with the pump, the relay and SMTP specialised over them.
import Bytes
import TLS
import Transport

// Static memory for a line and its channel; taken once, by the only thread.
nonisolated(unsafe) private var memory = InlineArray<4096, UInt64>(repeating: 0)

/// Uses the serial transports and what carries any endpoint.
func useSerial() -> UInt8 {
    let path = InlineArray<18, UInt8>(repeating: 0x61)
    do throws(EndpointError) {
        guard case .serial(let endpoint) = try Endpoint(path.span) else { return 1 }
        return useSerial(SerialSettings(endpoint))
    } catch {
        return 2
    }
}

private func useSerial(_ settings: SerialSettings) -> UInt8 {
    let channels: InlineArray<1, ChannelConfiguration> = [ChannelConfiguration()]
    do throws(TransportError) {
        // The memory is static, so it stays where it is and outlives the line.
        var arena = unsafe Arena(unsafe: address(of: &memory))
        let line = try LineReference(settings, channels.span, memory: &arena)
        try line.open()
        let listeners =
            listen(EndpointListener(try LinkListener(on: line, channel: 0)))
            &+ listen(EndpointListener(try SerialListener(settings, .bytes, waits: true)))
        let streams =
            try useStream(EndpointTransport(LinkTransport(connectingOver: line, channel: 0)), settings)
            &+ useStream(EndpointTransport(SerialTransport(opening: settings)), settings)
        return listeners &+ streams &+ UInt8(truncatingIfNeeded: line.statistics(0).framesSent)
    } catch {
        return error.operation.rawValue
    }
}

private func listen(_ listener: consuming EndpointListener) -> UInt8 {
    var listener = listener
    do throws(TransportError) {
        guard var stream = try listener.accept() else { return listener.descriptor < 0 ? 1 : 2 }
        listener.connectionEnded(cleanly: true)
        return stream.isOver ? 3 : 4
    } catch {
        return error.operation.rawValue
    }
}

/// The pump, the relay and SMTP over any stream.
private func useStream(
    _ stream: consuming EndpointTransport, _ settings: SerialSettings
) throws(TransportError) -> UInt8 {
    var stream = stream
    guard try stream.finishConnecting(milliseconds: 0) else { return 1 }
    var dialogue = SMTPDialogue(.startTLS, name: .ofThisMachine)
    do throws(SMTPDialogueError) { try dialogue.run(over: &stream, milliseconds: 0) } catch { return 2 }
    stream.service()
    stream.finish(milliseconds: 0)
    return usePump(over: stream, plain: EndpointTransport(try SerialTransport(opening: settings)))
}

/// The link alone, as a state machine between two ends in memory.
func useLink() -> UInt8 {
    var memory = InlineArray<4096, UInt64>(repeating: 0)
    var span = memory.mutableSpan
    // The links are gone before the closure is over, and the memory stays until the function is.
    return unsafe span.withUnsafeMutableBytes { buffer in
        do throws(ArenaExhausted) {
            var arena = unsafe Arena(unsafe: buffer)
            var link = try Link(LinkConfiguration(baud: 9600), memory: &arena)
            guard let channel = try link.addChannel(ChannelConfiguration(), memory: &arena) else { return 1 }
            return drive(&link, channel)
        } catch {
            return 2
        }
    }
}

private func drive(_ link: inout Link, _ channel: Int) -> UInt8 {
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    link.open(channel, session: 1, at: 0)
    var span = bytes.mutableSpan
    let count = link.transmit(into: &span, at: 1)
    link.receive(bytes.span.extracting(first: count), at: 2)
    link.tick(link.nextDeadline ?? 3)
    let written = link.write(bytes.span, to: channel)
    span = bytes.mutableSpan
    let read = link.read(channel, into: &span)
    link.finish(channel, at: 4)
    link.abandon(channel, at: 5)
    link.lineReopened()
    let hasEnded = link.nextEvent(channel) != nil || link.hasOutput(at: 6) || link.hasDelivered(channel)
    return UInt8(truncatingIfNeeded: count + written + read) &+ (hasEnded ? 1 : 0)
}
