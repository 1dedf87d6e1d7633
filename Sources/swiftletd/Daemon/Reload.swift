// SIGHUP: the revocation lists are read anew, for whoever fetches them. Everything else that a file says takes a restart.
//
// New lists are part of what sessions are bound to (TLS, SessionBinding), so nothing that was found out by the old ones is
// resumed: the next handshake is a full one. Connections that are open stay.
import Bytes
import TLS

extension EventLoop {
    /// The memory that lists pass through on their way to a tunnel: as large as the greatest tunnel's.
    static func listMemory(_ tunnels: borrowing Slots<Tunnel>) -> Region {
        var bytes = 0
        for index in 0..<tunnels.capacity {
            bytes = max(bytes, tunnels[index].material.configuration.trust.listCapacity)
        }
        return lastingRegion(bytes)
    }

    /// Reads each tunnel's revocation lists.
    mutating func readRevocationLists() {
        var isAny = false
        for index in 0..<tunnels.capacity where !tunnels[index].settings.crls.isEmpty {
            isAny = true
            readRevocationLists(of: index)
        }
        files.wipe()
        if !isAny { Log.write("no tunnel has crls, and nothing else is read anew: restart the daemon instead") }
    }

    private mutating func readRevocationLists(of index: Int) {
        let settings = tunnels[index].settings
        var line = Log.begin(settings, nil)
        do throws(ConfigurationError) {
            let count = try tunnels[index].material.readRevocationLists(settings, &files, decoded: &listMemory)
            line.add("revocation lists read anew from ")
            line.add(escaped: settings.crls.bytes)
            line.add(": ")
            line.add(count)
        } catch {
            line.add("the revocation lists stay as they were: ")
            line.add(error.message)
        }
        Log.write(line)
    }
}
