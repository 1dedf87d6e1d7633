// Everything that a configuration file says, checked as a whole.
import Bytes
import TLS
import Transport

/// The daemon and its tunnels.
struct DaemonSettings: Sendable {
    /// How many handshakes may be under way at a time, in all tunnels; nil lets the daemon choose.
    var handshakes: Int?
    var tunnels: [TunnelSettings] = []
    var renewals: [RenewalSettings] = []

    static let handshakesRange = 1...4096
    /// How many tunnels a file may have.
    static let tunnelsMaximum = 64
    /// How many identities a daemon renews at most.
    static let renewalsMaximum = 16

    /// Handshakes at a time: as told, or sixteen, but never more than there are connections.
    var workspaces: Int {
        var connections = 0
        for tunnel in tunnels { connections += tunnel.connections }
        return Swift.min(handshakes ?? 16, connections)
    }

    /// Bytes of one handshake's workspace: it serves every tunnel, so it is the largest that one needs.
    var workspaceBytes: Int {
        var largest = 0
        for tunnel in tunnels { largest = Swift.max(largest, tunnel.limits.workspaceBytes) }
        return largest
    }

    /// Checks the tunnels against each other.
    func check() throws(ConfigurationError) {
        guard !tunnels.isEmpty else {
            throw ConfigurationError(0, "there is no tunnel; add a section [tunnel NAME] with role, accept and connect")
        }
        try checkSerialLines()
        try checkRenewals()
        for later in tunnels.indices {
            for earlier in 0..<later where tunnels[later].sharesListener(with: tunnels[earlier]) {
                var message = Message("[tunnel ")
                message.add(escaped: tunnels[later].name.bytes)
                message.add("] accepts at ")
                message.add(tunnels[later].accept)
                message.add(" as [tunnel ")
                message.add(escaped: tunnels[earlier].name.bytes)
                message.add("] does; give one of the two another port or path")
                throw ConfigurationError(tunnels[later].line, message)
            }
        }
    }
}

extension DaemonSettings {
    /// A store that is renewed twice would be current for nobody.
    private func checkRenewals() throws(ConfigurationError) {
        for later in renewals.indices {
            for earlier in 0..<later where renewals[later].identity == renewals[earlier].identity {
                var message = Message("[renewal ")
                message.add(escaped: renewals[later].name.bytes)
                message.add("] has the same identity as [renewal ")
                message.add(escaped: renewals[earlier].name.bytes)
                message.add("]; remove one of the two")
                throw ConfigurationError(renewals[later].line, message)
            }
        }
    }
}

extension TunnelSettings {
    fileprivate func sharesListener(with other: TunnelSettings) -> Bool {
        if case .tcp(let endpoint) = accept, endpoint.port == 0 { return false }
        return accept == other.accept
    }
}
