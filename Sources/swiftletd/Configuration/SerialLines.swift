// The serial lines of a configuration. A line with the link over it is shared by the tunnels that name its path, each with a
// channel of its own, so they must agree on how fast it is; a bare serial port is one tunnel's alone.
import Bytes
import Transport

/// A line with the link over it.
struct LineSettings: Sendable {
    let serial: SerialSettings
    var channels: [ChannelConfiguration]

    /// Bytes of memory that it takes.
    var bytes: Int { LineReference.memoryBytes(serial, channels.span) }

    /// The number of a channel of this line.
    func channel(at address: UInt8) -> Int? { channels.firstIndex { $0.address == address } }
}

extension Endpoint {
    /// The path of the device, where it is a serial line.
    var serialPath: BoundedBytes<128>? {
        switch self {
        case .serial(let endpoint): endpoint.path
        case .link(let endpoint): endpoint.path
        case .tcp, .unix: nil
        }
    }

    /// Whether it carries one connection at a time.
    var isSerial: Bool { serialPath != nil }

    /// Whether it is a channel of the link.
    var isLink: Bool { if case .link = self { true } else { false } }

    /// Why one line cannot serve this and `other` as well; nil where it can.
    fileprivate func conflict(with other: Endpoint) -> StaticString? {
        guard let path = serialPath, path == other.serialPath else { return nil }
        guard case .link(let one) = self, case .link(let two) = other else {
            return "a serial: port carries one stream; use link: with a channel for each on both sides of the line"
        }
        guard one.baud == two.baud, one.flowControl == two.flowControl else {
            return "both must give the line the same speed and flow control"
        }
        return (one.channel ?? 0) == (two.channel ?? 0) ? "give one of the two another channel=N" : nil
    }
}

extension DaemonSettings {
    /// The lines with the link over them, in the order in which they are named.
    var lines: [LineSettings] {
        var lines: [LineSettings] = []
        for tunnel in tunnels {
            for endpoint in [tunnel.accept, tunnel.connect] {
                guard case .link(let link) = endpoint else { continue }
                if let line = lines.firstIndex(where: { $0.serial.path == link.path }) {
                    lines[line].channels.append(link.channelConfiguration)
                } else {
                    lines.append(LineSettings(serial: SerialSettings(link), channels: [link.channelConfiguration]))
                }
            }
        }
        return lines
    }

    /// Checks that no two ends want the same of a serial line.
    func checkSerialLines() throws(ConfigurationError) {
        for later in tunnels.indices {
            if let reason = tunnels[later].accept.conflict(with: tunnels[later].connect) {
                throw Self.conflict(tunnels[later], tunnels[later].connect, tunnels[later], reason)
            }
            for earlier in 0..<later {
                for endpoint in [tunnels[later].accept, tunnels[later].connect] {
                    for other in [tunnels[earlier].accept, tunnels[earlier].connect] {
                        guard let reason = endpoint.conflict(with: other) else { continue }
                        throw Self.conflict(tunnels[later], endpoint, tunnels[earlier], reason)
                    }
                }
            }
        }
    }

    private static func conflict(
        _ tunnel: TunnelSettings, _ endpoint: Endpoint, _ other: TunnelSettings, _ reason: StaticString
    ) -> ConfigurationError {
        var message = Message("[tunnel ")
        message.add(escaped: tunnel.name.bytes)
        message.add("] uses ")
        message.add(endpoint)
        message.add(", and so does [tunnel ")
        message.add(escaped: other.name.bytes)
        message.add("]; ")
        message.add(reason)
        return ConfigurationError(tunnel.line, message)
    }
}
