// The daemon's configuration file: inih, what CInih refuses, and every setting. Whatever it is, it is taken or refused with
// one line that can be shown, and what is taken keeps to the bounds that memory is taken by.
import Bytes
import TestSupport
import Transport

@testable import swiftletd

let configurationTargets: [FuzzTarget] = [
    FuzzTarget("configuration", longest: 8192, weight: 2) { checkConfiguration($0) }
]

private func checkConfiguration(_ input: Span<UInt8>) {
    do throws(ConfigurationError) {
        check(try ConfigurationFile.parse(input))
    } catch {
        let file = Array("swiftletd.conf".utf8)
        requirePrintable(array(error.text(file: file.span).bytes))
        require(error.line >= 0 && error.line <= lines(input) + 1, "an error in line \(error.line)")
    }
}

private func lines(_ input: Span<UInt8>) -> Int { array(input).filter { $0 == UInt8(ascii: "\n") }.count }

private func check(_ settings: DaemonSettings) {
    require((1...DaemonSettings.tunnelsMaximum).contains(settings.tunnels.count), "too few tunnels or too many")
    require(Set(settings.tunnels.map { array($0.name.bytes) }).count == settings.tunnels.count, "a name twice")
    require(settings.workspaces >= 1, "no handshake could ever be made")
    for tunnel in settings.tunnels {
        requirePrintable(array(tunnel.name.bytes))
        require(TunnelSettings.connectionsRange.contains(tunnel.connections), "\(tunnel.connections) connections")
        require(tunnel.limits.connectionBytes > 0 && tunnel.limits.connectionBytes < 1 << 16, "a connection's memory")
        require(tunnel.certificate.isEmpty == tunnel.key.isEmpty, "a certificate without a key, or a key without one")
    }
    for line in settings.lines { require(line.bytes > 0 && line.bytes < 64 << 20, "the memory of a line") }
}
