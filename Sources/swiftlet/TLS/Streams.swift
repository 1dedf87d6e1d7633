// Streams and listeners of every kind that an endpoint can name.
import Bytes
import Transport

/// A line of the link with the one channel that this process uses.
private func line(_ endpoint: LinkEndpoint) throws(TransportError) -> LineReference {
    let settings = SerialSettings(endpoint)
    let channels: InlineArray<1, ChannelConfiguration> = [endpoint.channelConfiguration]
    var arena = permanentArena(LineReference.memoryBytes(settings, channels.span))
    let line = try LineReference(settings, channels.span, memory: &arena)
    try line.open()
    return line
}

/// A stream to `endpoint`.
/// - Parameter milliseconds: how long it may take to get there.
func connected(to endpoint: Endpoint, milliseconds: Int32) throws(TransportError) -> EndpointTransport {
    switch endpoint {
    case .tcp, .unix:
        return EndpointTransport(try SocketTransport(connectingTo: endpoint, milliseconds: milliseconds))
    case .serial(let endpoint):
        return EndpointTransport(try SerialTransport(opening: SerialSettings(endpoint)))
    case .link(let endpoint):
        var channel = try LinkTransport(connectingOver: line(endpoint), channel: 0)
        guard try channel.finishConnecting(milliseconds: milliseconds) else {
            throw TransportError(.connect, .unusable(.peerSilent))
        }
        return EndpointTransport(channel)
    }
}

/// A listener at `endpoint`, for a side whose peer speaks first.
func listening(at endpoint: Endpoint) throws(TransportError) -> EndpointListener {
    switch endpoint {
    case .tcp, .unix: EndpointListener(try Listener(at: endpoint))
    case .serial(let endpoint): EndpointListener(try SerialListener(SerialSettings(endpoint), .bytes))
    case .link(let endpoint): EndpointListener(try LinkListener(on: line(endpoint), channel: 0))
    }
}
